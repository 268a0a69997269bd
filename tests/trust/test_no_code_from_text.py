"""Text from a config or a caller runs no code, imports nothing, and opens, writes or connects to nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = Path(__file__).with_name("probe.py")


def _probe(folder: Path, texts: int) -> list[str]:
    owned = folder / "owned"
    canary = folder / "terraregistry_canary.py"
    canary.write_text(f"open({str(owned)!r}, 'w').close()\ndef run(): ...\n", encoding="utf-8")
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, str(PROBE), str(texts)],
        env=os.environ | {"PYTHONPATH": path},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert owned.exists() == (texts == 0)
    return done.stdout.split("\n")[:-1]


def test_the_probe_sees_what_it_is_there_for(tmp_path: Path) -> None:
    *seen, last = _probe(tmp_path, 0)
    assert last == "done"
    assert seen[0].startswith("import ('terraregistry_canary'")
    assert any(event.startswith("open") and "owned" in event for event in seen)


@pytest.mark.slow
def test_a_name_an_argument_or_a_config_runs_nothing(tmp_path: Path) -> None:
    assert _probe(tmp_path, 1000) == ["done"]
