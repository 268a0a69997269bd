"""Configs that were right and have been broken in drawn ways, and what has to come of each.

`python -m tests.trust.bad_configs COUNT SEED` reads that many in a process with little memory.
"""

from __future__ import annotations

import copy
import re
import resource
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from terraregistry.errors import ConfigError
from terraregistry.tools.config import find_request, parse_config, read_config

from .bad_values import LETTERS, bad_text, misspelt
from .probe import PLAIN, TRAINING
from .watching import watched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["BadConfig", "bad_configs", "find_request", "hold", "parse_config", "refused_by_the_factory"]

TAGS = ["odd", "!", "!!", "!set", "!binary", "!omap", "!timestamp", "<a:b>", "!python/module:x", "!python/tuple"]
TAGS += [
    "!python/object/apply:os.system",
    "!python/object/new:os.system",
    "!python/name:os.system",
    "!python/object:os.x",
]
LINE_END = re.compile(b"\r\n|[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9]")


class BadConfig(NamedTuple):
    """A file, how it was broken, and whether it is wrong for certain: any bytes may be a config after all."""

    content: bytes
    how: str
    certain: bool = True


def bad_configs(random: Random, count: int) -> Iterator[BadConfig]:
    """Draw configs that can be refused without building anything."""
    for _ in range(count):
        yield random.choice((_broken_layout, _broken_yaml, _broken_yaml, _broken_text, _huge))(random)


def _right(random: Random) -> dict[str, Any]:  # a config
    return copy.deepcopy(random.choice([PLAIN, TRAINING]))


def _written(random: Random, config: object) -> str:
    return yaml.safe_dump(config, sort_keys=False, default_flow_style=random.choice([None, False, True]), width=10**6)


def _odd(random: Random) -> Any:  # what no mapping of arguments, no name and no factory is
    return random.choice([None, 5, 1.5, True, [], ["a"], [[]], [{"a": 1}]])


def _broken_layout(random: Random) -> BadConfig:
    config: Any = _right(random)
    how = random.randint(0, 6)
    training = "model" in config
    inner = config["model"]["init_args"] if training else config
    if how == 0:
        config = random.choice([_odd(random), bad_text(random), [config]])
        if isinstance(config, str) and "\ud800" in config:
            config = config.replace("\ud800", "")
    elif how == 1:
        inner["model_factory"] = random.choice([_odd(random), {"a": 1}, {}])
    elif how == 2:
        del inner["model_factory"]
    elif how == 3:
        inner[misspelt(random, "model_factory").encode("utf-8", "ignore").decode()] = inner.pop("model_factory")
        inner.pop("model_factory", None)
    elif how == 4:
        arguments = inner["model_args"] if training else inner
        arguments[random.choice([5, 1.5, True, None, 10**300])] = 1
    elif training and how == 5:
        place, key = random.choice([(config["model"], "init_args"), (inner, "model_args"), (config, "model")])
        place[key] = _odd(random)
    elif training:
        place, key = random.choice([(config["model"], "init_args"), (inner, "model_args")])
        del place[key]
    else:
        config["model"] = {"class_path": "x", "init_args": {}}
    return BadConfig(_written(random, config).encode(), f"layout {how}")


def _broken_yaml(random: Random) -> BadConfig:
    text = yaml.safe_dump(_right(random), sort_keys=False)
    lines = text.splitlines()
    place = random.randint(0, len(lines))
    top = [index for index, line in enumerate(lines) if line[:1] not in (" ", "-")]
    start = random.choice([*top, len(lines)])
    letter = random.choice("abcxyz")
    breakages = {
        "repeated key": (start, f"{letter}{letter}: 1\n{letter}{letter}: 2"),
        "tag": (start, f"zz: !{random.choice(TAGS)} [1]"),
        "cycle": (start, random.choice(["zz: &z [*z]", "zz: &z {a: *z}", "zz: &z {<<: *z}", "zz: &z [[1, {b: [*z]}]]"])),
        "no anchor": (start, f"zz: *{letter}"),
        "bracket": (start, "zz: " + random.choice(["[", "{", "[}", "{]", "'", '"', "[a: b: c", "]", "}"])),
        "document": (len(lines), "---\nzz: 1"),
        "document end": (len(lines), "...\nzz: 1"),
        "merge": (start, random.choice(["<<: 3", "<<: [3]", "<<: x", "zz: {<<: [[a]]}"])),
        "key": (start, random.choice(["? [a]\n: 1", "? {a: b}\n: 1", "[a]: 1", "{a: b}: 1", "? - a\n: 1"])),
        "tab": (start, "zz:\n\t- 1"),
        "number": (start, f"zz: {random.choice(['!!int x', '!!float y', '!!bool 5', '0x_', '!!int'])}"),
        "escape": (start, random.choice(['zz: "\\q"', 'zz: "\\uD800"', 'zz: "\\UFFFFFFFF"', 'zz: "\\x"'])),
        "directive": (0, random.choice(["%YAML 2.0\n---", "%YAML x\n---", "%TAG ! a\n%TAG ! b\n---", "%YAML 1.1\n%YAML 1.1\n---"])),
        "character": (place, "# " + random.choice("\x00\x07\x1b\x7f\ufffe")),
    }  # fmt: skip
    how = random.choice([*breakages])
    where, line = breakages[how]
    lines.insert(where, line)
    content = ("\n".join(lines) + "\n").encode()
    if random.random() < 0.1:
        how, cut = "bytes", random.randint(0, len(content))
        content = content[:cut] + random.choice([b"\xff", b"\xc3\n", b"\xed\xa0\x80", b"\x80"]) + content[cut:]
    # Outside the model these are nobody's business; repeated keys are reported with the arguments.
    in_model = how != "repeated key" and any(line.startswith("model_factory") for line in lines)
    return BadConfig(content, how, in_model or how not in {"repeated key", "tag", "merge", "key", "number", "escape"})


