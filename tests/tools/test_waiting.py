"""The index is made once, by the command that needs it first: with one line of progress or of text, and quiet at Ctrl-C."""

from __future__ import annotations

import os
import pty
import pwd
import re
import signal
import subprocess
import sys
import textwrap
import time
import zlib
from pathlib import Path
from typing import NoReturn, Self

import pytest

from terraregistry.index import Index, IndexUnavailableError, loading, provider
from terraregistry.index.keys import current_key
from terraregistry.tools.cli import reading

from ..index.descriptions import small_index
from ..sampling import rest_slow
from .test_validate import ONE_IS_VALID, RIGHT

NOT_SHIPPED = {"TERRAREGISTRY_SHIPPED_INDEX": "0"}
ANNOUNCED = "Indexing the installed components, once (about 20 s) ...\n"
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def made(index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Index]:
    """An empty cache: each time that the index is made, it is listed here; what answers forgets what it has afterwards."""
    found: list[Index] = []

    index = index.with_key(current_key())

    def make(_report: object) -> Index:
        found.append(index)
        return index

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(loading, "made_elsewhere", make)
    monkeypatch.setattr(provider, "_stored", [])
    monkeypatch.setenv("TERRAREGISTRY_SHIPPED_INDEX", "0")
    return found


def test_what_is_in_the_cache_is_not_made(made: list[Index]) -> None:
    assert reading.wait_for_index() == reading.wait_for_index()
    assert len(made) == 1


def test_a_pipe_gets_one_line_at_the_beginning(made: list[Index], capsys: pytest.CaptureFixture[str]) -> None:
    assert [reading.wait_for_index()] == made
    assert capsys.readouterr() == ("", ANNOUNCED)


def test_validate_makes_it_and_answers_from_it(run, made: list[Index], tmp_path: Path) -> None:
    (tmp_path / "right.yaml").write_text(RIGHT, encoding="utf-8")
    result = run("validate", str(tmp_path / "right.yaml"))
    assert (result.exit_code, result.stdout, result.stderr) == (0, ONE_IS_VALID, ANNOUNCED)
    assert [provider.stored_index()] == made


def test_validate_makes_none_where_it_asks_the_libraries_or_has_nothing_to_check(
    run, made: list[Index], tmp_path: Path
) -> None:
    (tmp_path / "right.yaml").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "other.yaml").write_text("services: {}\n", encoding="utf-8")
    assert run("validate", str(tmp_path / "right.yaml"), "--fit").exit_code == 0
    assert run("validate", str(tmp_path / "other.yaml"), "--skip-others").exit_code == 0
    assert made == []


def test_validate_asks_the_libraries_where_the_index_cannot_be_made(
    run, made: list[Index], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_report: object) -> NoReturn:
        raise IndexUnavailableError("no space")

    monkeypatch.setattr(loading, "made_elsewhere", fail)
    (tmp_path / "right.yaml").write_text(RIGHT, encoding="utf-8")
    result = run("validate", str(tmp_path / "right.yaml"))
    assert (result.exit_code, result.stdout, result.stderr) == (0, ONE_IS_VALID, ANNOUNCED)


# -- a cache that cannot be written --


