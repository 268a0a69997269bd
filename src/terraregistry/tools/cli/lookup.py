"""The components of all registries, read from the index, and their docstrings, read from their files without an import."""

from __future__ import annotations

import ast
import fnmatch
import inspect
import re
import textwrap
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from terraregistry.index import ParameterKind
from terraregistry.suggest import did_you_mean, nearest
from terraregistry.tools.cli.printing import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    import typer

    from terraregistry.index import Component, Index, Parameter

__all__ = [
    "STARS",
    "Listed",
    "by_name",
    "docstring_of",
    "file_of",
    "kinds_of",
    "listed",
    "matches",
    "nearest_names",
    "no_kind",
    "read_kind",
    "short_type",
    "starred",
    "written_type",
]

_WILD: Final = re.compile(r"[*?\[]")
_BESIDE: Final = "terraregistry.index:"
_MOST_LINES: Final = 2_000
"""Number of lines read of a definition; the docstring is at its beginning."""
_MODULES: Final = re.compile(r"""('[^']*'|"[^"]*")|(?:\b[A-Za-z_]\w*\.)+(?=[A-Za-z_])""")
STARS: Final = {ParameterKind.VAR_POSITIONAL: "*", ParameterKind.VAR_KEYWORD: "**"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A component under its canonical name in a registry, with the reference of the registry and the prefix of its source."""

    kind: str
    registry: str
    source: str
    name: str
    component: Component

    @property
    def start(self) -> str:
        """The prefix of its source with the underscore, or nothing."""
        return self.name.removesuffix(self.component.name)

    @property
    def library(self) -> str:
        """Its library and the version of that, or nothing."""
        own = self.component
        return f"{own.library} {own.version}" if own.library and own.version else ""

    @property
    def spellings(self) -> Iterator[str]:
        """Every name of the component: canonical and bare, and its aliases."""
        for spelling in (self.component.name, *self.component.aliases):
            yield self.start + spelling
            if self.start:
                yield spelling


def kinds_of(index: Index) -> dict[str, str]:
    """List the kinds of components, each with the reference of its registry."""
    inside = {source for registry in index.registries for _, source in registry.sources}
    outside = [registry.reference for registry in index.registries if registry.reference not in inside]
    # What the index has beside the registries, for those that write configs, is built by no name.
    return {_kind(reference): reference for reference in outside if not reference.startswith(_BESIDE)}


def _kind(reference: str) -> str:
    return reference.rpartition(":")[2].removesuffix("_REGISTRY").lower().replace("_", "-")


def read_kind(text: str, kinds: Iterable[str]) -> str | None:
    """Read a kind in any spelling: in the plural, in capitals, with underscores; None if unknown."""
    plain = text.lower().replace("_", "-")
    spellings = {spelling: kind for kind in kinds for spelling in (kind, f"{kind}s", re.sub("y$", "ies", kind))}
    return spellings.get(plain)


def no_kind(text: str, kinds: Collection[str]) -> typer.Exit:
    """Refuse an unknown kind."""
    return refuse(f"there is no kind {text!r}{did_you_mean(nearest(text, kinds))} (kinds: {', '.join(kinds)})")


def listed(index: Index, kind: str | None = None) -> Iterator[Listed]:
    """List the components of the registries, each once under its canonical name."""
    for each, reference in kinds_of(index).items():
        if kind is None or kind == each:
            for source, name, component in _inside(index, reference):
                yield Listed(each, reference, source, name, component)


def _inside(index: Index, reference: str) -> Iterator[tuple[str, str, Component]]:
    registry = index.registry(reference)
    for component in registry.components:
        yield "", component.name, component
    for prefix, source in registry.sources:
        for _, name, component in _inside(index, source):
            yield prefix, f"{prefix}_{name}", component


def matches(pattern: str, entry: Listed) -> bool:
    """Match a spelling of a component by a glob, or by a part without wildcards; case-insensitive."""
    folded = pattern.casefold()
    if not _WILD.search(pattern):
        return any(folded in spelling.casefold() for spelling in entry.spellings)
    matching = re.compile(fnmatch.translate(folded)).match
    return any(matching(spelling.casefold()) for spelling in entry.spellings)


def by_name(index: Index, name: str, kind: str | None = None) -> list[Listed]:
    """Find the components of a name in any spelling; several if, say, a backbone and a decoder share it."""
    found: list[Listed] = []
    for each, reference in kinds_of(index).items():
        resolved = index.find(reference, name) if kind is None or kind == each else None
        if resolved is not None:
            prefixes = [prefix for prefix, _ in index.registry(reference).sources]
            source = next((one for one in prefixes if resolved.canonical.startswith(f"{one}_")), "")
            found.append(Listed(each, reference, source, resolved.canonical, resolved.component))
    return found


def nearest_names(index: Index, name: str, kind: str | None = None) -> tuple[str, ...]:
    """Find at most three names closest to an unknown one; after a wrong pretrained tag, existing tags."""
    references = [reference for each, reference in kinds_of(index).items() if kind is None or kind == each]
    names = {spelling: each for reference in references for spelling, each in index.spellings(reference).items()}
    architecture, dot, _ = name.partition(".")
    if dot and architecture in names:
        tagged = [spelling for spelling in names if spelling.startswith(f"{architecture}.")]
        return nearest(name, tagged) or tuple(tagged[:3])
    untagged = dict.fromkeys(spelling for spelling in names if "." not in spelling or dot)
    return nearest(name, untagged)


def file_of(component: Component) -> Path | None:
    """Find the file of a component's definition."""
    found = _read(component)
    return None if found is None else found[0]


def docstring_of(component: Component) -> str:
    """Read the docstring of a component's constructor from its file; the summary of the index if impossible."""
    found = _read(component)
    if found is None or component.line is None:
        return component.summary
    try:
        lines = found[1].decode().splitlines(keepends=True)
        block = inspect.getblock(lines[component.line - 1 :][:_MOST_LINES])
        statement = ast.parse(textwrap.dedent("".join(block))).body[0]
    except (OSError, ValueError, SyntaxError, IndexError):
        return component.summary
    if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return component.summary
    return (ast.get_docstring(statement) or component.summary).strip()


def _read(component: Component) -> tuple[Path, bytes] | None:
    """Find and read the file of a component's definition."""
    if component.file is None:
        return None
    package = component.file.partition("/")[0].removesuffix(".py")
    try:
        spec = find_spec(package)  # of a package by itself: nothing is imported
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    file = (home.parent if spec.submodule_search_locations else home) / component.file
    read: Callable[[str], bytes] | None = getattr(spec.loader, "get_data", None)  # also from a zip
    try:
        return None if read is None else (file, read(str(file)))
    except OSError:
        return None


def short_type(text: str) -> str:
    """Write a type without the modules of its names.

    Examples:
        >>> short_type("collections.abc.Sequence[int] | typing.Literal['a.b']")
        "Sequence[int] | Literal['a.b']"
    """
    return _MODULES.sub(lambda match: match[1] or "", text)


def written_type(each: Parameter) -> str:
    """Write the type and the default of a parameter."""
    required = "" if each.kind in STARS else " (required)"
    return short_type(each.accepts.text) + (required if each.default is None else f" = {each.default}")


def starred(each: Parameter, prefix: str = "") -> str:
    """Write the name of a parameter, with stars or else a prefix."""
    return STARS.get(each.kind, prefix) + each.name