def _broken_text(random: Random) -> BadConfig:
    content = bytearray(_written(random, _right(random)).encode())
    for _ in range(random.randint(1, 6)):
        place = random.randint(0, len(content))
        end = place + random.randint(1, 10)
        token = random.choice(
            [*LETTERS, "&a ", "*a ", "<<: ", "!!int ", "- ", ": ", "\n  ", "---\n", "|\n", ">-\n", "? ", "#"]
        )
        random.choice((
            lambda place=place, token=token: content.__setitem__(slice(place, place), token.encode("utf-8", "surrogatepass")),
            lambda place=place, end=end: content.__delitem__(slice(place, end)),
            lambda place=place, end=end: content.__setitem__(slice(place, place), content[place:end] * random.randint(1, 40)),
            lambda place=place, random=random: content.__setitem__(slice(place, place + 1), bytes([random.randint(0, 255)])),
        ))()  # fmt: skip
    return BadConfig(bytes(content), "text", certain=False)


def _huge(random: Random) -> BadConfig:
    many = random.choice([200, 2_000, 20_000])
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, random.randint(8, 50))
    )
    texts = {
        "bomb": bomb,
        "merges": "a0: &a0 {k: x}\n" + "".join(f"a{i}: &a{i} {{<<: [{f'*a{i - 1}, ' * 9}]}}\n" for i in range(1, 30)),
        "deep flow": random.choice("[{") * many,
        "deep block": random.choice(["- ", "? "]) * many,
        "deep keys": "".join(" " * i + "a:\n" for i in range(min(many, 1_000))),
        "many": "a: [" + "1," * 100_001 + "]",
        "long name": f"model_factory: {{{random.choice('xé🛰')}: " + "x" * 10**5 + "}",
        "long key": f"? {'x' * many}\n: 1\n",
        "digits": f"? {random.choice(['', '-', '+', '0x', '0b', '0'])}{random.choice('17') * many}\n: 1\n",
        "base 60": f"model_factory: 1{':1' * many}",
        "long number": f"model_factory: {random.choice(['0x', '', '0b', '1e', '-0x', '.'])}{'1' * many}",
        "long tag": f"a: !{'x' * many} b",
        "long anchor": f"a: *{'x' * many}",
        "many repeats": "a: 1\n" * min(many, 20_000),
        "spaces": " " * many + "\t[",
        "lines": "\n" * many + "[",
        "quotes": "'" + "''" * many,
        "percent": "%" + "TAG ! " * many,
        "too large": "#" * 1_000_001,
    }
    how = random.choice([*texts])
    return BadConfig(texts[how].encode(), f"huge: {how} {many}")


def refused_by_the_factory(random: Random) -> BadConfig:
    """Break an argument that only the factory knows."""
    config = _right(random)
    arguments = config["model"]["init_args"]["model_args"] if "model" in config else config
    how = random.randint(0, 6)
    letters = [letter for letter in LETTERS if letter.isprintable()]
    typo = f"zz{random.choice(letters)}{random.choice(letters)}"
    if how == 0:
        arguments[random.choice(["backbone", "decoder"])] += typo
    elif how == 1:
        arguments[typo] = 1
    elif how == 2:
        arguments[random.choice(["num_classes", "backbone", "decoder"])] = random.choice([[1], {"a": 1}, 1.5, -1, [[]]])
    elif how == 3:
        arguments.setdefault("backbone_kwargs", {})[typo] = 1
    elif how == 4:
        arguments["necks"] = random.choice([[{"name": typo}], [{"nam": "x"}], [5], "x", [{"name": "SelectIndices"}]])
    elif how == 5:
        del arguments[random.choice(["backbone", "decoder"])]
    else:
        config["model"]["init_args"].update(model_factory=typo) if "model" in config else config.update(
            model_factory=typo
        )
    return BadConfig(_written(random, config).encode(), f"factory {how}")


def hold(bad: BadConfig, file: Path, *, build: bool = False) -> bool:
    """Fail where a config is answered by anything but its error, or leaves anything behind; say whether it is refused."""
    from tests.registry.screens import fits

    file.write_bytes(bad.content)
    with watched(20.0 if build else 4.0) as events:
        try:
            request = find_request(read_config(file))
            if build:
                from terraregistry.tools.trial import make_factory

                make_factory(request)
        except ConfigError as error:
            caught = error
            fits(str(error))
        else:
            assert not bad.certain, f"{bad.how} is accepted: {bad.content[:2000]!r}"
            return False
        finally:
            file.unlink()
    assert [event for event in events if "os.remove" not in event] == [], bad.how
    assert caught.problems
    lines = len(LINE_END.split(bad.content))
    for problem in caught.problems:
        assert problem.span is not None
        assert 1 <= problem.span.line <= lines, (problem.span, lines, str(problem))
        assert problem.span.column >= 1
        assert str(problem)
    return True


def main(arguments: Sequence[str]) -> None:
    """Hold that many configs, in 1.5 GiB."""
    count, seed = int(arguments[0]), int(arguments[1])
    resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))
    refused = 0
    for index, bad in enumerate(bad_configs(Random(seed), count)):
        try:
            refused += hold(bad, Path("c.yaml"))
        except BaseException:
            print(f"config {index} of seed {seed}: {bad.how}: {bad.content[:2000]!r}", file=sys.stderr)
            raise
    assert not [*Path().iterdir()], "something was written"
    print(f"{refused} of {count} refused")


if __name__ == "__main__":
    main(sys.argv[1:])
