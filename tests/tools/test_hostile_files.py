"""Files that are no configs: each gives a ConfigError that names the place; none hangs or has a side effect."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from terraregistry.errors import ConfigError, ProblemKind
from terraregistry.tools.config import find_request, parse_config, read_config
from terraregistry.tools.config.document import Document
from terraregistry.tools.config.reader import MAX_BYTES, MAX_DEPTH, MAX_NODES, ConfigLoader
from terraregistry.wording import one_line

TAGS = "a config holds text, numbers, true, false, null, lists and mappings"
AGAIN = "the key '<<' is here a second time"
BAD = "not valid YAML"
MAPPING = (
    f"{BAD}: mapping values are not allowed here; indent the line as those that belong with it, and put a text with a "
    "colon in quotes"
)
NO_TABS = "indent with spaces, not with tabs (while scanning for the next token)"


def read_as_model(text, file="<config>"):
    """Read a config as if all of it described the model."""
    document = parse_config(text, file)
    refused = document.with_unread((), [()])
    if refused.problems:
        raise refused
    return document


def problems_of(text):
    with pytest.raises(ConfigError) as caught:
        read_as_model(text, "c.yaml")
    assert caught.value.file == "c.yaml"
    return str(caught.value).removeprefix("c.yaml:")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: the file is empty"),
        ("# only a comment\n", "1:1: the file is empty"),
        ("---\n", "1:1: the file is empty"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here; a config is one document"),
        ("a: 1\n---\n", "2:1: a second document begins here; a config is one document"),
        ("a: 1\nb: 2\na: 3\n", "3:1: the key 'a' is here a second time; the first is in line 1, column 1"),
        ("{1: a, true: b}", "1:8: the key 'true' is here a second time; the first is in line 1, column 2"),
        ("{a: 1, 'a': 2}", "1:8: the key 'a' is here a second time; the first is in line 1, column 2"),
        (
            "x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n",
            f"4:3: {AGAIN}; the first is in line 3, column 3; merge several mappings with `<<: [*one, *two]`",
        ),
        ("a: &a [1, *a]", "1:4: this anchor contains an alias of itself"),
        ("a: &a\n  b:\n    <<: *a\n", "1:4: this anchor contains an alias of itself"),
        ("? [a]\n: b", "1:3: a list or mapping cannot be a key"),
        ("? {a: 1}\n: b", "1:3: a list or mapping cannot be a key"),
        ("a:\n  <<: 3\n", "2:7: `<<` merges a mapping or a list of mappings, and this is neither"),
        ("a:\n  <<: [{b: 1}, 3]\n", "2:16: `<<` merges mappings, and this is none"),
        ("a: !!python/tuple [1]", f"1:4: the tag !!python/tuple is not supported here; {TAGS}"),
        ("a: !!python/name:os.system x", f"1:4: the tag !!python/name:os.system is not supported here; {TAGS}"),
        ("a: !foo {b: 1}", f"1:4: the tag !foo is not supported here; {TAGS}"),
        ("a: !!set {b, c}", f"1:4: the tag !!set is not supported here; {TAGS}"),
        ("a: !!binary aGk=", f"1:4: the tag !!binary is not supported here; {TAGS}"),
        ("a: !!timestamp 2020-01-01", f"1:4: the tag !!timestamp is not supported here; {TAGS}"),
        ("a: !!map [1]", f"1:4: the tag !!map is not supported here; {TAGS}"),
        ("a: !%1b%5b31m x", f"1:4: the tag '!\\x1b[31m' is not supported here; {TAGS}"),
        ("<<: !foo {a: 1}", f"1:5: the tag !foo is not supported here; {TAGS}"),
        ("a: !!int x", "1:4: str 'x' is no int"),
        ("a: !!int ''", "1:4: str '' is no int"),
        ("a: !!bool maybe", "1:4: str 'maybe' is no bool"),
        ("a: !!float x", "1:4: str 'x' is no float"),
        ("a: 0x_", "1:4: str '0x_' is no int"),
        ("a: " + "1" * 1001, "1:4: a number of more than 1,000 characters; put it in quotes if it is text"),
        ("? 0x" + "1" * 1001 + "\n: 1", "1:3: a number of more than 1,000 characters; put it in quotes if it is text"),
        ("a: 1" + ":59" * 300_000, "1:4: a number of more than 1,000 characters; put it in quotes if it is text"),
        ("a: 1." + "0" * 1000, "1:4: a number of more than 1,000 characters; put it in quotes if it is text"),
        ('a: "\\uD800"', "1:4: half of a surrogate pair is no character"),
        ('a: "\\UFFFFFFFF"', "1:7: not valid YAML: a character code or version number is out of range"),
        ("a: 1\nb: x\x00y", "2:5: not valid YAML: the character U+0000 is not allowed"),
        ("a: *b", "1:4: not valid YAML: found undefined alias 'b'"),
        ("a: 1\nb: {{ b }}", "2:4: a template of Jinja begins here; render it first"),
        ("a: x\nb: /{{ b }}/{{ c }}: 3: 4", "2:5: a template of Jinja begins here; render it first"),
        ("{% if a %}\na: 1\n{% endif %}", "1:1: a template of Jinja begins here; render it first"),
        ("{{a: 1}: 2}", "1:2: a list or mapping cannot be a key"),
        ("a: b: c", f"1:5: {MAPPING}"),
        (
            "a: [1, 2\nb: 3\n",
            f"2:2: {BAD}: expected ',' or ']', but got ':' (while parsing a flow sequence that begins in line 1)",
        ),
        (
            "a:\n\t- b",
            f"2:1: {BAD}: found character '\\t' that cannot start any token; {NO_TABS}",
        ),
        ("a:\tb", f"1:3: {BAD}: a tab here; write a space instead"),
        ("a: 1\t# b", f"1:5: {BAD}: a tab here; write a space instead"),
        ("- a:\n  -\tb: 1", f"2:4: {BAD}: a tab here; write a space instead"),
        (
            "- a\n  b: 1",
            f"2:4: {MAPPING}",
        ),
        (
            "a: 'x",
            f"1:6: {BAD}: found unexpected end of stream (while scanning a quoted scalar that begins in line 1)",
        ),
        ("%YAML 2.0\n---\na", "1:1: not valid YAML: found incompatible YAML document (version 1.* is required)"),
        ("[" * 101 + "]" * 101, f"1:101: nested more than {MAX_DEPTH} levels deep"),
        ("[" * 100_000, f"1:101: nested more than {MAX_DEPTH} levels deep"),
        ("- " * 100_000, f"1:201: nested more than {MAX_DEPTH} levels deep"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, message):
    assert problems_of(text) == message


def test_everything_that_is_wrong_is_said_at_once_and_once():
    text = "a: 1\na: 2\nb: &b !foo x\nc: [*b, *b]\nd: !!int x\n"

    assert problems_of(text).split("\n") == [
        "2:1: the key 'a' is here a second time; the first is in line 1, column 1",
        f"c.yaml:3:4: the tag !foo is not supported here; {TAGS}",
        "c.yaml:5:4: str 'x' is no int",
    ]


@pytest.mark.parametrize("first", ["&a0 [x, x]", "&a0 {k: x}"])
@pytest.mark.parametrize("levels", [9, 50])
def test_a_billion_laughs_are_refused_at_once(first, levels):
    items = ", ".join(["*a{0}"] * 9)
    lines = [f"a0: {first}"] + [f"a{level}: &a{level} [{items.format(level - 1)}]" for level in range(1, levels)]
    start = time.perf_counter()

    assert problems_of("\n".join(lines)).endswith(
        f"more than {MAX_NODES:,} keys and values when its aliases are expanded"
    )
    assert time.perf_counter() - start < 2


def test_a_billion_merges_are_refused_at_once():
    items = ", ".join(["*a{0}"] * 9)
    lines = ["a0: &a0 {k: x}"] + [f"a{level}: &a{level} {{<<: [{items.format(level - 1)}]}}" for level in range(1, 50)]

    assert problems_of("\n".join(lines)).endswith(
        f"more than {MAX_NODES:,} keys and values when its aliases are expanded"
    )


def test_depth_through_aliases_counts():
    lines = ["a0: &a0 [x]"] + [f"a{level}: &a{level} [*a{level - 1}]" for level in range(1, 200)]

    assert (
        problems_of("\n".join(lines))
        == f"100:6: nested more than {MAX_DEPTH} levels deep when its aliases are expanded"
    )


def test_the_limits_are_where_they_are_said_to_be():
    deep = "[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1)
    lines = ["- &a [" + "1," * 998 + "]", *["- *a"] * (MAX_NODES // 999 - 1)]
    left = MAX_NODES - 1 - 999 * len(lines)

    assert parse_config(deep).data
    assert problems_of(f"[{deep}]") == f"1:101: nested more than {MAX_DEPTH} levels deep"
    assert len(parse_config("\n".join([*lines, *["- 1"] * left])).data) == len(lines) + left
    too_many = f"1:1: more than {MAX_NODES:,} keys and values when its aliases are expanded"
    assert problems_of("\n".join([*lines, *["- 1"] * (left + 1)])) == too_many
    assert problems_of("[" + "1," * MAX_NODES + "]").endswith(f": more than {MAX_NODES:,} keys and values")


def test_names_from_a_file_do_not_make_endless_messages():
    assert len(problems_of(f"a: !{'x' * 10_000} b")) < 250
    assert len(problems_of(f"'{'x' * 900}': 1\n'{'x' * 900}': 1\n")) < 250


TOKENS = [
    *"ab:,-[]{}#?|>'\"%~&*!\t\n ",
    ": ",
    "- ",
    "\n  ",
    "&a ",
    "*a ",
    "!!int ",
    "!!str ",
    "<<: ",
    "1e-4",
    "---\n",
    "...\n",
    "yes",
]


class SameScalars(yaml.SafeLoader):
    yaml_implicit_resolvers = ConfigLoader.yaml_implicit_resolvers


def outcome(read, source):
    try:
        return read(source)
    except ConfigError as error:
        return error


@settings(max_examples=1000)
@given(st.text() | st.lists(st.sampled_from(TOKENS), max_size=30).map("".join))
def test_any_text_is_read_as_pyyaml_reads_it_or_refused(text):
    result = outcome(read_as_model, text)

    if isinstance(result, Document):
        assert repr(result.data) == repr(yaml.load(text, SameScalars)) or "<<" in text
        return
    assert result.problems
    for problem in result.problems:
        assert 1 <= problem.span.line <= len(re.split("\r\n|[\r\n\x85\u2028\u2029]", text))
        assert problem.span.column >= 1
        assert str(problem).isprintable()
    document = outcome(parse_config, text)
    if isinstance(document, Document) and {each.kind for each in document.problems} == {ProblemKind.DUPLICATE}:
        assert repr(document.data) == repr(yaml.load(text, SameScalars))


@given(st.binary())
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "bytes.yaml"
    file.write_bytes(content)

    assert outcome(read_config, file).file == str(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1\nb: x\xff", "2:5: not UTF-8: the byte 0xff (invalid start byte); save the file as UTF-8"),
        (
            "a: é\nb: 1".encode("latin-1"),
            "1:4: not UTF-8: the byte 0xe9 (invalid continuation byte); save the file as UTF-8",
        ),
        ("a: 1".encode("utf-16"), "1:1: not UTF-8: the byte 0xff (invalid start byte); save the file as UTF-8"),
        (
            "é: \n  é".encode() + b"\xc3",
            "2:4: not UTF-8: the byte 0xc3 (unexpected end of data); save the file as UTF-8",
        ),
        (b"#" * (MAX_BYTES + 1), f"1:1: larger than {MAX_BYTES:,} bytes, so this is no config"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path, content, message):
    file = tmp_path / "c.yaml"
    file.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        read_config(file)
    assert str(caught.value) == f"{file}:{message}"


def test_a_file_that_is_not_there_or_no_file_is_refused(tmp_path):
    for path, reason in [
        (tmp_path, "is a directory; give the config file in it"),
        (tmp_path / "none.yaml", "there is no such file"),
        (tmp_path / "x" / ("y" * 300), "there is no such file"),
        ("a\x00b", "cannot be read: embedded null byte"),
    ]:
        with pytest.raises(ConfigError) as caught:
            read_config(path)
        assert caught.value.file == str(path)
        assert str(caught.value) == f"{one_line(str(path), 300)}:1:1: {reason}"


def test_a_file_without_end_is_refused():
    with pytest.raises(ConfigError, match=f"/dev/zero:1:1: larger than {MAX_BYTES:,} bytes"):
        read_config("/dev/zero")


def test_a_tag_imports_and_runs_nothing(tmp_path):
    (tmp_path / "evil_module.py").write_text("import pathlib\npathlib.Path('ran').touch()\n")
    tags = "a: !!python/object/apply:evil_module.run []\nb: !!python/module:evil_module ''\n"
    (tmp_path / "c.yaml").write_text(f"model_factory: x\n{tags}")
    (tmp_path / "outside.yaml").write_text(
        f"model: {{init_args: {{model_factory: x, model_args: {{task: y}}}}}}\n{tags}"
    )
    code = (
        "from terraregistry.tools.config import find_request, read_config\n"
        "print(find_request(read_config('outside.yaml')).arguments)\n"
        "try:\n    find_request(read_config('c.yaml'))\nexcept ValueError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert run.stdout.startswith("{'task': 'y'}\n")
    assert run.stdout.count("is not supported here") == 2
    assert not (tmp_path / "ran").exists()


def test_a_number_of_a_thousand_characters_is_read_and_can_be_said():
    longest = "0x" + "f" * 998
    assert parse_config(f"a: {longest}").data == {"a": int(longest, 16)}
    with pytest.raises(ConfigError, match=rf"^c.yaml:2:3: \[{int(longest, 16) // 10**1190}"):
        find_request(parse_config(f"model_factory: x\n? {longest}\n: 1", "c.yaml"))
