"""Caches that somebody has tampered with, homes that are none, disks that are full: as if there was no cache."""

from __future__ import annotations

import copy
import dataclasses
import functools
import hashlib
import json
import pwd
import subprocess
import sys
import textwrap
import types
import typing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import terraregistry.index.descriptions
from terraregistry.index import Index, ParameterKind, load_index, loading
from terraregistry.index.answers import described_call
from terraregistry.index.cache import cache_folder, read_cached, write_cached
from terraregistry.index.checks import DamagedIndexError
from terraregistry.index.encoding import decode, encode
from terraregistry.index.keys import FORMAT, Key, current_key
from terraregistry.pretrained import PretrainedWeights

from .descriptions import small_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_KEY = current_key()
_NAMES = {"PretrainedWeights": PretrainedWeights}
"""What the descriptions import for type checkers only."""
_SMALL = encode(small_index(("x", "y")), _KEY)


def _make(_report: object) -> tuple[Index, Key]:
    """Make an index in no time."""
    return small_index(), _KEY


# -- what a real index looks like --


@pytest.fixture(scope="module")
def real(index: Index) -> str:
    """A real index, with a few components of each registry."""
    registries = tuple(dataclasses.replace(each, components=each.components[:3]) for each in index.registries)
    networks = index.facts.whole_networks[:2]
    facts = dataclasses.replace(index.facts, documentation=index.facts.documentation[:5], whole_networks=networks)
    return encode(Index(registries, index.gaps, facts), _KEY)


