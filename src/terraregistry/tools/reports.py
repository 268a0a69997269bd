"""Findings in configs, as text for people, and in formats for continuous integration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from terraregistry.problems import ProblemKind
from terraregistry.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.tools.checking import Finding

__all__ = ["as_github", "as_json", "as_sarif", "as_text"]

_LONGEST_LINE: Final = 160
_ERROR: Final = "invalid-config"
_WARNING: Final = "unused-argument"
_UNKNOWN: Final = "not-checked"
_DOUBT: Final = "doubtful-composition"
_RULES: Final = {
    _ERROR: ("What the config describes cannot be built.", "error"),
    _WARNING: ("An argument that nothing reads is dropped.", "warning"),
    _UNKNOWN: ("A part of the model could not be run without data.", "warning"),
    _DOUBT: ("The model runs, and is hardly what was meant.", "warning"),
}


def as_text(finding: Finding) -> str:
    """Write a finding in up to four lines, with its line and the suggested one."""
    kind = "not checked: " if finding.is_unknown else "warning: " if finding.is_warning else ""
    head = f"{one_line(finding.file)}:{finding.span.line}:{finding.span.column}: {kind}{one_line(finding.message)}"
    shown = finding.source.replace("\t", " ")
    if not shown.strip() or len(shown) > _LONGEST_LINE or not shown.isprintable():  # a terminal would act upon it
        return head
    number = f"{finding.span.line:>5} | "
    margin = " " * 5 + " | "
    before = "".join("\t" if each == "\t" else " " for each in finding.source[: finding.span.column - 1])
    lines = [head, number + finding.source, f"{margin}{before}{'^' * (finding.end - finding.span.column)}"]
    return "\n".join([*lines, *([margin + finding.mended] if finding.mended else [])])


def as_json(findings: Sequence[Finding]) -> str:
    """Write findings as a list of objects."""
    return json.dumps([_data(each) for each in findings], indent=2)


def _data(finding: Finding) -> dict[str, object]:
    return {
        "file": finding.file,
        "line": finding.span.line,
        "column": finding.span.column,
        "end_column": finding.end,
        "severity": _severity(finding),
        "message": finding.message,
        "source": finding.source,
        "suggestion": finding.mended or None,
    }


def _severity(finding: Finding) -> str:
    return "unknown" if finding.is_unknown else _level(finding)


def _level(finding: Finding) -> str:
    return "warning" if finding.is_warning else "error"


def as_github(findings: Sequence[Finding]) -> str:
    """Write findings as GitHub Actions commands; GitHub shows them as annotations."""
    return "\n".join(map(_annotation, findings))


def _annotation(finding: Finding) -> str:
    places = {
        "file": finding.file,
        "line": finding.span.line,
        "endLine": finding.span.line,
        "col": finding.span.column,
        "endColumn": finding.end,
        "title": "terraregistry",
    }
    properties = ",".join(f"{key}={_escaped(str(value), property_=True)}" for key, value in places.items())
    return f"::{_level(finding)} {properties}::{_escaped(finding.message)}"


def _escaped(text: str, *, property_: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property_ else text


def as_sarif(findings: Sequence[Finding], version: str) -> str:
    """Write findings as SARIF 2.1.0, for code scanning services."""
    rules = [
        {"id": rule, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level}}
        for rule, (text, level) in _RULES.items()
    ]
    run = {
        "tool": {"driver": {"name": "terraregistry", "semanticVersion": version, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each) for each in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def _result(finding: Finding) -> dict[str, Any]:  # JSON
    rule = _rule(finding)
    artifact = {"uri": _uri(finding.file)}
    region: dict[str, Any] = {
        "startLine": finding.span.line,
        "startColumn": finding.span.column,
        "endColumn": finding.end,
    }
    if finding.source:
        region["snippet"] = {"text": finding.source}
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": [*_RULES].index(rule),
        "level": _level(finding),
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
    }
    if finding.edit is not None:
        deleted = {"startLine": finding.span.line, "startColumn": finding.span.column, "endColumn": finding.end}
        change = {"deletedRegion": deleted, "insertedContent": {"text": finding.edit.text}}
        fix = {
            "description": {"text": f"Write {finding.edit.text!r}"},
            "artifactChanges": [{"artifactLocation": artifact, "replacements": [change]}],
        }
        result["fixes"] = [fix]
    return result


def _rule(finding: Finding) -> str:
    if finding.problem.kind is ProblemKind.DOUBTFUL:
        return _DOUBT
    return _UNKNOWN if finding.is_unknown else _WARNING if finding.is_warning else _ERROR


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
