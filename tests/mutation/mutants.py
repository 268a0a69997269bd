"""The mutants of a module: mutmut says what they are, and writes the source of each."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import get_ignored_lines

if TYPE_CHECKING:
    from pathlib import Path

    from mutmut.mutation.file_mutation import Mutation


@dataclass(frozen=True)
class Mutant:
    """One change of one function or method.

    Attributes:
        path: The file.
        function: The qualified name of the function at the top of the module or of a class there.
        lines: The lines of the function.
        changed: The lines of what is changed.
    """

    path: Path
    function: str
    lines: range
    changed: range
    _module: cst.Module
    _mutation: Mutation

    @cached_property
    def source(self) -> str:
        """The source of the whole module with the change."""
        changed = deep_replace(self._module, self._mutation.original_node, self._mutation.mutated_node)
        assert isinstance(changed, cst.Module)
        return changed.code

    @cached_property
    def change(self) -> tuple[str, str]:
        """What the changed lines say before and after: the name of the mutant, which it keeps while other lines move."""
        was, now = self._module.code.splitlines(), self.source.splitlines()
        blocks = [each for each in SequenceMatcher(None, was, now, autojunk=False).get_opcodes() if each[0] != "equal"]
        if not blocks:
            return "", ""
        return _joined(was[blocks[0][1] : blocks[-1][2]]), _joined(now[blocks[0][3] : blocks[-1][4]])

    def __str__(self) -> str:
        return f"{self.path}:{self.changed.start}: {self.function}\n    - {self.change[0]}\n    + {self.change[1]}"


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


class _Mutations(MutationVisitor):
    """mutmut's, of decorated functions too: here no trampoline has to stand in for the function."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and node.decorators:
            return any(_named(each.decorator, "overload") for each in node.decorators)
        return super()._skip_node_and_children(node)

    def _create_mutations(self, node: cst.CSTNode) -> None:
        # The type that is cast to is there for the type checkers alone.
        if not (isinstance(node, cst.Call) and _named(node.func, "cast")):
            super()._create_mutations(node)

    def on_visit(self, node: cst.CSTNode) -> bool:
        visit = super().on_visit(node)
        if visit and isinstance(node, cst.Call) and _named(node.func, "cast"):
            node.args[1].visit(self)
            return False
        return visit


def _named(node: cst.BaseExpression, name: str) -> bool:
    """Say whether this is a name, or that name in a module."""
    last = node.attr if isinstance(node, cst.Attribute) else node
    return isinstance(last, cst.Name) and last.value == name


def _functions(module: cst.Module) -> dict[cst.CSTNode, str]:
    """Give the names of the functions that are mutated: those of the module, and those of its classes."""
    names: dict[cst.CSTNode, str] = {}
    for node in module.body:
        if isinstance(node, cst.FunctionDef):
            names[node] = node.name.value
        elif isinstance(node, cst.ClassDef):
            names |= {
                each: f"{node.name.value}.{each.name.value}"
                for each in node.body.body
                if isinstance(each, cst.FunctionDef)
            }
    return names


def mutants_of(path: Path) -> list[Mutant]:
    """Give the mutants of the functions of a file."""
    source = path.read_text("utf-8")
    wrapper = MetadataWrapper(cst.parse_module(source))
    mutations = _Mutations(mutation_operators, get_ignored_lines(str(path), source, wrapper))
    module = wrapper.visit(mutations)
    positions = wrapper.resolve(PositionProvider)

    def lines(node: cst.CSTNode) -> range:
        place = positions[node]
        return range(place.start.line, place.end.line + 1)

    names = _functions(module)
    return [
        Mutant(path, names[function], lines(function), lines(mutation.original_node), module, mutation)
        for mutation in mutations.mutations
        if (function := mutation.contained_by_top_level_function) in names
    ]
