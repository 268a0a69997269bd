"""The reader: its data are PyYAML's, its positions point at the text, its merges and aliases are YAML's."""

from __future__ import annotations

import json
import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.errors import ConfigError, Problem, ProblemKind
from terraregistry.problems import Span, display_path
from terraregistry.tools.config import parse_config, read_config
from terraregistry.tools.config.reader import ConfigLoader


class ConfigDumper(yaml.SafeDumper):
    """Quotes what this reader, unlike PyYAML's own, would not read as text."""

    yaml_implicit_resolvers = ConfigLoader.yaml_implicit_resolvers


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.from_regex(r"[0-9_.]*e-?[0-9]", fullmatch=True),
)
LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)


def data_of(scalars, keys):
    return st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)


def keys_of(data, path=()):
    """The path of every key and item, found without the reader."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from keys_of(value, (*path, key))


def follow(data, path):
    for key in path:
        data = data[key]
    return data


def text_at(text, position):
    """The scalar that begins at a position, as PyYAML's scanner reads it there."""
    rest = text.split("\n")[position.line - 1][position.column - 1 :]
    value = next(token.value for token in yaml.scan(rest) if isinstance(token, yaml.ScalarToken))
    return value.encode("utf-16", "surrogatepass").decode("utf-16")


@given(data_of(SCALARS, st.text() | st.integers()).filter(lambda data: data is not None), st.booleans())
def test_what_is_dumped_is_read_again(data, flow):
    text = yaml.dump(data, Dumper=ConfigDumper, default_flow_style=flow)

    assert parse_config(text).data == data == yaml.safe_load(text)


@given(st.dictionaries(LINE, data_of(LINE, LINE), min_size=1), st.booleans())
def test_each_key_and_text_stands_where_the_position_says(data, as_json):
    text = json.dumps(data) if as_json else yaml.dump(data, Dumper=ConfigDumper, width=10**9)
    document = parse_config(text)

    assert set(document.keys) == set(keys_of(data))
    assert set(document.values) == {(), *document.keys}
    for path, position in document.keys.items():
        if isinstance(path[-1], str):
            assert text_at(text, position) == path[-1]
        else:
            assert position == document.values[path]
    for path, position in document.values.items():
        if isinstance(follow(data, path), str):
            assert text_at(text, position) == follow(data, path)


@given(st.dictionaries(LINE, data_of(LINE, LINE)), st.lists(LINE | st.integers(0, 3), max_size=4).map(tuple))
def test_locating_what_is_not_there_gives_what_is_nearest_above(data, path):
    document = parse_config(json.dumps(data))

    existing = [path[:length] for length in range(len(path) + 1) if path[:length] in document.keys]
    assert document.locate(path) == (document.keys[existing[-1]] if existing else document.values[()])


NAMES = ["a", "b", "c", "d"]
FLAT = st.dictionaries(st.sampled_from("uvwxyz"), st.integers(0, 9))


@given(st.lists(st.tuples(FLAT, st.lists(st.integers(0, 3), max_size=3), st.booleans()), min_size=1, max_size=4))
def test_merge_keys_mean_what_they_mean_to_pyyaml(mappings):
    lines = []
    for index, (own, merged, as_one) in enumerate(mappings):
        earlier = [f"*{NAMES[other]}" for other in merged if other < index]
        merge = [] if not earlier else [f"<<: {earlier[0]}" if as_one else f"<<: [{', '.join(earlier)}]"]
        entries = [f"{key}: {value}" for key, value in own.items()]
        lines.append(f"{NAMES[index]}: &{NAMES[index]} {{{', '.join(entries[:1] + merge + entries[1:])}}}")
    text = "\n".join(lines)
    document = parse_config(text)

    assert document.data == yaml.safe_load(text)
    for path, position in document.keys.items():
        assert text_at(text, position) == path[-1]


def test_the_last_of_a_key_counts():
    text = "x: &x {a: 1, b: 1}\ny: &y {a: 2}\nz: {<<: *x, c: 1, <<: *y, c: 2}\nx: 3\n"
    document = parse_config(text, take_last=True)

    assert document.data == yaml.safe_load(text) == {"x": 3, "y": {"a": 2}, "z": {"a": 2, "b": 1, "c": 2}}
    assert document.keys["x",] == Span(4, 1, 2)
    assert [(each.steps, each.kind, each.span[:2]) for each in document.problems] == [
        (("z",), ProblemKind.DOUBTFUL, (3, 19)),
        (("z", "c"), ProblemKind.DOUBTFUL, (3, 27)),
        (("x",), ProblemKind.DOUBTFUL, (4, 1)),
    ]
    assert {each.kind for each in parse_config(text).problems} == {ProblemKind.DUPLICATE}


