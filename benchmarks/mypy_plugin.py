"""What the plugin adds to a warm run of mypy: `python -m benchmarks.mypy_plugin`; the first time takes some minutes."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_CACHE = Path(__file__).parent.parent / ".mypy_cache" / "benchmark"
_PROGRAM = """\
from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY

backbone = BACKBONE_REGISTRY.build("timm_resnet18", drop_rate=0.1)
decoder = DECODER_REGISTRY.build("FCNDecoder", backbone.out_channels)
"""
_PLUGIN = "plugins = terraregistry.mypy_plugin\n"


def main() -> None:
    """Measure warm runs with the plugin and without it: their time on the processor, which other work delays less."""
    with tempfile.TemporaryDirectory() as folder:
        runs = {name: _run(Path(folder) / name, line) for name, line in {"without": "", "with": _PLUGIN}.items()}
        for run in runs.values():
            run()  # cold, the first time
        measured = {name: [run() for _ in range(9)] for name, run in runs.items()}
    without, with_it = (statistics.median(measured[name]) for name in ("without", "with"))
    added = with_it - without
    print(f"warm mypy: {without:.2f} s without the plugin, {with_it:.2f} s with it")
    print(
        f"added: {added:.2f} s ({with_it / without:.2f} x), at most 0.5 s is promised: {'kept' if added <= 0.5 else 'broken'}"
    )


def _run(folder: Path, line: str) -> Callable[[], float]:
    folder.mkdir()
    (folder / "mypy.ini").write_text(f"[mypy]\nstrict = true\n{line}", encoding="utf-8")
    (folder / "program.py").write_text(_PROGRAM, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(_CACHE / folder.name), "program.py"]

    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return run


if __name__ == "__main__":
    main()
