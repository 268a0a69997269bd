"""A model as a tree of its modules: the class, output shapes and number of parameters of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.text import Text
from rich.tree import Tree

from terraregistry.tools.model_parts import FoundPart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import nn

    from terraregistry.tools.model_parts import Part

__all__ = ["find_modules", "module_tree"]


def find_modules(model: nn.Module, depth: int) -> tuple[FoundPart, ...]:
    """List the modules of a model down to a depth, the model first."""
    named = cast("Iterator[tuple[str, nn.Module]]", model.named_modules(remove_duplicate=False))
    return tuple(
        FoundPart(path, type(module).__qualname__, None, module)
        for path, module in named
        if not path or path.count(".") < depth
    )


def module_tree(modules: Iterable[Part]) -> Tree:
    """Arrange modules as a tree."""
    root, *others = modules
    tree = Tree(_line(root, ""))
    branches = {"": tree}
    for part in others:
        parent, _, name = part.kind.rpartition(".")
        branches[part.kind] = branches[parent].add(_line(part, name))
    return tree


def _line(part: Part, name: str) -> Text:
    line = Text()
    if name:
        line.append(f"{name}: ", style="green")
    line.append(part.name, style="bold")
    line.append(f"  {part.parameters:,} parameters" if part.parameters else "  no parameters", style="cyan")
    shapes = ", ".join(map(str, part.shapes))
    line.append(f"  {shapes or 'not run'}", style="dim")
    return line
