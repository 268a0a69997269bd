"""dmypy: what changes between two checks is seen."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .checking import said_of, write_project
from .test_incremental import _GONE, _USE, _parts

pytestmark = pytest.mark.slow


@pytest.fixture
def daemon(tmp_path):
    write_project(tmp_path, {"app/__init__.py": "", "app/parts.py": _parts(), "app/use.py": _USE})
    status = ["-m", "mypy.dmypy", "--status-file", str(tmp_path / "status.json")]

    def run(*arguments):
        return subprocess.run(
            [sys.executable, *status, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    def check():
        done = run("run", "--timeout", "600", "--", "app")
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return said_of(done.stdout.splitlines(), "app/use.py")

    yield check
    run("kill")


def test_changes_of_calls_constructors_and_names_are_seen(daemon, tmp_path):
    assert daemon() == {}
    write_project(tmp_path, {"app/use.py": _USE.replace("depth", "dept")})
    assert 'did you mean "depth"?' in daemon()[4][0]
    assert 'did you mean "depth"?' in daemon()[4][0]
    write_project(tmp_path, {"app/use.py": _USE})
    assert daemon() == {}
    write_project(tmp_path, {"app/parts.py": _parts(argument="depths")})
    assert 'Unexpected keyword argument "depth"' in daemon()[4][0]
    write_project(tmp_path, {"app/parts.py": _parts()})
    assert daemon() == {}
    write_project(tmp_path, {"app/parts.py": _parts(name="mane")})
    assert daemon() == {4: [_GONE]}
    write_project(tmp_path, {"app/parts.py": _parts()})
    assert daemon() == {}
