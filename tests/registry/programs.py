"""Programs for claims about a process: modules that a user writes, and a run of their own in which they are imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["run_program", "write_modules"]


def write_modules(folder: Path, modules: Mapping[str, str]) -> None:
    """Write modules, by the path that each has in the folder."""
    for name, text in modules.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip())


def run_program(
    folder: Path, modules: Mapping[str, str], *arguments: str, timeout: float = 120
) -> Any:  # whatever the program prints, as JSON
    """Write modules and run Python beside them: `main.py`, or what the arguments say after `-`.

    Returns:
        The last line of the output, read as JSON. A process that hangs, or fails, is a failure.
    """
    write_modules(folder, modules)
    command = arguments[1:] if arguments[:1] == ("-",) else (str(folder / "main.py"), *arguments)
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(
        [sys.executable, *command],
        env=os.environ | {"PYTHONPATH": path, "IPYTHONDIR": str(folder / "ipython")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that its workers end with it
    )
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, errors = process.communicate()
        raise AssertionError(f"it hangs: {output[-2000:]}\n{errors[-3000:]}") from None
    assert process.returncode == 0, errors[-3000:]
    return json.loads(output.splitlines()[-1])
