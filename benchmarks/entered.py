"""Count the code objects of the package that the first calls of a process enter: `python -m benchmarks.entered`.

Each call runs in a fresh process. Functions, methods, lambdas, comprehensions and class bodies count once each; module bodies do
not count. With `--list` each one is printed in the order in which it is entered first, which is the road of a call.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Final

__all__ = ["CALLS", "entered"]

CALLS: Final = {
    "first Registry.build": """
        from terraregistry import Registry
        class Part:
            def __init__(self, width: int = 3) -> None: ...
        registry = Registry(part=Part)
        call = lambda: registry.build("part", width=4)
    """,
    "first timm build": """
        import torch, timm
        from terraregistry import BACKBONE_REGISTRY
        call = lambda: BACKBONE_REGISTRY.build("timm_test_resnet", in_chans=6)
    """,
    "cold check of a config with two mistakes": """
        from terraregistry.tools.cli import main
        open("config.yaml", "w").write(
            "model_factory: EncoderDecoderFactory\\ntask: segmentation\\nbackbone: timm_resnet18\\nbackbone_in_chan: 6\\n"
            "decoder: FCNDecoder\\ndecoder_num_conv: 3\\nnum_classes: 4\\n"
        )
        sys.argv[1:] = ["validate", "config.yaml"]
        def call():
            try:
                main()
            except SystemExit:
                pass
    """,
}
"""The calls, each as a program that defines `call`."""
_COUNTING: Final = """
import json, sys
{program}
import terraregistry
home = terraregistry.__path__[0]
entered = {{}}
def note(frame, event, argument):
    code = frame.f_code
    if event == "call" and code.co_filename.startswith(home) and code.co_name != "<module>":
        entered.setdefault((code.co_filename[len(home) + 1:], code.co_firstlineno, code.co_qualname), None)
sys.setprofile(note)
call()
sys.setprofile(None)
print("\\n" + json.dumps([*entered]))
"""


def entered(program: str) -> list[tuple[str, int, str]]:
    """Count the code objects that a call enters in a fresh process.

    Args:
        program: Python source that defines `call`.

    Returns:
        The file, first line and qualified name of each, in the order of their first calls.
    """
    source = _COUNTING.format(program=textwrap.dedent(program))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-W", "ignore", "-c", source]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    return [(file, line, name) for file, line, name in json.loads(done.stdout.splitlines()[-1])]


def main() -> None:
    """Print a table of the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print each code object as well")
    options = parser.parse_args()
    for name, program in CALLS.items():
        found = entered(program)
        print(f"{name}: {len(found)} code objects in {len({file for file, _, _ in found})} files")
        for file, line, qualname in found if options.list else ():
            print(f"  {Path(file).as_posix()}:{line} {qualname}")


if __name__ == "__main__":
    main()
