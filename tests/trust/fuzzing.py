"""Fuzzing by coverage: `uv run --with atheris python -m tests.trust.fuzzing --minutes 5`.

Each target has a process of its own; what it crashes on is kept in `crashers/`, and a test feeds all of that to the targets.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
NAMES: Final = ("config", "names", "glob")
SEEDS: Final = {
    "config": [b"a: &a {b: *a}", b"a: &a [1, 1e-4]\nb: {<<: {c: *a}}", b"? |\n  x\n: !!int '3'", b"%YAML 1.1\n---\na: >-\n x"],
    "names": [b"timm:resnet18\nsmp:Unet\ntimm_resnet18\n", b"a:n\na_b:n\nab:a_n\n_:_\n:x\na:\nn\na_n.tag\n"],
    "glob": [b"*net*\nresnet18\nresnet101\nvgg\n", b"[!a-c]?[]]*\nabc\nd]]\n]\n", b"[z-a][[:x:]]**?\n[z-a]\n"],
}  # fmt: skip
TOKENS: Final = [
    *("model_factory: ", "model:", "init_args:", "model_args:", "class_path: ", "necks:", "backbone_kwargs: ", "---\\x0a"),
    *("&a ", "*a", "<<: ", "!!int ", "!!python/name:x ", "- ", ": ", "? ", "|-\\x0a", "\\x22\\x5cu", "%TAG ! x\\x0a", "0x", "1:1"),
    *("_", ":", ".tag", "[!", "]", "**", "?", "timm_", "a_b"),
]  # fmt: skip


def main() -> None:
    """Fuzz every target, or one of them in this process."""
    parser = argparse.ArgumentParser(prog="python -m tests.trust.fuzzing", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long, for all targets together")
    parser.add_argument("--target", choices=NAMES, nargs="*", default=NAMES)
    parser.add_argument("--corpus", type=Path, help="a folder that keeps what was found from one run to the next")
    parser.add_argument("--here", metavar="TARGET", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        fuzz(options.here, options.corpus, round(options.minutes * 60))
        return
    with tempfile.TemporaryDirectory() as folder:
        corpus = options.corpus or Path(folder)
        minutes = options.minutes / len(options.target)
        command = [sys.executable, "-m", "tests.trust.fuzzing", "--minutes", str(minutes), "--corpus", str(corpus)]
        codes = [
            subprocess.run([*command, "--here", name], cwd=ROOT, check=False).returncode for name in options.target
        ]
    sys.exit(max(map(abs, codes)))


def fuzz(name: str, corpus: Path, seconds: int) -> None:
    """Fuzz one target until the time is over or it fails; this process ends with it."""
    import atheris  # type: ignore[import-not-found]  # an environment of its own has it

    with atheris.instrument_imports(include=["terraregistry", "yaml", "fnmatch"]):
        from .targets import TARGETS

    folder = corpus / name
    folder.mkdir(parents=True, exist_ok=True)
    seeds = [*SEEDS[name], *(file.read_bytes() for file in HERE.joinpath("crashers").glob(f"{name}-*"))]
    if name == "config":
        seeds += [file.read_bytes() for file in sorted(ROOT.joinpath("examples").glob("*.yaml"))]
    for index, seed in enumerate(seeds):
        folder.joinpath(f"seed{index}").write_bytes(seed)
    words = corpus / "words"
    words.write_text("".join(f'"{token}"\n' for token in TOKENS), encoding="utf-8")
    limits = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=3000", "-max_len=4096"]
    kept = f"-artifact_prefix={HERE / 'crashers' / name}-"
    atheris.Setup([sys.argv[0], str(folder), f"-dict={words}", kept, "-print_final_stats=1", *limits], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
