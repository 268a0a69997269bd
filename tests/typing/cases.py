"""Calls of the registries, right ones and wrong ones, made from the index with a seed: what type checkers are tried on.

Every call is one expression on one line, so that a checker's report of a line is a report of one case. The texts need
`import terraregistry.library`, the modules in `Case.imports`, and nothing else.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from terraregistry.index import ParameterKind

if TYPE_CHECKING:
    from terraregistry.index import Component, Index, Parameter

__all__ = ["Case", "Mistake", "right_cases", "wrong_cases"]


class Mistake(StrEnum):
    """What is wrong with a call."""

    NAME_TYPO = "name typo"
    ARGUMENT_TYPO = "argument typo"
    WRONG_TYPE = "wrong type"
    MISSING_ARGUMENT = "missing argument"
    TOO_MANY_POSITIONALS = "too many positionals"


@dataclass(frozen=True)
class Case:
    """A call.

    Attributes:
        call: The expression.
        product: The exact type that a right call gives.
        imports: The modules that the expression and its type need.
        mistake: What is wrong with it; None for a right call.
        name: The name that is built, as it is spelled in the call.
    """

    call: str
    product: str
    imports: tuple[str, ...]
    mistake: Mistake | None
    name: str

    def by_builder(self) -> Case:
        """Write the same call with a builder."""
        registry, method, rest = re.fullmatch(r"(.*?)\.(build|validate)\((.*)", self.call).groups()
        arguments = rest.removeprefix(repr(self.name)).removeprefix(", ")
        validate = ".validate" if method == "validate" else ""
        return replace(self, call=f"{registry}.builder({self.name!r}){validate}({arguments}")


_METHODS = ("build", "build", "build", "validate")
_REQUIRED = {
    "int": "8",
    "float": "2.0",
    "str": "'1x1'",
    "list[int]": "[8, 16]",
    "int | list[int]": "[8, 16]",
    "collections.abc.Sequence[int]": "(8, 16)",
}
"""A value for each type of a parameter that is required."""
_WRONG = {
    "bool": ("'yes'", "[True]", "3.5"),
    "int": ("'8'", "3.7", "[8]", "None"),
    "float": ("'0.1'", "[0.1]", "None"),
    "int | None": ("'8'", "3.7", "[8]"),
    "float | None": ("'0.1'", "[0.1]"),
    "bool | None": ("'yes'", "[True]"),
    "str | None": ("3", "['a']"),
    "list[int]": ("'8'", "8", "['8', '16']"),
    "tuple[int, ...] | None": ("'8'", "3.7", "('8',)"),
    "int | tuple[int, int] | None": ("'8'", "(1, 2, 3)"),
}
"""Values that do not fit a type."""


def right_cases(index: Index, count: int, seed: int = 0) -> list[Case]:
    """Draw calls that are right.

    Args:
        index: The index.
        count: How many, each of another name; names of every source are among them.
        seed: The seed.

    Returns:
        The cases.
    """
    chance = random.Random(seed)
    return [_right(chance, *each) for each in _draw(index, count, chance)]


def wrong_cases(index: Index, mistake: Mistake, count: int, seed: int = 0) -> list[Case]:
    """Draw calls with one mistake each.

    Args:
        index: The index.
        mistake: The mistake.
        count: How many.
        seed: The seed.

    Returns:
        The cases.
    """
    chance = random.Random(f"{mistake} {seed}")
    found: dict[str, Case] = {}
    rounds = 0
    while len(found) < count:
        rounds += 1
        if rounds > 50:
            raise AssertionError(f"only {len(found)} cases of {mistake}")
        for registry, name, component in _draw(index, count, chance):
            taken = index.spellings(f"terraregistry.library:{registry}").keys()
            case = _wrong(chance, mistake, registry, name, component, frozenset(taken))
            if case is not None and len(found) < count:
                found[case.call] = case
    return list(found.values())


def _draw(index: Index, count: int, chance: random.Random) -> list[tuple[str, str, Component]]:
    """Draw names: one in three of timm, the others of the other sources as long as there are any."""
    pools: dict[str, list[tuple[str, str, Component]]] = {}
    for each in index.registries:
        home, _, registry = each.reference.partition(":")
        if home != "terraregistry.library":
            continue
        for name, resolved in index.spellings(each.reference).items():
            library = resolved.component.library or ""
            pools.setdefault("timm" if library == "timm" else registry, []).append((registry, name, resolved.component))
    for pool in pools.values():
        chance.shuffle(pool)
    timm = pools.pop("timm")
    others = [each for pool in pools.values() for each in pool]
    chance.shuffle(others)
    chosen = others[: count - count // 3]
    chosen += timm[: count - len(chosen)]
    chance.shuffle(chosen)
    return chosen


def _right(chance: random.Random, registry: str, name: str, component: Component) -> Case:
    return _case(chance, registry, name, component, _arguments(chance, component), None)


def _case(
    chance: random.Random, registry: str, name: str, component: Component, arguments: list[str], wrong: Mistake | None
) -> Case:
    method = chance.choice(_METHODS)
    call = f"terraregistry.library.{registry}.{method}({', '.join([repr(name), *arguments])})"
    product = component.product.text
    if method == "validate":
        product = f"terraregistry.ComponentSpec[{product}]"
    return Case(call, product, component.product.imports, wrong, name)


def _arguments(chance: random.Random, component: Component, *, without: str = "", most: int = 4) -> list[str]:
    """Write arguments that fit: the required ones, and some others with their defaults as values."""
    required = [each for each in component.signature.parameters if _is_required(each) and each.name != without]
    optional = [each for each in component.signature.parameters if _literal(each) and each.name != without]
    chosen = chance.sample(optional, k=min(len(optional), chance.randint(0, most)))
    return [f"{each.name}={_value(each)}" for each in [*required, *chosen]]


def _is_required(parameter: Parameter) -> bool:
    starred = parameter.kind in (ParameterKind.VAR_POSITIONAL, ParameterKind.VAR_KEYWORD)
    return parameter.default is None and not starred


def _literal(parameter: Parameter) -> bool:
    return parameter.default not in (None, "...") and parameter.kind is not ParameterKind.POSITIONAL_ONLY


def _value(parameter: Parameter) -> str:
    return _REQUIRED[parameter.accepts.text] if parameter.default is None else parameter.default


def _wrong(
    chance: random.Random, mistake: Mistake, registry: str, name: str, component: Component, taken: frozenset[str]
) -> Case | None:
    arguments = _arguments(chance, component)
    if mistake is Mistake.NAME_TYPO:
        misspelt = _typo(chance, name)
        return None if misspelt in taken else _case(chance, registry, misspelt, component, arguments, mistake)
    if mistake is Mistake.ARGUMENT_TYPO:
        arguments = _with_typo(chance, component)
    elif mistake is Mistake.WRONG_TYPE:
        arguments = _with_wrong_type(chance, component)
    elif mistake is Mistake.MISSING_ARGUMENT:
        required = [each.name for each in component.signature.parameters if _is_required(each)]
        if not required:
            return None
        arguments = _arguments(chance, component, without=chance.choice(required))
        return _case(chance, registry, name, component, arguments, mistake)
    else:
        arguments = _with_one_too_many(component)
    return _case(chance, registry, name, component, arguments, mistake) if arguments else None


def _with_typo(chance: random.Random, component: Component) -> list[str]:
    if component.signature.is_open:
        return []
    names = {each.name for each in component.signature.parameters}
    known = [each for each in component.signature.parameters if _literal(each)]
    if not known:
        return []
    chosen = chance.choice(known)
    misspelt = _typo(chance, chosen.name)
    if misspelt in names or not misspelt.isidentifier():
        return []
    arguments = _arguments(chance, component, without=chosen.name)
    place = chance.randint(0, len(arguments))
    return [*arguments[:place], f"{misspelt}={chosen.default}", *arguments[place:]]


def _with_wrong_type(chance: random.Random, component: Component) -> list[str]:
    known = [each for each in component.signature.parameters if each.accepts.text in _WRONG]
    if not known:
        return []
    chosen = chance.choice(known)
    value = chance.choice(_WRONG[chosen.accepts.text])
    return [*_arguments(chance, component, without=chosen.name), f"{chosen.name}={value}"]


def _with_one_too_many(component: Component) -> list[str]:
    parameters = component.signature.parameters
    if any(each.kind is ParameterKind.VAR_POSITIONAL for each in parameters):
        return []
    by_position = [each for each in parameters if each.kind is ParameterKind.POSITIONAL_OR_KEYWORD]
    if any(each.default == "..." for each in by_position):
        return []
    return [*(_value(each) for each in by_position), "0"]


def _typo(chance: random.Random, word: str) -> str:
    """Leave out, double, swap or replace a character."""
    place = chance.randrange(1, len(word)) if len(word) > 1 else 0
    before, character, after = word[:place], word[place], word[place + 1 :]
    return chance.choice(
        [
            before + after,
            before + character * 2 + after,
            before + (after[:1] + character + after[1:] if after else "q"),
            before + "q" + after,
        ]
    )
