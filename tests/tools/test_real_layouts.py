"""Configs in the layouts that people have, with their traits and mistakes: each runs, or is refused for a reason to act on.

Each file in `layouts` has many configs. A line `=== name` begins one, with options of `check_config` after the name; the
lines `>>> line:column kind: message` after it are its findings, `>>> fit` those that only a run finds. `...` stands for any text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from terraregistry.tools.checking import check_config

_FOLDER = Path(__file__).parent / "layouts"
_LEAST = 60


class Case(NamedTuple):
    """A config and its findings."""

    text: str
    options: dict[str, bool]
    findings: list[str]
    by_run: list[str]


def cases():
    for file in sorted(_FOLDER.glob("*.txt")):
        for part in re.split(r"^=== ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            head, _, rest = part.partition("\n")
            name, *options = head.split()
            lines = rest.split("\n")
            expected = [line.removeprefix(">>> ") for line in lines if line.startswith(">>> ")]
            text = "\n".join(line for line in lines if not line.startswith(">>> "))
            by_run = [each.removeprefix("fit ") for each in expected if each.startswith("fit ")]
            found = [each for each in expected if not each.startswith("fit ")]
            yield f"{file.stem}/{name}", Case(text, dict.fromkeys(options, True), found, by_run)


CASES = dict(cases())


def findings(folder, case, **options):
    (folder / "c.yaml").write_bytes(case.text.encode())
    found = check_config(str(folder / "c.yaml"), **case.options, **options)
    return [f"{each.span.line}:{each.span.column} {each.problem.kind.value}: {each.message}" for each in found]


def assert_found(found, expected):
    patterns = [".*".join(map(re.escape, each.split("..."))) + ".*" for each in sorted(expected)]
    found = sorted(found)
    assert len(found) == len(patterns), found
    assert [text for text, pattern in zip(found, patterns, strict=True) if not re.fullmatch(pattern, text)] == []


def test_there_are_enough_configs():
    assert len(CASES) >= _LEAST


@pytest.mark.parametrize("name", CASES)
def test_a_config_is_valid_or_refused_for_its_reason(tmp_path, index, name):
    case = CASES[name]
    assert_found(findings(tmp_path, case), case.findings)


@pytest.mark.parametrize("name", ["training/necks_in_other_forms", "iterate/three_tasks", "plain/umlauts_in_comments"])
def test_the_line_ends_and_the_mark_of_another_editor_do_not_matter(tmp_path, index, name):
    case = CASES[name]
    again = case._replace(text="\ufeff" + case.text.replace("\n", "\r\n"))
    assert_found(findings(tmp_path, again), case.findings)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_config_runs_or_is_refused_for_its_reason(tmp_path, index, name):
    case = CASES[name]
    found = findings(tmp_path, case, fit=True)
    found = [each for each in found if "the source 'peft' is unavailable" not in each]  # it is an extra
    assert_found(found, [*case.findings, *case.by_run])
