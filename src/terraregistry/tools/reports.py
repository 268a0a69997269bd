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
_RULES: Final = {
    "invalid-config": ("What the config describes cannot be built.", "error"),
    "unused-argument": ("An argument that nothing reads is dropped.", "warning"),
    "not-checked": ("A part of the model could not be run without data.", "warning"),
    "doubtful-composition": ("The model runs, and is hardly what was meant.", "warning"),
}
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(finding: Finding) -> str:
    """Write a finding in up to four lines, with its line and the suggested one."""
    kind = "not checked: " if finding.is_unknown else "warning: " if finding.is_warning else ""
    head = f"{one_line(finding.file)}:{finding.span.line}:{finding.span.column}: {kind}{one_line(finding.message)}"
    shown = finding.source.replace("\t", " ")
    if not shown.strip() or len(shown) > _LONGEST_LINE or not shown.isprintable():  # a terminal would act upon it
        return head
    before = "".join("\t" if each == "\t" else " " for each in finding.source[: finding.span.column - 1])
    marked = f"{before}{'^' * (finding.end - finding.span.column)}"
    lines = [head, f"{finding.span.line:>5} | {finding.source}", f"      | {marked}"]
    return "\n".join([*lines, *([f"      | {finding.mended}"] if finding.mended else [])])


def as_json(findings: Sequence[Finding]) -> str:
    """Write findings as a list of objects."""
    data = [
        {
            "file": each.file,
            "line": each.span.line,
            "column": each.span.column,
            "end_column": each.end,
            "severity": "unknown" if each.is_unknown else _level(each),
            "message": each.message,
            "source": each.source,
            "suggestion": each.mended or None,
        }
        for each in findings
    ]
    return json.dumps(data, indent=2)


def _level(finding: Finding) -> str:
    return "warning" if finding.is_warning else "error"


def as_github(findings: Sequence[Finding]) -> str:
    """Write findings as GitHub Actions commands; GitHub shows them as annotations."""
    return "\n".join(map(_annotation, findings))


def _annotation(finding: Finding) -> str:
    line = finding.span.line
    places = {"file": finding.file, "line": line, "endLine": line, "col": finding.span.column, "endColumn": finding.end}
    places["title"] = "terraregistry"
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


def _result(finding: Finding) -> dict[str, Any]:  # JSON
    rule = _rule(finding)
    artifact = {"uri": _uri(finding.file)}
    place = {"startLine": finding.span.line, "startColumn": finding.span.column, "endColumn": finding.end}
    snippet = {"snippet": {"text": finding.source}} if finding.source else {}
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": [*_RULES].index(rule),
        "level": _level(finding),
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": place | snippet}}],
    }
    if finding.edit is not None:
        change = {"deletedRegion": place, "insertedContent": {"text": finding.edit.text}}
        changes = [{"artifactLocation": artifact, "replacements": [change]}]
        result["fixes"] = [{"description": {"text": f"Write {finding.edit.text!r}"}, "artifactChanges": changes}]
    return result


def _rule(finding: Finding) -> str:
    if finding.problem.kind is ProblemKind.DOUBTFUL:
        return "doubtful-composition"
    return "not-checked" if finding.is_unknown else "unused-argument" if finding.is_warning else "invalid-config"


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
