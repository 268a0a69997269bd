"""Checks of configs: the problems of each, with places and corrections."""

from __future__ import annotations

import re
import warnings
from copy import copy
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from terraregistry.errors import ConfigError, FitWarning, Problem, ProblemKind, RegistryError, UnusedArgumentWarning
from terraregistry.problems import Span
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from terraregistry.tools.config import Document, Edit, ModelRequest
    from terraregistry.tools.trial import Policies

__all__ = ["Finding", "check_config", "check_configs", "describes_model", "find_files"]

_START: Final = Span(1, 1)
_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#.*", re.MULTILINE)


class Finding(NamedTuple):
    """A problem in a config, with its line and a change that leaves the config with fewer problems.

    It is only a warning if the model can be built nevertheless, as far as known.
    """

    file: str
    problem: Problem
    is_warning: bool = False
    source: str = ""
    edit: Edit | None = None

    @property
    def is_unknown(self) -> bool:
        """True if the check was not possible."""
        return self.problem.kind is ProblemKind.UNCHECKED

    @property
    def span(self) -> Span:
        """The place of the problem: the text replaced by the edit, or else the key or the item."""
        return self.edit.span if self.edit is not None else self.problem.span or _START

    @property
    def end(self) -> int:
        """The column after the problem."""
        return self.span.end or self.span.column + 1

    @property
    def message(self) -> str:
        """The message, with the correction."""
        return self.problem.dropped if self.is_warning and self.problem.is_unread else str(self.problem)

    @property
    def mended(self) -> str:
        """The corrected line, as most likely meant; empty if unknown."""
        return "" if self.edit is None else self.edit.applied(self.source)


def find_files(paths: Iterable[str]) -> Iterator[str]:
    """List configs: files as given, and the `.yaml` and `.yml` files in folders; each once."""
    seen: set[str] = set()
    for path in paths:
        folder = Path(path)
        inside = sorted(str(file) for file in folder.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file())
        for file in inside if folder.is_dir() else [path]:
            if file not in seen:
                seen.add(file)
                yield file


def describes_model(file: str) -> bool:
    """Return True if a file may describe a model, or is unreadable; its YAML is not parsed."""
    try:
        return _may_describe_model(Path(file).read_bytes())
    except OSError:
        return True


def _may_describe_model(content: bytes) -> bool:
    from terraregistry.tools.config.layouts import USUAL_FACTORIES

    return any(name.encode() in content for name in ("model_factory", "from_config", *USUAL_FACTORIES))


def check_config(
    file: str,
    *,
    allow_unused: bool = False,
    fit: bool = False,
    take_last: bool = False,
    like_terratorch: bool | None = None,
) -> list[Finding]:
    """Validate one config, as `check_configs` does."""
    return next(
        check_configs([file], allow_unused=allow_unused, fit=fit, take_last=take_last, like_terratorch=like_terratorch)
    )


def check_configs(
    files: Iterable[str],
    *,
    allow_unused: bool = False,
    fit: bool = False,
    take_last: bool = False,
    skip_others: bool = False,
    like_terratorch: bool | None = None,
) -> Iterator[list[Finding]]:
    """Validate configs without building anything; yield the findings of each.

    With `fit` each model is also run without data, with torch. `take_last` as for `parse_config`. With `skip_others`
    files that describe no model are passed over. A file that a call of `from_config` is given is validated last.
    `like_terratorch` as for `Policies`.
    """
    from terraregistry.tools.config import has_model, read_config
    from terraregistry.tools.config.embedded import find_calls
    from terraregistry.tools.trial import Policies

    policies = Policies(allow_unused, like_terratorch)
    named: list[str] = []
    seen: set[str] = set()
    for file in chain(files, named):
        place = str(Path(file).absolute())
        if place in seen:
            continue
        seen.add(place)
        try:
            document = read_config(file, take_last=take_last)
        except ConfigError as error:
            lines = _lines_of(file)
            text = _COMMENT.sub("", "\n".join(lines))
            if not skip_others or not lines or _may_describe_model(text.encode()):
                yield [Finding(file, problem, source=_line(lines, problem)) for problem in error.problems]
        else:
            named += [call.file for call in find_calls(document.data) if call.file]
            if not skip_others or has_model(document.data):
                yield _check(document, policies, fit=fit, take_last=take_last)