def assert_typed(value: object, hint: Any) -> None:  # an annotation
    """Check a value and everything inside it against an annotation, exactly."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        kinds = [each for each in arguments if type(value) is (typing.get_origin(each) or each)]
        assert kinds, (value, hint)
        assert_typed(value, kinds[0])
    elif origin is tuple:
        assert type(value) is tuple
        inner = [arguments[0]] * len(value) if arguments[1:] == (...,) else arguments
        for each, kind in zip(value, inner, strict=True):
            assert_typed(each, kind)
    else:
        assert type(value) is hint, (value, hint)
        if isinstance(value, str):
            value.encode()
        if dataclasses.is_dataclass(value):
            for name, kind in hints(hint).items():
                assert_typed(getattr(value, name), kind)


@functools.cache
def hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls, vars(terraregistry.index.descriptions) | _NAMES)


def answers(index: Index) -> None:
    """Have everything in an index answer; whatever it says, it says it by the means of a real one."""
    for registry in index.registries:
        for component in registry.components:
            call = described_call(component, lambda: dict)
            if call is not None:
                assert call.describe("x", "Kind", ()).signature == call.effective.signature
                call.check((), {"nonsense": 1})


def refused_or_sound(data: str | bytes) -> bool:
    try:
        index, key = decode(data)
    except DamagedIndexError:
        return False
    assert_typed(index, Index)
    assert_typed(key, type(key))
    answers(index)
    return True


def test_a_real_index_is_sound(real: str) -> None:
    assert refused_or_sound(real)
    assert len(real) < 1_000_000


HOSTILE = st.one_of(
    st.sampled_from([None, True, False, -1, 0, 1, 2**70, 1.5, float("nan"), float("inf"), "", " ", "\n", "\x00", "\ud800"]),
    st.sampled_from(["...", "[]", "None", "object", "int)", "a.b", "a.b:c", "typing.Any", "lambda: 0", "x" * 10_000, "\u202e"]),
    st.sampled_from([[], {}, [[]], [None], [0], ["x"], {"x": 1}, [[0, 0]]]),
    st.integers(0, 300),
)  # fmt: skip


def steps_of(node: Any) -> list[Any]:  # plain data
    return [*node] if isinstance(node, dict) else [*range(len(node))] if isinstance(node, list) else []


@given(data=st.data())
@settings(max_examples=60)
def test_a_real_index_in_which_anything_was_changed_is_refused_or_sound(real: str, data: st.DataObject) -> None:
    tree = json.loads(real)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, step = {"root": tree}, "root"
        depth = data.draw(st.integers(1, 7))
        while depth and steps_of(holder[step]):
            holder, step, depth = holder[step], data.draw(st.sampled_from(steps_of(holder[step]))), depth - 1
        change = data.draw(st.sampled_from(["replace", "remove", "double", "swap"]))
        if change == "replace":
            holder[step] = data.draw(HOSTILE)
        elif isinstance(holder, list) and change == "remove":
            del holder[step]
        elif isinstance(holder, list) and change == "double":
            holder.insert(step, copy.deepcopy(holder[step]))
        elif isinstance(holder, list):
            holder[step], holder[-1] = holder[-1], holder[step]
    refused_or_sound(json.dumps(tree))


@given(st.data())
@settings(max_examples=60)
def test_a_real_index_whose_bytes_were_changed_is_refused_or_sound(real: str, data: st.DataObject) -> None:
    found = bytearray(real.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(found) - 1))
        end = start + data.draw(st.integers(0, 8))
        found[start:end] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"[", b"]", b'"', b",", b"null", b"\\ud800"])
        )
    refused_or_sound(bytes(found))


# -- hostile files --


def _with(**fields: Any) -> str:
    return json.dumps({**json.loads(_SMALL), **fields})


def _chain(length: int) -> list[Any]:
    ends = [[["next", f"a.b:R{index + 1}"]] if index + 1 < length else [] for index in range(length)]
    return [[f"a.b:R{index}", 0, 0, 0, [], sources] for index, sources in enumerate(ends)]


FUTURE = json.loads(_SMALL)
FUTURE["key"][0] = [["format", str(FORMAT + 1)], *FUTURE["key"][0][1:]]

FILES: dict[str, Callable[[], str | bytes]] = {
    "empty": lambda: b"",
    "half": lambda: _SMALL[: len(_SMALL) // 2],
    "nested lists": lambda: "[" * 1_000_000,
    "nested objects": lambda: '{"key":' * 1_000_000,
    "nested inside": lambda: _with(gaps="G").replace('"G"', "[" * 50_000 + "]" * 50_000),
    "not a number": lambda: _with(gaps=[[float("nan"), "x"]]),
    "infinite": lambda: _with(types=[["int", float("inf")]]),
    "a number of a million digits": lambda: _with(gaps="G").replace('"G"', "1" * 1_000_000),
    "half a character": lambda: _with(gaps=[["\ud800", "x"]]),
    "a null byte": lambda: _SMALL.replace("package:Net", "package\\u0000:Net"),
    "a key twice": lambda: _SMALL[:-1] + ',"types":5}',
    "no types": lambda: _with(types=[]),
    "every field a number": lambda: json.dumps(dict.fromkeys(json.loads(_SMALL), 5)),
    "every field null": lambda: json.dumps(dict.fromkeys(json.loads(_SMALL))),
    "every field an object": lambda: json.dumps({key: {} for key in json.loads(_SMALL)}),
    "a source in itself": lambda: _with(registries=[["a.b:R", 0, 0, 0, [], [["p", "a.b:R"]]]]),
    "a ring of sources": lambda: _with(registries=[*_chain(4)[:-1], ["a.b:R3", 0, 0, 0, [], [["next", "a.b:R0"]]]]),
    "a future format": lambda: json.dumps(FUTURE),
    "a future field": lambda: _with(more=[]),
    "64 MB of lists": lambda: b'{"key":[' + b"[]," * 21_000_000 + b"[]]}",
    "zeros": lambda: b"\0" * 1_000_000,
}


@pytest.mark.parametrize("file", FILES)
def test_a_hostile_file_is_no_index_and_a_new_one_takes_its_place(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = FILES[file]()
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    place = tmp_path / _KEY.file_name
    place.write_bytes(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)  # as somebody who knows how would
    assert read_cached(tmp_path, _KEY) is None
    monkeypatch.setattr(loading, "_make_elsewhere", _make)
    assert load_index(folder=tmp_path) == small_index()
    assert read_cached(tmp_path, _KEY) == small_index()
    assert [each.name for each in tmp_path.iterdir()] == [_KEY.file_name]


def test_a_long_chain_of_sources_is_as_good_as_a_short_one() -> None:
    for length in (1, 2, 3_000):
        index, _ = decode(_with(registries=_chain(length)))
        assert len(index.registries) == length
    with pytest.raises(DamagedIndexError, match="a source is in itself"):
        decode(_with(registries=[*_chain(3_000)[:-1], ["a.b:R2999", 0, 0, 0, [], [["next", "a.b:R0"]]]]))


@pytest.mark.parametrize(
    "parameters",
    [
        [(ParameterKind.POSITIONAL_OR_KEYWORD, "1"), (ParameterKind.POSITIONAL_OR_KEYWORD, None)],
        [(ParameterKind.POSITIONAL_ONLY, "1"), (ParameterKind.POSITIONAL_OR_KEYWORD, None)],
        [(ParameterKind.VAR_POSITIONAL, "1")],
        [(ParameterKind.VAR_KEYWORD, "'x'")],
    ],
)
def test_a_signature_with_a_default_where_none_can_be_is_refused(
    parameters: list[tuple[ParameterKind, str | None]],
) -> None:
    tree = json.loads(_SMALL)
    first = len(tree["parameters"])
    tree["parameters"] += [[f"p{place}", kind, 0, default, 0, ""] for place, (kind, default) in enumerate(parameters)]
    tree["signatures"].append([*range(first, first + len(parameters))])
    with pytest.raises(DamagedIndexError, match="a signature with a default that cannot be there"):
        decode(json.dumps(tree))


# -- homes --


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def _nobody(uid: int) -> Any:
    raise KeyError(f"getpwuid(): uid not found: {uid}")


@pytest.mark.parametrize("home", [None, "", "relative/home"])
def test_without_a_home_there_is_no_cache_and_nothing_is_written_to_the_working_folder(
    home: str | None, no_variables: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_variables.setattr(pwd, "getpwuid", _nobody)
    if home is not None:
        no_variables.setenv("HOME", home)
    no_variables.chdir(tmp_path)
    no_variables.setattr(loading, "_make_elsewhere", _make)
    folder = cache_folder()
    assert folder.is_absolute()
    assert read_cached(folder, _KEY) is None
    assert not write_cached(folder, _KEY, small_index())
    assert load_index() == small_index()
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_is_a_file_holds_no_cache(no_variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("no folder")
    no_variables.setenv("HOME", str(home))
    no_variables.setattr(loading, "_make_elsewhere", _make)
    assert load_index() == load_index() == small_index()
    assert home.read_text() == "no folder"


@pytest.mark.parametrize("content", ["relative", ""])
def test_a_cache_home_that_is_no_absolute_path_is_not_used(
    content: str, no_variables: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_variables.setenv("HOME", str(tmp_path / "home"))
    no_variables.setenv("XDG_CACHE_HOME", content)
    no_variables.chdir(tmp_path)
    no_variables.setattr(loading, "_make_elsewhere", _make)
    assert load_index() == small_index()
    assert not (tmp_path / "relative").exists()


# -- several processes --


def test_processes_that_make_it_at_once_all_get_it_and_leave_one_file(tmp_path: Path) -> None:
    program = """
        import sys, time
        from pathlib import Path
        from terraregistry.index import load_index, loading
        from terraregistry.index.cache import read_cached
        from terraregistry.index.encoding import decode, encode
        from terraregistry.index.keys import current_key

        text, folder = sys.stdin.read(), Path(sys.argv[1])
        index, key = decode(text)
        made = []

        def make(report):
            made.append(index)
            (folder.parent / f"ready{sys.argv[2]}").touch()
            while len(list(folder.parent.glob("ready*"))) < 4:  # none is done before all have begun
                time.sleep(0.01)
            return index, key

        loading._make_elsewhere = make
        assert load_index(folder=folder) == index
        for _ in range(50):
            assert read_cached(folder, current_key()) == index
            assert loading.write_cached(folder, current_key(), index)
        assert len(made) == 1
    """
    folder = tmp_path / "cache"
    command = [sys.executable, "-c", textwrap.dedent(program), str(folder)]
    processes = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(_SMALL)
        process.stdin.close()
    for process in processes:
        assert process.wait(120) == 0, process.stderr and process.stderr.read()
        assert process.stderr is not None
        process.stderr.close()
    assert [each.name for each in folder.iterdir()] == [_KEY.file_name]
    assert read_cached(folder, _KEY) == small_index(("x", "y"))
