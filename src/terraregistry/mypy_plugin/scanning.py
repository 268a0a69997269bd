"""Reading a source file's registrations from its syntax tree: nothing is imported or run."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from terraregistry.mypy_plugin.facts import FileFacts, Mounting, Registration, RegistryFact

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["dotted", "mentions_registries", "scan"]

_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_MENTIONS: Final = re.compile(rb"\.register(?:_lazy|_source)?\b|Registry\b")


def mentions_registries(data: bytes) -> bool:
    """Check at a glance if a file may make or change a registry.

    Args:
        data: Its contents.

    Returns:
        False only if it does not.
    """
    return _MENTIONS.search(data) is not None


def scan(data: bytes) -> FileFacts:
    """Read a file.

    Args:
        data: Its contents.

    Returns:
        Its facts about registries; empty for invalid Python.
    """
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return FileFacts()
    facts = FileFacts()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            _note_import(facts, node)
        elif isinstance(node, ast.ImportFrom):
            _note_import_from(facts, node)
    if mentions_registries(data):
        _Scanner(facts).visit(tree)
    return facts


def _note_import(facts: FileFacts, node: ast.Import) -> None:
    for alias in node.names:
        local = alias.asname or alias.name.partition(".")[0]
        facts.imports[local] = alias.name if alias.asname else local


def _note_import_from(facts: FileFacts, node: ast.ImportFrom) -> None:
    module = "." * node.level + (node.module or "")
    for alias in node.names:
        if alias.name == "*":
            facts.stars.append(module)
        else:
            joint = "" if module.endswith(".") else "."
            facts.imports[alias.asname or alias.name] = f"{module}{joint}{alias.name}"


def dotted(node: ast.expr | None) -> str | None:
    """Write a chain of names and attributes as text.

    Args:
        node: An expression.

    Returns:
        Such as `package.module.NAME`; None for any other expression.
    """
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return None if before is None else f"{before}.{node.attr}"
    return None


class _Scanner(ast.NodeVisitor):
    """Visitor of a file's statements, with its top-level constants and definitions."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._constants: dict[str, str] = {}
        self._definitions: dict[str, _Definition] = {}
        self._depth = 0
        self._decorators: set[int] = set()

    def visit_Module(self, node: ast.Module) -> None:
        for statement in ast.walk(node):
            if isinstance(statement, _Definition):
                self._decorators.update(id(each) for each in statement.decorator_list)
        for statement in _at_top(node.body):
            if isinstance(statement, _Definition):
                self._facts.defined.add(statement.name)
                self._definitions[statement.name] = statement
            for name, value in _assigned(statement):
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    self._constants[name] = value.value
                elif isinstance(value, ast.Call):
                    self._registry(name, value)
        self.generic_visit(node)

    def _registry(self, name: str, call: ast.Call) -> None:
        function = call.func.value if isinstance(call.func, ast.Subscript) else call.func
        cls = dotted(function)
        if cls is None or not cls.endswith("Registry"):
            return
        self._facts.registries.append(RegistryFact(name, cls))
        for keyword in call.keywords:  # constructors of a Registry, sources of a MultiSourceRegistry
            self._facts.mountings.append(Mounting(name, keyword.arg, dotted(keyword.value)))

    def _definition(self, node: _Definition) -> None:
        for decorator in node.decorator_list:
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(function, ast.Attribute) and function.attr == "register":
                names = self._names(decorator.keywords if isinstance(decorator, ast.Call) else [], node.name)
                self._note(function.value, names, node.name if not self._depth else None)
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = _definition  # noqa: N815 - as above

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        function = node.func
        if not isinstance(function, ast.Attribute) or id(node) in self._decorators:
            return
        if function.attr == "register_lazy" and node.args:
            reference = self._text(node.args[1]) if len(node.args) > 1 else self._keyword(node, "reference")
            names = self._names([*node.keywords, ast.keyword("name", node.args[0])], None)
            self._note(function.value, names, reference)
        elif function.attr == "register_source":
            self._mount(function.value, node, ("prefix", "source"))
        elif function.attr == "register" and (len(node.args) == 2 or any(k.arg == "prefix" for k in node.keywords)):
            self._mount(function.value, node, ("source", "prefix"))
        elif function.attr == "register" and not node.args:  # what comes back is called later, or elsewhere
            self._note(function.value, self._names(node.keywords, None), None)
        elif function.attr == "register" and len(node.args) == 1:
            target = dotted(node.args[0])
            own = None if target is None else self._facts.imports.get(target, target).rpartition(".")[2]
            self._note(function.value, self._names(node.keywords, own), target)

    def _keyword(self, node: ast.Call, name: str) -> str | None:
        return next((self._text(each.value) for each in node.keywords if each.arg == name), None)

    def _mount(self, receiver: ast.expr, node: ast.Call, order: tuple[str, str]) -> None:
        given = dict(zip(order, node.args, strict=False)) | {each.arg: each.value for each in node.keywords if each.arg}
        registry = dotted(receiver)
        if registry is not None:
            prefix = given.get("prefix")
            found = None if prefix is None else self._text(prefix)
            self._facts.mountings.append(Mounting(registry, found, dotted(given.get("source"))))

    def _names(self, keywords: list[ast.keyword], default: str | None) -> tuple[str, ...] | None:
        given = {each.arg: each.value for each in keywords}
        if None in given:  # **options may hold a name
            return None
        name = self._text(given["name"]) if "name" in given else default
        if name is None:
            return None
        aliases = given.get("aliases")
        if aliases is None:
            return (name,)
        listed = aliases.elts if isinstance(aliases, (ast.Tuple, ast.List, ast.Set)) else [aliases]
        others = [self._text(each) for each in listed]
        return (name, *(each for each in others if each is not None)) if None not in others else None

    def _text(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        return self._constants.get(node.id) if isinstance(node, ast.Name) else None

    def _note(self, receiver: ast.expr, names: tuple[str, ...] | None, target: str | None) -> None:
        registry = dotted(receiver)
        if registry is not None:
            definition = self._definitions.get(target or "")
            shape = "" if definition is None else _shape(definition)
            self._facts.registrations.append(Registration(registry, names, target, shape))


def _at_top(body: Iterable[ast.stmt]) -> Iterable[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            yield from _at_top([*statement.body, *statement.orelse])
        elif isinstance(statement, ast.Try):
            yield from _at_top([*statement.body, *(each for h in statement.handlers for each in h.body)])
        elif isinstance(statement, ast.With):
            yield from _at_top(statement.body)


def _assigned(statement: ast.stmt) -> Iterable[tuple[str, ast.expr]]:
    if isinstance(statement, ast.Assign):
        yield from ((each.id, statement.value) for each in statement.targets if isinstance(each, ast.Name))
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        yield statement.target.id, statement.value


def _shape(node: _Definition) -> str:
    """Write the parameters of a class or function, without its body."""
    if not isinstance(node, ast.ClassDef):
        return f"{ast.unparse(node.args)} -> {ast.unparse(node.returns) if node.returns else ''}"
    inner = [
        each for each in node.body if not isinstance(each, ast.FunctionDef) or each.name in ("__init__", "__new__")
    ]
    bases = ", ".join(map(ast.unparse, [*node.bases, *(each.value for each in node.keywords)]))
    shapes = [_shape(each) if isinstance(each, ast.FunctionDef) else ast.unparse(each) for each in inner]
    return f"{bases}: {shapes}"
