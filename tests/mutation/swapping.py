"""Putting a mutant into the running program: its functions get other code, wherever they are held."""

from __future__ import annotations

import ast
import functools
import gc
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class UnchangedError(Exception):
    """The mutant compiles to what was there."""


class AbsentError(Exception):
    """There is no function of that name in the running program."""


class Swapper:
    """The functions of the library that there are, by the place of their code.

    Nothing is imported or decorated again, and no frame is added: what is decorated, held or inspected stays what it was.
    """

    def __init__(self, package: Path) -> None:
        self._functions: dict[tuple[str, str, int], list[FunctionType]] = {}
        self._caches: list[functools._lru_cache_wrapper[object]] = []
        # By `type`: what tests leave behind may raise when it is asked for its class.
        for each in gc.get_objects():
            if type(each) is functools._lru_cache_wrapper:
                if str(each.__module__).startswith("terraregistry"):
                    self._caches.append(each)
            elif type(each) is FunctionType and each.__code__.co_filename.startswith(str(package)):
                self._functions.setdefault(_place(each.__code__), []).append(each)

    def swap(self, path: Path, function: str, source: str, *, changed: bool = True) -> None:
        """Give the functions of a name in a file the code of a mutant, and its defaults.

        Args:
            path: The file.
            function: The qualified name.
            source: The source of the whole file.
            changed: Whether it has to mean something else than what was there.

        Raises:
            SyntaxError: The mutant is no Python.
            UnchangedError: It means what was there before.
            AbsentError: Nothing has its place in the running program.
        """
        file = str(path.resolve())
        before, after = ast.parse(path.read_text("utf-8")), ast.parse(source)
        _keep_closures(before, after)
        was, now = _Compiled(before, file, function), _Compiled(after, file, function)
        if changed and was.outer == now.outer and was.defaults == now.defaults:
            raise UnchangedError
        if not any(_place(old) in self._functions for old in was.outer):
            raise AbsentError(function)
        pairs = [*zip(was.outer, now.outer, strict=True)]
        if len(was.inner) == len(now.inner):
            pairs += zip(was.inner, now.inner, strict=True)
        for old, new in pairs:
            for each in self._functions.get(_place(old), ()):
                each.__code__ = new
        for old, defaults, others in zip(was.outer, was.defaults, now.defaults, strict=True):
            if defaults != others:
                for each in self._functions[_place(old)]:
                    _set_default(each, defaults, others)
        self.forget()

    def forget(self, package: str = "terraregistry") -> None:
        """Empty the caches of the library, or of a part of it: what was made before is made again."""
        for cache in self._caches:
            if str(cache.__module__).startswith(package):
                cache.cache_clear()


class _Compiled:
    """The code of the functions that have one qualified name in a source, several where there are overloads."""

    def __init__(self, tree: ast.Module, file: str, function: str) -> None:
        module = compile(tree, file, "exec", dont_inherit=True)
        self.outer = [each for each in _codes(module) if each.co_qualname == function]
        self.inner = [inner for each in self.outer for inner in _codes(each)]
        *classes, name = function.split(".")
        body = tree.body
        for owner in classes:
            [body] = [each.body for each in body if isinstance(each, ast.ClassDef) and each.name == owner]
        self.defaults = [
            {name: ast.unparse(default) for name, default in _defaults(each.args)}
            for each in body
            if isinstance(each, ast.FunctionDef) and each.name == name
        ]


def _keep_closures(before: ast.Module, after: ast.Module) -> None:
    """Have the functions of a mutant mention the variables that they read no more, where nothing runs.

    A function that there is has one cell for each variable of the functions around it that it reads, and takes no other code.
    """
    functions, mutants = _functions(before), _functions(after)
    if len(functions) != len(mutants):
        return
    for old, new in zip(functions, mutants, strict=True):
        lost = sorted(_read(old) - _read(new))
        mention = ast.Tuple([ast.Name(name, ast.Load()) for name in lost], ast.Load())
        if not lost:
            continue
        if isinstance(new, ast.Lambda):
            new.body = ast.IfExp(ast.Constant(True), new.body, mention)
        else:
            new.body.append(ast.If(ast.Constant(False), [ast.Expr(mention)], []))
        ast.fix_missing_locations(new)


def _functions(tree: ast.Module) -> list[ast.FunctionDef | ast.Lambda]:
    return [each for each in ast.walk(tree) if isinstance(each, (ast.FunctionDef, ast.Lambda))]


def _read(tree: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}


def _place(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    for argument, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        yield argument.arg, default
    for argument, default_or_none in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default_or_none is not None:
            yield argument.arg, default_or_none


def _set_default(function: FunctionType, before: dict[str, str], after: dict[str, str]) -> None:
    positional = function.__code__.co_varnames[: function.__code__.co_argcount]
    for name in after:
        if before[name] != after[name]:
            value = ast.literal_eval(after[name])
            if name in positional:
                defaults = [*(function.__defaults__ or ())]
                defaults[positional.index(name) - len(positional)] = value
                function.__defaults__ = tuple(defaults)
            else:
                function.__kwdefaults__ = {**(function.__kwdefaults__ or {}), name: value}