def test_an_aliased_value_is_a_copy_in_each_place():
    document = parse_config("one: &x [1, {a: 2}]\ntwo: *x\nthree: *x\n")

    assert document.data == {"one": [1, {"a": 2}], "two": [1, {"a": 2}], "three": [1, {"a": 2}]}
    document.data["two"][1]["a"] = 3
    assert document.data["one"][1]["a"] == document.data["three"][1]["a"] == 2


def test_an_alias_stands_where_it_is_and_its_content_where_the_anchor_is():
    document = parse_config("one: &x {a: 2}\ntwo: *x\nlist:\n  - *x\n")

    assert document.values["two",] == Span(2, 6)
    assert document.keys["list", 0] == Span(4, 5)
    assert document.keys["two", "a"] == document.keys["list", 0, "a"] == Span(1, 10, 11)


def test_an_alias_can_be_a_key():
    document = parse_config("- &k name\n- *k : 3\n")

    assert document.data == ["name", {"name": 3}]
    assert document.keys[1, "name"] == Span(2, 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1e4", 1e4),
        ("-1E+4", -1e4),
        ("1.5e3", 1.5e3),
        (".5e3", 500.0),
        ("1.e-4", 1e-4),
        ("1_000e1", 1e4),
        ("'1e-4'", "1e-4"),
        ("1e", "1e"),
        ("e4", "e4"),
        ("1e-4x", "1e-4x"),
        ("1e5 px", "1e5 px"),
        ("010", 8),
        ("0x1F", 31),
        ("1_000", 1000),
        ("yes", True),
        ("off", False),
        ("~", None),
        ("-.inf", -math.inf),
        ('"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        ("2020-01-01", "2020-01-01"),
        ("2020-01-01 10:00:00", "2020-01-01 10:00:00"),
        ("=", "="),
        ("<<", "<<"),
        ("!!str 3", "3"),
        ("!!float 3", 3.0),
        ("!!int '3'", 3),
    ],
)
def test_scalars_are_read_as_jsonargparse_reads_them(text, value):
    read = parse_config(f"[{text}]").data[0]

    assert read == value
    assert type(read) is type(value)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "c.yaml").write_bytes(b"\xef\xbb\xbfa: 1\nb: 2\n")
    document = read_config(tmp_path / "c.yaml")

    assert document.data == {"a": 1, "b": 2}
    assert document.keys["a",] == Span(1, 1, 2)
    assert document.file == str(tmp_path / "c.yaml")


def test_line_ends_of_windows_count_as_one(tmp_path):
    (tmp_path / "c.yaml").write_bytes(b"a: 1\r\nb:\r\n  c: 2\r\n")

    assert read_config(tmp_path / "c.yaml").keys["b", "c"] == Span(3, 3, 4)


def test_the_end_of_what_stands_on_one_line_is_known():
    document = parse_config("'a b': [x, \"y z\"]\nc: |\n  long\nd: &e é\nf: *e\n")

    assert document.keys["a b",] == Span(1, 1, 6)
    assert [document.values["a b", at] for at in (0, 1)] == [Span(1, 9, 10), Span(1, 12, 17)]
    assert [document.values[each].end for each in [(), ("a b",), ("c",), ("f",)]] == [None] * 4
    assert document.values["d",] == Span(4, 4, 8)


@given(st.lists(SCALARS, max_size=5).map(tuple))
def test_a_path_of_any_keys_is_one_short_printable_line(path):
    assert display_path(path).isprintable()
    assert len(display_path(path)) < 100 * (len(path) + 1)


def test_an_error_lists_problems_in_the_order_of_the_file():
    document = parse_config("a: 1\nb: {c: 2}\n")
    error = document.error(
        Problem(path, ProblemKind.INVALID, detail=detail)
        for path, detail in [(("b", "c"), "second"), (("a",), "first"), (("b", "x", "y"), "between"), ((), "start")]
    )

    assert isinstance(error, ConfigError)
    assert str(error) == (
        "<config>:1:1: a: first\n<config>:1:1: start\n<config>:2:1: b.x.y: between\n<config>:2:5: b.c: second"
    )