@pytest.mark.parametrize(
    "arguments",
    rest_slow([["list"], ["show", "timm_resnet18"], ["validate", "right.yaml"], ["schema"], ["typings"]], ["list"]),
    ids=lambda arguments: arguments[0],
)
def test_a_cache_that_cannot_be_written_is_said_once(
    arguments: list[str], run, made: list[Index], tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("no folder")
    (tmp_path / "right.yaml").write_text(RIGHT, encoding="utf-8")
    result = run(*arguments)
    folder = tmp_path / "cache" / "terraregistry"
    said = f"the index cannot be kept: {folder} cannot be written, so each command makes it again; "
    said += "make that folder writable, or set XDG_CACHE_HOME to a folder that is writable\n"
    assert (result.exit_code, result.stderr) == (0, ANNOUNCED + said)
    assert len(made) == 1


def test_without_a_home_it_is_said_what_to_set(
    made: list[Index], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(uid: int) -> NoReturn:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert [reading.wait_for_index()] == made
    said = "the index cannot be kept: there is no folder for it, so each command makes it again; "
    said += "set HOME, or set XDG_CACHE_HOME to a folder that is writable\n"
    assert capsys.readouterr() == ("", ANNOUNCED + said)


# -- real processes --

_REAL = "from terraregistry.tools.cli import main; main()"


def _fake(*, hangs: bool = False) -> str:
    """Write a program in which making the index takes half a second, or does not end."""
    image = small_index(key=current_key()).image
    child = (
        f"import sys, time, zlib; print('1 2', flush=True); time.sleep({100 if hangs else 0.5}); print(flush=True); "
    )
    child += f"sys.stdout.buffer.write(zlib.decompress({zlib.compress(image)!r}))"
    return f"from terraregistry.index import loading; loading._CHILD = {child!r}; {_REAL}"


_INTERRUPTIBLE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A shell starts what runs in the background with the signal ignored, and children inherit that."""


class Command:
    """`terraregistry list` with an empty cache and an empty folder for temporary files, its output read from a terminal or a pipe.

    Args:
        program: What to run.
        folder: Holds both.
        terminal: Whether standard output and standard error are a terminal.
    """

    def __init__(self, program: str, folder: Path, *, terminal: bool) -> None:
        self.cache, self.temporary = folder / "cache", folder / "tmp"
        self.temporary.mkdir()
        kept = {
            **NOT_SHIPPED,
            "XDG_CACHE_HOME": str(self.cache),
            "TMPDIR": str(self.temporary),
            "TERM": "xterm",
            "COLUMNS": "100",
        }
        self._reading, writing = pty.openpty() if terminal else os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{_INTERRUPTIBLE}\n{program}", "list"],
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            env=os.environ | kept,
            start_new_session=True,
        )
        os.close(writing)
        self._data = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._reading)
        self.process.kill()
        self.process.wait()

    @property
    def text(self) -> str:
        """What was read so far."""
        return self._data.decode(errors="replace")

    def left_behind(self) -> list[str]:
        """List temporary files, other than the folder that importing torch makes."""
        return [each.name for each in self.temporary.iterdir() if not each.name.startswith("torchinductor")]

    def read(self, until: str | None = None) -> None:
        """Read up to some text, or to the end."""
        while until is None or until not in self.text:
            try:
                data = os.read(self._reading, 65536)
            except OSError:  # so a terminal ends
                data = b""
            if not data:
                assert until is None, self.text
                self.process.wait()
                return
            self._data += data

    def maker(self) -> int:
        """Find the process that makes the index."""
        (child,) = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(child)


def ends(process: int) -> bool:
    """Wait until a process has ended: on a busy machine its parent is told a little earlier."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


both = pytest.mark.parametrize("real", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["fake", "real"])


@both
def test_a_terminal_shows_one_progress_bar_and_it_goes(real: bool, tmp_path: Path) -> None:
    with Command(_REAL if real else _fake(), tmp_path, terminal=True) as command:
        command.read()
        assert command.process.returncode == 0, command.text
        assert command.left_behind() == []
    shown, _, after = command.text.partition("\x1b[?25h")  # from here on, the cursor is shown again
    assert shown.startswith("\x1b[?25l")
    assert "\x1b[?25" not in after, "there is one display"
    frames = [_ESCAPE.sub("", frame).strip() for frame in shown.split("\r\x1b[2K")[1:]]
    assert all(frame.startswith("Indexing the installed components, once (about 20 s) ") for frame in frames)
    assert any(re.search(r" [1-9][0-9]?% ", frame) for frame in frames)
    assert "Indexing" not in after
    assert after.startswith("\r\x1b[1A\x1b[2K"), "the line is erased"


@both
@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_ctrl_c_is_quiet_and_leaves_nothing(terminal: bool, real: bool, tmp_path: Path) -> None:
    with Command(_REAL if real else _fake(hangs=True), tmp_path, terminal=terminal) as command:
        command.read(until="Indexing")
        time.sleep(3 if real else 0.2)
        maker = command.maker()
        os.killpg(command.process.pid, signal.SIGINT)
        command.read()
        assert command.process.returncode == 130, command.text
        lines = [line for line in _ESCAPE.sub("", command.text).replace("\r", "\n").splitlines() if line.strip()]
        assert all(line.startswith("Indexing the installed components") for line in lines), lines
        assert (len(lines) == 1) is not terminal
        assert ends(maker)
        assert not command.cache.exists()
        assert command.left_behind() == []


@pytest.mark.slow
def test_a_pipe_gets_the_same_two_texts_when_it_is_made_and_later(tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        kept = os.environ | NOT_SHIPPED | {"XDG_CACHE_HOME": str(tmp_path)}
        command = [sys.executable, "-c", _REAL, "list"]
        found.append(subprocess.run(command, check=False, capture_output=True, text=True, env=kept))
    first, second = found
    assert (first.returncode, second.returncode) == (0, 0)
    assert (first.stderr, second.stderr) == (ANNOUNCED, "")
    assert first.stdout == second.stdout


def test_the_maker_ends_when_nobody_waits_for_it(tmp_path: Path) -> None:
    """Killed where it can do nothing about it, the command leaves a process that ends at its next report."""
    program = """
        from terraregistry.indexing import making
        making.library_registries = lambda: {}
        def make(registries, report, key):
            for done in range(10**9):
                report(done, 10**9)
        making.make_index = make
        making.main()
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "0 1000000000\n"
        process.stdout.close()
        assert (process.wait(60), process.stderr.read()) == (-signal.SIGPIPE, "")