def _check(document: Document, policies: Policies, *, fit: bool, take_last: bool) -> list[Finding]:
    from terraregistry.tools.config import parse_config

    file = document.file

    def mending(problem: Problem) -> Edit | None:
        """Find the correction of a problem and try it; return it if fewer problems remain, else None."""
        edit = None if problem.fix is None else document.edit(problem.steps, problem.fix)
        if edit is None:
            return None
        mended = [*lines]
        mended[edit.span.line - 1] = edit.applied(lines[edit.span.line - 1])
        try:
            after = parse_config("\n".join(mended), file, take_last=take_last)
        except ConfigError:
            return None
        if len(after.problems) > len(document.problems):  # the key is there already
            return None
        return edit if len(_problems(after, policies, fit)) < len(found) else None

    found, lines = _problems(document, policies, fit), document.lines
    return [Finding(file, each, is_warning, _line(lines, each), mending(each)) for each, is_warning in found]


def _problems(document: Document, policies: Policies, fit: bool) -> list[tuple[Problem, bool]]:
    """List the problems of a config, each with True if it is only a warning."""
    from terraregistry.tools.config import read_requests

    requests, error = read_requests(document)
    wrong = () if error is None else error.problems
    found: dict[tuple[Problem, bool], set[str]] = {(each, each.kind is ProblemKind.UNCHECKED): set() for each in wrong}
    for request in requests:
        for each in _problems_of(request, policies, fit):
            found.setdefault(each, set()).add(request.name)
    tasks = dict.fromkeys(request.name for request in requests)
    problems = [
        (
            problem if names == tasks.keys() else _in_tasks(problem, [task for task in tasks if task in names]),
            is_warning,
        )
        for (problem, is_warning), names in found.items()
    ]
    return sorted(problems, key=lambda each: (each[0].span or _START)[:2])


def _problems_of(request: ModelRequest, policies: Policies, fit: bool) -> Iterator[tuple[Problem, bool]]:
    from terraregistry.tools.trial import make_factory

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            make_factory(policies.applied(request), fit=fit)
        except ConfigError as error:
            yield from ((problem, problem.kind is ProblemKind.UNCHECKED) for problem in error.problems)
        except Exception as error:  # noqa: BLE001 - a component may raise anything
            yield _raised(error), False
    for warning in caught:
        yield from ((problem, True) for problem in _warned(warning.message))


def _in_tasks(problem: Problem, names: list[str]) -> Problem:
    """Add the names of tasks to a problem that not all tasks of a config have."""
    if not any(names):
        return problem
    words = f"{'tasks' if len(names) > 1 else 'task'} {', '.join(names)}"
    marked = copy(problem)
    own = problem.kind in (ProblemKind.UNKNOWN, ProblemKind.UNKNOWN_KEY, ProblemKind.MISSING, ProblemKind.TYPE)
    marked.detail = (
        (f"{problem.detail}; {words}" if problem.detail else words) if own else f"{problem.detail} ({words})"
    )
    return marked


def _raised(error: Exception) -> Problem:
    text = str(error) if isinstance(error, RegistryError) else describe_error(error)
    notes: list[str] = getattr(error, "__notes__", [])
    lines = [line.strip() for part in (text, *notes) for line in part.splitlines()]
    return Problem((), ProblemKind.INVALID, detail="; ".join(lines), span=_START)


def _warned(warning: Warning | str) -> tuple[Problem, ...]:
    if isinstance(warning, (FitWarning, UnusedArgumentWarning)) and warning.file:
        return warning.problems
    return (Problem((), ProblemKind.INVALID, detail=str(warning), span=_START),)


def _lines_of(file: str) -> list[str]:
    from terraregistry.tools.config.document import lines_of

    try:
        return lines_of(Path(file).read_bytes().decode("utf-8-sig", errors="replace"))
    except (OSError, ValueError):
        return []


def _line(lines: list[str], problem: Problem) -> str:
    line = (problem.span or _START).line
    return lines[line - 1] if line <= len(lines) else ""
