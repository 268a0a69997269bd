"""The cache is rebuilt or done without, whatever is in its place; what is in it is never trusted, and never fatal."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.index import Index, IndexUnavailableError, cached_index, keys, load_index, loading
from terraregistry.index.cache import cache_folder, read_cached, read_file, write_cached, write_file
from terraregistry.index.keys import current_key

from .descriptions import small_index

if TYPE_CHECKING:
    from collections.abc import Callable

_KEY = current_key()
_INDEX = small_index(key=_KEY)
_TEXT = b"{}" * 1000


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Index]:
    """Note each time that an index is made, which takes no time here."""
    found: list[Index] = []

    def make(_report: object) -> Index:
        found.append(_INDEX)
        return _INDEX

    monkeypatch.setattr(loading, "made_elsewhere", make)
    return found


def _file(folder: Path) -> Path:
    return folder / _KEY.file_name


def test_it_is_made_once_and_read_after_that(tmp_path: Path, made: list[Index]) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    assert cached_index(folder=folder) is None
    assert [load_index(folder=folder) for _ in range(3)] == [_INDEX] * 3
    assert cached_index(folder=folder) == _INDEX
    assert len(made) == 1
    assert [each.name for each in folder.iterdir()] == [_KEY.file_name]
    assert _file(folder).stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


# -- stale --


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key._replace(versions=(*key.versions[:-1], ("torch", "0"))),
        lambda key: key._replace(versions=key.versions[1:]),
        lambda key: key._replace(place="elsewhere"),
        lambda key: key._replace(sources="0" * 64),
    ],
    ids=["another version", "another format", "another place", "other sources"],
)
def test_what_was_made_from_something_else_is_made_anew(
    change: Callable[[keys.Key], keys.Key], tmp_path: Path, made: list[Index]
) -> None:
    assert write_file(tmp_path, _KEY.file_name, small_index(key=change(_KEY)).image)
    assert load_index(folder=tmp_path) == _INDEX
    assert len(made) == 1
    assert read_cached(tmp_path, _KEY) == _INDEX


def test_the_key_changes_with_a_source_file_and_not_with_a_link_to_nowhere(tmp_path: Path) -> None:
    package = tmp_path / "terraregistry"
    (package / "sources").mkdir(parents=True)
    (package / "tools").mkdir()
    file = package / "sources" / "timm.py"
    file.write_text("a = 1\n")

    def state() -> str:
        return keys.state_of(keys.source_files(package, without=["tools"]))

    before = state()
    (package / "tools" / "cli.py").write_text("")
    assert state() == before
    (package / "sources" / ".#timm.py").symlink_to("nobody@nowhere.1")
    assert state() == before
    file.write_text("a = 12\n")
    assert state() != before


@pytest.mark.parametrize("library", ["timm", "segmentation-models-pytorch", "torch", "terraregistry"])
def test_the_key_has_the_version_of_what_is_described(library: str) -> None:
    assert dict(_KEY.versions)[library]


def test_an_index_with_gaps_is_kept_for_an_hour(tmp_path: Path, made: list[Index]) -> None:
    with_gaps = small_index(("mmseg", "SourceUnavailableError: it is broken"), key=_KEY)
    assert write_cached(tmp_path, with_gaps)
    assert load_index(folder=tmp_path) == with_gaps
    an_hour_ago = time.time() - 3601
    os.utime(_file(tmp_path), (an_hour_ago, an_hour_ago))
    assert load_index(folder=tmp_path) == _INDEX
    assert len(made) == 1


def test_an_index_without_gaps_does_not_age(tmp_path: Path, made: list[Index]) -> None:
    assert write_cached(tmp_path, _INDEX)
    os.utime(_file(tmp_path), (0, 0))
    assert load_index(folder=tmp_path) == _INDEX
    assert made == []


def test_what_earlier_versions_left_in_the_same_place_goes_and_the_rest_stays(tmp_path: Path) -> None:
    older = _KEY._replace(versions=(*_KEY.versions[:-1], ("torch", "0")))
    elsewhere = older._replace(place="another environment")
    stay = {"notes.txt": "mine", "index-1": "", "schema-1": "", f"other-{_KEY.place_digest}-1": ""}
    for name, text in stay.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    for key in (elsewhere, older):
        assert write_file(tmp_path, key.file_name, small_index(key=key).image)
        (tmp_path / key.file_name.replace("index", "schema")).write_text("{}", encoding="ascii")
    own_schema = _KEY.file_name.replace("index", "schema")
    (tmp_path / own_schema).write_text("{}", encoding="ascii")

    assert write_cached(tmp_path, _INDEX)

    of_elsewhere = {elsewhere.file_name, elsewhere.file_name.replace("index", "schema")}
    assert {each.name for each in tmp_path.iterdir()} == {_KEY.file_name, own_schema, *stay, *of_elsewhere}


# -- damaged, or not ours --


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[0] ^= 1
    file.write_bytes(data)


def _huge(file: Path) -> None:
    with file.open("ab") as stream:
        stream.truncate(100_000_000)


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.unlink()
    (file / "inside").mkdir(parents=True)


def _loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


def _device(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def _corrupted(data: bytes, random: Random) -> bytes:
    """Return other data: with bits flipped, cut off, with more in it, with bytes swapped, or with a block of zeros."""
    changed = bytearray(data)
    place, length = random.randrange(len(data)), random.randrange(1, 2000)
    match random.randrange(5):
        case 0:
            for _ in range(random.choice([1, 1, 2, 8])):
                changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
        case 1:
            del changed[place:]
        case 2:
            changed[place:place] = random.choice([random.randbytes(1), random.randbytes(length), data[-length:], b" "])
        case 3:
            other = random.randrange(len(data))
            changed[place], changed[other] = changed[other], changed[place]
        case _:
            changed[place : place + length] = bytes(len(changed[place : place + length]))
    return bytes(changed) if changed != data else _corrupted(data, random)


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kept", ["the index", "a text"])
def test_every_corruption_is_refused(kept: str, count: int, index: Index, tmp_path: Path) -> None:
    kept_index = index.with_key(_KEY)
    written = write_cached(tmp_path, kept_index) if kept == "the index" else write_file(tmp_path, _KEY.file_name, _TEXT)
    assert written
    data = _file(tmp_path).read_bytes()
    random = Random(20)
    for number in range(count):
        _file(tmp_path).write_bytes(_corrupted(data, random))
        assert (read_cached(tmp_path, _KEY), read_file(tmp_path, _KEY.file_name)) == (None, None), number
    _file(tmp_path).write_bytes(data)
    assert (read_file(tmp_path, _KEY.file_name) == _TEXT) is (kept == "a text")
    assert (read_cached(tmp_path, _KEY) == index) is (kept == "the index")


@given(change=st.binary(max_size=70), data=st.data())
def test_whatever_is_changed_is_refused(
    change: bytes, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    assert write_file(folder, "text", b"what was written")
    before = (folder / "text").read_bytes()
    start = data.draw(st.integers(0, len(before)))
    after = before[:start] + change + before[data.draw(st.integers(start, len(before))) :]
    (folder / "text").write_bytes(after)
    assert read_file(folder, "text") == (b"what was written" if after == before else None)


@pytest.mark.parametrize("damage", [_cut, _flip, _huge, _pipe, _folder, _loop, _device])
def test_what_is_damaged_is_made_anew(damage: Callable[[Path], None], tmp_path: Path, made: list[Index]) -> None:
    assert write_cached(tmp_path, _INDEX)
    damage(_file(tmp_path))
    assert read_cached(tmp_path, _KEY) is None
    assert load_index(folder=tmp_path) == _INDEX
    assert len(made) == 1
    if damage is not _folder:
        assert load_index(folder=tmp_path) == _INDEX
        assert len(made) == 1, "it is not made a second time"


def test_a_file_of_somebody_else_is_not_read(
    tmp_path: Path, made: list[Index], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert write_cached(tmp_path, small_index(("planted", "by somebody else"), key=_KEY))
    owner = _file(tmp_path).stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    assert load_index(folder=tmp_path) == _INDEX
    assert len(made) == 1


# -- no place to write --


def _under_a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "cache"


def _in_proc(folder: Path) -> Path:
    return Path("/proc/terraregistry")


def _no_name(folder: Path) -> Path:
    return folder / "a\0b"


def _too_long(folder: Path) -> Path:
    return folder / ("a" * 300)


@pytest.mark.parametrize("place", [_under_a_file, _in_proc, _no_name, _too_long])
def test_where_nothing_can_be_written_it_is_done_without(
    place: Callable[[Path], Path], tmp_path: Path, made: list[Index]
) -> None:
    folder = place(tmp_path)
    assert not write_cached(folder, _INDEX)
    assert [load_index(folder=folder), load_index(folder=folder)] == [_INDEX, _INDEX]
    assert len(made) == 2


@pytest.mark.skipif(os.name != "posix", reason="folders have no such modes there")
def test_a_read_only_folder_is_read_and_not_written() -> None:
    program = """
        import os, sys, tempfile
        from pathlib import Path
        from terraregistry.index import Index
        from terraregistry.index.cache import read_cached, write_cached
        index = Index(sys.stdin.buffer.read())
        key = index.key
        folder = Path(tempfile.mkdtemp())
        assert write_cached(folder, index)
        if os.getuid() == 0:  # a mode stops nobody who is root
            for each in (folder, *folder.iterdir()):
                os.chown(each, 65534, 65534)
            os.setuid(65534)
        folder.chmod(0o500)
        try:
            assert not write_cached(folder, index)
            assert read_cached(folder, key) == index
            assert [each.name for each in folder.iterdir()] == [key.file_name]
        finally:
            folder.chmod(0o700)
            (folder / key.file_name).unlink()
            folder.rmdir()
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, input=_INDEX.image, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_on_a_full_disk_nothing_is_left_behind(tmp_path: Path) -> None:
    program = """
        import resource, signal, sys
        from pathlib import Path
        from terraregistry.index import Index
        from terraregistry.index.cache import read_cached, write_cached
        index = Index(sys.stdin.buffer.read())
        key = index.key
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        folder = Path(sys.argv[1])
        assert not write_cached(folder, index)
        assert read_cached(folder, key) is None
        assert list(folder.iterdir()) == []
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)]
    done = subprocess.run(command, input=_INDEX.image, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


# -- several at once --


def test_many_that_write_at_once_never_show_half_an_index(tmp_path: Path) -> None:
    indexes = [small_index(("x" * 1000 * size, ""), key=_KEY) for size in range(8)]
    stop = threading.Event()
    found: list[Index | None] = []

    def read() -> None:
        while not stop.is_set():
            found.append(read_cached(tmp_path, _KEY))

    def write(index: Index) -> None:
        for _ in range(20):
            assert write_cached(tmp_path, index)

    write(indexes[0])
    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(index,)) for index in indexes]
    for thread in [*readers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert found
    assert all(each in indexes for each in found)
    assert [each.name for each in tmp_path.iterdir()] == [_KEY.file_name]


# -- the process that makes it --


def _child(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(loading, "_CHILD", program)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("raise SystemExit(3)", "the process that makes it ends with status 3"),
        ("", "no data"),
        ("print('1 2')", "no data"),
        ("print('1 2\\n\\n{')", "file is not a database"),
    ],
)
def test_what_cannot_be_made_is_an_error_that_says_why(
    program: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _child(monkeypatch, program)
    with pytest.raises(
        IndexUnavailableError, match=rf"the index of the installed components cannot be made: .*{reason}"
    ):
        load_index(folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_module_of_the_working_folder_does_not_stand_in_for_the_standard_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, Path("/no/text")])
    image = tmp_path / "image"
    image.write_bytes(_INDEX.image)
    program = "import json, sys\njson.loads(sys.argv[1])\nprint('not shown')\nprint(flush=True)\n"
    _child(monkeypatch, program + f"sys.stdout.buffer.write(open({str(image)!r}, 'rb').read())")
    assert load_index(folder=tmp_path / "cache") == _INDEX


def test_the_cache_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder().name == "terraregistry"
    assert str(cache_folder()).startswith(("/somewhere", "/home/me"))
