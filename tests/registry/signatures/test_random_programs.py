"""Effective signatures against what really happens: random programs that forward their arguments, written to files and called.

Each program is a chain of functions and classes that pass `**kwargs` on in all the ways that people write. It is called with every
subset of a pool of names, and each call tells whether the names were taken, refused, or lost without anybody reading them. The
effective signature, which is read from the source alone, has to say the same.
"""

from __future__ import annotations

import importlib.util
import inspect
import itertools
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from terraregistry.registry.signatures import OPAQUE, effective_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

NAMES = ("alpha", "beta", "gamma", "delta", "omega")
SUBSETS = [frozenset(names) for size in range(len(NAMES) + 1) for names in itertools.combinations(NAMES, size)]
FLAGS = 3
POSITIONS = range(4)
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
REFUSALS = (TypeError, KeyError, AssertionError)

PRELUDE = f"""
import functools

FLAGS = [False] * {FLAGS}
SEEN = []
KEPT = []


def saw(*values):
    SEEN.extend(values)


def take_out(options, name, *, times=1):
    saw(options.pop(name, 0))


def put_under(options, name, value):
    saw(options.setdefault(name, value))


def fill_in(options, name, value):
    if name in options:
        return saw(options[name])
    options[name] = value

"""


# -- writing programs --


@dataclass
class Thing:
    """Something in the program that can be called."""

    expression: str
    positional: int
    names: frozenset[str]
    is_class: bool = False


@dataclass
class Program:
    source: str
    entry: str
    flags: int
    may_be_open: bool
    is_exact: bool


@dataclass
class Body:
    """Where statements are being written: the arguments that are at hand there."""

    own: list[str]
    star: bool
    method_of: str | None = None
    bases: list[Thing] = field(default_factory=list)
    methods: list[Thing] = field(default_factory=list)


class Author:
    """Writes one program."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.things: list[Thing] = []
        self.flags = 0
        self.may_be_open = False
        self.is_exact = True
        self.count = 0

    def choose(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def maybe(self) -> bool:
        return bool(self.draw(st.booleans()))

    def number(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def flag(self) -> str:
        self.is_exact &= self.flags < FLAGS  # conditions are not evaluated: the same one again may come out otherwise
        self.flags = min(self.flags + 1, FLAGS)
        return f"FLAGS[{self.flags - 1}]"

    # -- parameters --

    def parameters(self, most: int = 3) -> tuple[list[str], list[str], int]:
        """Names, their texts for positional and for keyword-only ones, and how many are positional."""
        names = self.draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=most))
        positional = self.number(0, len(names))
        required = self.number(0, positional)
        texts = [name if index < required else f"{name}=0" for index, name in enumerate(names[:positional])]
        texts += [self.choose(name, f"{name}=0") for name in names[positional:]]
        return names, texts, positional

    @staticmethod
    def header(
        first: str, texts: list[str], positional: int, *, star: bool, kwargs: bool, by_position_only: bool = False
    ) -> str:
        parts = [first] if first else []
        parts += texts[:positional]
        parts += ["/"] if by_position_only and positional else []
        parts += ["*args"] if star else ["*"] if texts[positional:] else []
        parts += texts[positional:]
        parts += ["**kwargs"] if kwargs else []
        return ", ".join(parts)

    # -- leaves --

    def leaf(self) -> None:
        names, texts, positional = self.parameters()
        header = self.header("", texts, positional, star=False, kwargs=False)
        inside = self.header("self", texts, positional, star=False, kwargs=False)
        saw = f"saw({', '.join(names)})"
        kind = self.choose("function", "class", "new", "another", "dataclass", "static", "class method", "instance")
        name = self.fresh("leaf" if kind == "function" else "Leaf")
        expression, is_class = name, kind in ("class", "new")
        if kind == "function":
            self.lines += [f"def {name}({header}):", f"    {saw}"]
        elif kind == "class":
            self.lines += [f"class {name}:", f"    def __init__({inside}):", f"        {saw}"]
        elif kind == "new":
            inside = inside.replace("self", "cls", 1)
            self.lines += [f"class {name}:", f"    def __new__({inside}):", f"        {saw}"]
            self.lines += ["        return super().__new__(cls)"]
            is_class = False  # its __new__ is not what super().__init__ reaches
        elif kind == "another":  # Python does not call its __init__
            inside = inside.replace("self", "cls", 1)
            self.lines += [f"class {name}:", f"    def __new__({inside}):", f"        {saw}"]
            self.lines += [f"        return {self.choose('{}', 'dict()', 'None')}"]
            self.lines += ["    def __init__(self):", "        saw()"]
        elif kind == "dataclass":
            fields = [text if "=" in text else f"{text}: int" for text in texts[:positional]]
            fields = [text.replace("=", ": int = ") if "=" in text else text for text in fields]
            names = names[:positional]
            self.lines += ["import dataclasses", "@dataclasses.dataclass", f"class {name}:"]
            self.lines += [f"    {text}" for text in fields]
            self.lines += [
                "    def __post_init__(self):",
                f"        saw({', '.join('self.' + each for each in names)})",
            ]
        elif kind == "instance":
            self.lines += [
                f"class {name}:",
                f"    def __call__({inside}):",
                f"        {saw}",
                f"call_{name} = {name}()",
            ]
            expression = f"call_{name}"
        elif kind == "static":
            self.lines += [f"class {name}:", "    @staticmethod", f"    def make({header}):", f"        {saw}"]
            expression = f"{name}.make"
        else:
            inside = inside.replace("self", "cls", 1)
            self.lines += [f"class {name}:", "    @classmethod", f"    def make({inside}):", f"        {saw}"]
            expression = f"{name}.make"
        self.things.append(Thing(expression, positional, frozenset(names), is_class))

    # -- expressions --

    def given(self, thing: Thing) -> str:
        """A dictionary display of a few names that the thing knows."""
        names = self.draw(st.lists(st.sampled_from(sorted(thing.names) or NAMES[:1]), unique=True, max_size=2))
        if self.maybe():
            return "{" + ", ".join(f'"{name}": 0' for name in names) + "}"
        return f"dict({', '.join(f'{name}=0' for name in names)})"

    def carrier(self, thing: Thing, before: list[str], of: str = "kwargs", depth: int = 0) -> str:
        """An expression that is the arguments, or made of them; statements that it needs go into `before`."""
        kind = self.choose("plain", "plain", "dict under", "dict over", "dict fixed", "display under", "display over",
                           "union under", "union over", "copy", "variable", "updated")  # fmt: skip
        inner = of if depth or kind in ("plain", "variable", "updated", "copy") else self.carrier(thing, before, of, 1)
        name = self.choose(*(sorted(thing.names) or NAMES))
        if kind == "plain" or (depth and kind in ("variable", "updated")):
            return inner
        if kind == "dict under":
            return f"dict({self.variable(self.given(thing), before)}, **{inner})"
        if kind == "dict over":
            return f"dict({inner}, {name}=0)"
        if kind == "dict fixed":
            return f"dict({name}=0, **{inner})"
        if kind == "display under":
            return f"{{**{self.variable(self.given(thing), before)}, **{inner}}}"
        if kind == "display over":
            return f'{{**{inner}, "{name}": 0}}'
        if kind == "union under":
            return f"({self.variable(self.given(thing), before)} | {inner})"
        if kind == "union over":
            return f"({inner} | {self.variable(self.given(thing), before)})"
        if kind == "copy":
            return f"{of}.copy()"
        variable = self.fresh("options")
        if kind == "updated":
            before += [f"{variable} = {self.given(thing)}", f"{variable}.update({inner})"]
        else:
            before.append(f"{variable} = {self.carrier(thing, before, of, 1)}")
        return variable

    def variable(self, expression: str, before: list[str]) -> str:
        """The expression itself, or a variable that holds it, perhaps changed afterwards."""
        kind = self.choose("as it is", "as it is", "variable", "changed")
        if kind == "as it is":
            return expression
        name = self.fresh("defaults")
        before.append(f"{name} = {expression}")
        if kind == "changed":
            before.append(f'{name}["{self.choose(*NAMES)}"] = 0')
        return name

    def call(self, body: Body) -> list[str]:
        """Statements that end in an expression which passes the arguments on."""
        kinds = ["thing", "thing"]
        kinds += ["super", "super", "super of", "base"] if body.bases else []
        kinds += ["method"] if body.methods else []
        kind = self.choose(*kinds)
        first: list[str] = []
        if kind in ("super", "super of", "base"):
            thing = self.choose(*body.bases)
            callee = {
                "super": "super().__init__",
                "super of": f"super({body.method_of}, self).__init__",
                "base": f"{thing.expression}.__init__",
            }[kind]
            first = ["self"] if kind == "base" else []
            thing = thing if kind == "base" else body.bases[0]
        elif kind == "method":
            thing = self.choose(*body.methods)
            callee = thing.expression
        else:
            thing = self.choose(*self.things)
            callee = thing.expression
        before: list[str] = []
        if callee == thing.expression and kind == "thing" and self.number(0, 5) == 5:
            callee = self.one_of_two(callee, before)
        positional = self.number(0, min(thing.positional, 2)) if self.maybe() else 0
        values = [self.choose("0", *body.own) for _ in range(positional)]
        fixed = self.draw(st.lists(st.sampled_from(sorted(thing.names) or NAMES[:1]), unique=True, max_size=1))
        fixed = fixed if self.maybe() and thing.names else []
        passed = ["*args"] if body.star else []
        arguments = [*first, *values, *passed, *(f"{name}={self.choose('0', *body.own)}" for name in fixed)]
        arguments.append("**" + self.carrier(thing, before))
        return [*before, f"{callee}({', '.join(arguments)})"]

    def one_of_two(self, callee: str, before: list[str]) -> str:
        """An expression that is one of two things that can be called."""
        other = self.choose(*self.things).expression
        kind = self.choose("expression", "variable", "branches")
        if kind == "expression":
            return f"({callee} if {self.flag()} else {other})"
        name = self.fresh("callee")
        if kind == "variable":
            before.append(f"{name} = {callee} if {self.flag()} else {other}")
        else:
            before += [f"if {self.flag()}:", f"    {name} = {callee}", "else:", f"    {name} = {other}"]
        return name

    # -- statements --

    def touch(self) -> list[str]:
        """A statement that reads or changes the arguments, perhaps only under a condition."""
        name, other = self.choose(*NAMES), self.choose(*NAMES)
        statement = self.choose(
            f'saw(kwargs.pop("{name}", 0))',
            f'saw(kwargs.get("{name}", 0))',
            f'saw(kwargs.setdefault("{name}", 0))',
            f'kwargs["{name}"] = 0',
            f"kwargs.update({name}=0)",
            f'kwargs.update({{"{name}": 0}})',
            f'kwargs |= {{"{name}": 0}}',
            f'kwargs |= {{"{name}": saw(kwargs.pop("{other}", 0))}}',
            f'kwargs.update({{"{name}": saw(kwargs.pop("{other}", 0))}})',
            f"rest = dict(kwargs, {name}=0)\nrest.update(kwargs)\nkwargs = rest",
            f"kwargs = {{**dict(kwargs, {name}=0), **kwargs}}",
            f'rest = kwargs.copy()\nsaw(rest.pop("{name}", 0))\nkwargs = {{**rest, **kwargs}}',
            f'saw(kwargs["{name}"])',
            f'saw(kwargs.pop("{name}"))',
            f'if "{name}" in kwargs:\n    saw(kwargs["{name}"])',
            f'if "{name}" in kwargs:\n    saw(kwargs.pop("{name}"))',
            f'saw(kwargs.get("{name}"))\nif "{name}" not in kwargs:\n    kwargs["{name}"] = 0',
            f'saw(kwargs.get("{name}", 0))\nkwargs["{name}"] = 0',
            f'saw(kwargs.get("{name}"))\nkwargs = {{**kwargs, "{name}": 0}}',
            f'if "{name}" in kwargs and kwargs["{name}"]:\n    saw(kwargs.pop("{name}"))\nelse:\n    kwargs["{name}"] = 0',
            "kwargs = kwargs or {}",
            "kwargs = dict(kwargs)",
            f'del kwargs["{name}"]',
            f'saw(value := kwargs.get("{name}", 0))',
            f'take_out(kwargs, "{name}")',
            f'take_out(name="{name}", options=kwargs)',
            f'put_under(kwargs, "{name}", 0)',
            f'fill_in(kwargs, "{name}", 0)',
            f'for key in ("{name}", "{other}"):\n    saw(kwargs.pop(key, 0))',
            f'for key, value in {{"{name}": 0, "{other}": 0}}.items():\n    take_out(kwargs, key)',
            f'for key in ["{name}", "{other}"]:\n    if key not in kwargs:\n        continue\n    saw(kwargs.pop(key))',
            f'for key in ["{name}", "{other}"]:\n    if key in kwargs:\n        break\n    kwargs[key] = 0',
            "kwargs = {key: value for key, value in kwargs.items()}",
            f"kwargs = dict(list(dict({name}=0).items()) + list(kwargs.items()))",
        ).split("\n")
        # What is true after these depends on more than the flags.
        self.is_exact &= not any(word in line for word in ("else:", "fill_in", "break") for line in statement)
        self.may_be_open |= any("in kwargs.items()" in line for line in statement)
        return self.under([f"if {self.flag()}:"], statement) if self.number(0, 4) == 4 else statement

    @staticmethod
    def under(head: list[str], statements: list[str]) -> list[str]:
        return [*head, *("    " + statement for statement in statements)]

    def statements(self, body: Body) -> list[str]:
        saw = [f"saw({', '.join([*body.own, *(['*args'] if body.star else [])])})"]
        # A name that is taken out and can come by position as well is two parameters: no signature can say that.
        return [*saw, *self.touches(body), *self.ending(body)]

    def touches(self, body: Body) -> list[str]:
        return [line for _ in range(0 if body.star else self.number(0, 2)) for line in self.touch()]

    def ending(self, body: Body) -> list[str]:
        kind = self.choose("call", "call", "call", "return", "two", "if", "early", "expression", "loop", "try", "guard",
                           "guard not", "assert", "swallow", "escape", "inner", "lambda", "comprehension", "walrus",
                           "prepared", "except", "match")  # fmt: skip
        if kind == "call":
            return self.call(body)
        if kind == "return":
            return self.returned(self.call(body))
        if kind == "two":
            return [*self.call(body), *self.call(body)]
        if kind == "if":
            head = f"if {self.flag()}:"
            branches = [*self.under([head], [*self.touches(body), *self.call(body)])]
            if self.maybe():
                branches += self.under([f"elif {self.flag()}:"], self.call(body))
            return [*branches, *self.under(["else:"], self.call(body))]
        if kind == "early":
            head = [f"if {self.flag()}:"]
            between = self.call(body) if self.maybe() else []
            return [*self.under(head, self.returned(self.call(body))), *between, *self.returned(self.call(body))]
        if kind == "expression":
            *before, one = self.call(body)
            *further, other = self.call(body)
            return [*before, *further, f"return {one} if {self.flag()} else {other}"] if not body.method_of else [
                *before, *further, f"{one} if {self.flag()} else {other}"]  # fmt: skip
        if kind == "loop":
            return self.under(["for _ in range(2):"], self.call(body))
        if kind == "try":
            return [*self.under(["try:"], self.call(body)), *self.under(["finally:"], ["saw()"])]
        if kind in ("inner", "lambda", "comprehension", "walrus"):
            *before, call = self.call(body)
            if body.method_of and "super()" in call:
                return [*before, call]
            inner = self.fresh("inner")
            arguments = self.choose("", "", "**kwargs")
            last = {
                "inner": [f"def {inner}({arguments}):", f"    return {call}", f"{inner}()"],
                "lambda": [f"(lambda: {call})()"],
                "comprehension": [f"[{call} for _ in range(2)]"],
                "walrus": [f"saw(made := {call})"],
            }[kind]
            return [*before, *last]
        if kind == "prepared":
            self.is_exact = False  # what is prepared may be given the rest later
            *before, call = self.call(body)
            callee, _, arguments = call.partition("(") if not call.startswith(("super", "(")) else ("", "", "")
            return [*before, f"functools.partial({callee}, {arguments}()" if callee else call]
        if kind == "except":
            self.is_exact = False  # whether the second call is ever made depends on how the first can fail
            handler = ["except (TypeError, KeyError, AssertionError):"]
            return [*self.under(["try:"], self.call(body)), *self.under(handler, self.call(body))]
        if kind == "match":
            cases = [*self.under(["case True:"], self.call(body)), *self.under(["case _:"], self.call(body))]
            return self.under([f"match {self.flag()}:"], cases)
        if kind == "guard":
            return ["if kwargs:", "    message = f'unexpected {list(kwargs)}'", "    raise TypeError(message)"]
        if kind == "guard not":
            return ["if len(kwargs) > 0:", "    raise TypeError(f'unexpected {kwargs}')"]
        if kind == "assert":
            return ["assert not kwargs, f'unexpected {kwargs}'"]
        if kind == "escape":
            self.may_be_open = True
            return [self.choose("KEPT.append(kwargs)", "KEPT.append(dict(**kwargs))", "self_ = [{**kwargs}]"),
                    "saw(*kwargs.values())"]  # fmt: skip
        return ["pass"]

    @staticmethod
    def returned(statements: list[str]) -> list[str]:
        return [*statements[:-1], statements[-1] if statements[-1] == "pass" else f"return {statements[-1]}"]

    # -- what forwards --

    def forwarder(self) -> None:
        kinds = [
            "function",
            "function",
            "class",
            "class",
            "partial",
            "wrapper",
            "wraps",
            "passed",
            "maker",
            "decorated",
        ]
        kind = self.choose(*kinds)
        if kind == "partial":
            self.partial()
        elif kind in ("wrapper", "wraps"):
            self.wrapper(wraps=kind == "wraps")
        elif kind == "passed":
            self.passed()
        elif kind == "maker":
            self.maker()
        elif kind == "function":
            self.function()
        else:
            self.klass(decorated=kind == "decorated")

    def known(self, names: list[str]) -> frozenset[str]:
        return frozenset(names).union(*(thing.names for thing in self.things))

    def function(self) -> None:
        names, texts, positional = self.parameters(2)
        star = self.maybe() and self.maybe()
        name = self.fresh("function")
        by_position_only = self.number(0, 7) == 7
        header = self.header("", texts, positional, star=star, kwargs=True, by_position_only=by_position_only)
        self.lines += self.under([f"def {name}({header}):"], self.statements(Body(names, star)))
        self.things.append(Thing(name, positional, self.known(names)))

    def klass(self, *, decorated: bool) -> None:
        names, texts, positional = self.parameters(2)
        star = not decorated and self.maybe() and self.maybe()
        classes = [thing for thing in self.things if thing.is_class]
        bases = (
            self.draw(st.lists(st.sampled_from(classes), unique_by=lambda base: base.expression, max_size=2))
            if classes
            else []
        )
        name = self.fresh("Class")
        header = self.header("self", texts, positional, star=star, kwargs=True)
        head = [f"class {name}({', '.join(base.expression for base in bases)}):"]
        inside: list[str] = []
        body = Body(names, star, name, bases)
        if self.maybe() and not decorated:
            set_up = self.parameters(2)
            setup = self.header("self", set_up[1], set_up[2], star=False, kwargs=False)
            inside += [f"def set_up({setup}):", f"    saw({', '.join(set_up[0])})"]
            body.methods.append(Thing("self.set_up", set_up[2], frozenset(set_up[0])))
        if decorated:
            wrapper = self.fresh("decorator")
            first = self.choose("", "self, ")
            self.lines += [f"def {wrapper}(function):", "    @functools.wraps(function)" if self.maybe() else "    #",
                           f"    def wrapper({first}*args, **kwargs):", f"        return function({first}*args, **kwargs)",
                           "    return wrapper"]  # fmt: skip
            inside.append(f"@{wrapper}")
        statements = [
            line.replace("return ", "", 1) if line.lstrip().startswith("return ") else line
            for line in self.statements(body)
        ]
        # Without its `return`, an early return is two calls one after the other: that is fine as well.
        inside += self.under([f"def __init__({header}):"], statements)
        if self.number(0, 3) == 3:
            inside += self.under(["@classmethod", "def make(cls, **kwargs):"], self.making(names))
            self.things.append(Thing(f"{name}.make", 0, self.known(names)))
        self.lines += self.under(head, inside)
        self.things.append(Thing(name, positional, self.known(names), is_class=True))

    def making(self, names: list[str]) -> list[str]:
        thing = Thing("cls", 0, frozenset(names))
        before: list[str] = []
        carrier = self.carrier(thing, before)
        return [*before, f"return cls(**{carrier})"]

    def partial(self) -> None:
        thing = self.choose(*self.things)
        name = self.fresh("partial")
        values = ["0"] * self.number(0, min(1, thing.positional))
        fixed = self.draw(st.lists(st.sampled_from(sorted(thing.names) or NAMES[:1]), unique=True, max_size=2))
        arguments = [thing.expression, *values, *(f"{each}=0" for each in fixed if thing.names)]
        self.lines.append(f"{name} = functools.partial({', '.join(arguments)})")
        self.things.append(Thing(name, thing.positional - len(values), thing.names))

    def wrapper(self, *, wraps: bool) -> None:
        thing = self.choose(*self.things)
        name = self.fresh("wrapped")
        fixed = f"{self.choose(*sorted(thing.names))}=0, " if thing.names and self.maybe() and self.maybe() else ""
        values = "0, " if thing.positional and self.maybe() and self.maybe() and not wraps else ""
        body = [f"        return function({values}*args, {fixed}**kwargs)"]
        if wraps and self.number(0, 3) == 3:  # it takes more than it wraps
            self.may_be_open = True
            fixed, known = "", sorted(thing.names)
            body = [f"        saw(*[value for key, value in kwargs.items() if key not in {known}])"]
            body += [f"        return function(*args, **{{key: kwargs[key] for key in kwargs if key in {known}}})"]
        self.lines += [
            f"def make_{name}(function):",
            "    @functools.wraps(function)" if wraps and not fixed else "    #",
            "    def inner(*args, **kwargs):",
            *body,
            "    return inner",
            f"{name} = make_{name}({thing.expression})",
        ]
        self.things.append(Thing(name, thing.positional - len(values[:1]), thing.names))

    def passed(self) -> None:
        """The callee is an argument of a helper."""
        thing = self.choose(*self.things)
        helper, name = self.fresh("helper"), self.fresh("function")
        by_name = self.choose("", "maker=")
        self.lines += [
            f"def {helper}(maker, **kwargs):",
            "    return maker(**kwargs)",
            f"def {name}(**kwargs):",
            f"    return {helper}({by_name}{thing.expression}, **kwargs)",
        ]
        self.things.append(Thing(name, 0, thing.names))

    def maker(self) -> None:
        """A subclass that changes nothing, or a static method that makes what there is."""
        thing = self.choose(*self.things)
        name = self.fresh("Maker")
        if thing.is_class and self.maybe():
            self.lines += [f"class {name}({thing.expression}):", "    pass"]
            self.things.append(Thing(name, thing.positional, thing.names, is_class=True))
        else:
            self.lines += [f"class {name}:", "    @staticmethod", "    def make(**kwargs):"]
            self.lines += [f"        return {thing.expression}(**kwargs)"]
            self.things.append(Thing(f"{name}.make", 0, thing.names))


@st.composite
def programs(draw: Any) -> Program:
    author = Author(draw)
    for _ in range(author.number(1, 3)):
        author.leaf()
    for _ in range(author.number(1, 4)):
        author.forwarder()
    source = PRELUDE + "\n".join(author.lines) + "\n"
    return Program(source, author.things[-1].expression, author.flags, author.may_be_open, author.is_exact)


# -- calling them --


class Sentinel:
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass
class Outcome:
    """What a program does, for each subset of the names and each number of positional arguments: for each state of its flags."""

    served: dict[tuple[int, frozenset[str]], list[bool]]

    def always_works(self) -> bool:
        """Whether there are right arguments in each state of the flags; a branch that can only fail says nothing."""
        return all(any(states) for states in zip(*self.served.values(), strict=True))


def observe(module: ModuleType, constructor: Callable[..., object], flags: int) -> Outcome:
    served: dict[tuple[int, frozenset[str]], list[bool]] = {}
    values = {name: Sentinel(name) for name in NAMES}
    positional = [Sentinel(str(index)) for index in POSITIONS]
    for state in itertools.product((False, True), repeat=flags):
        module.FLAGS[:flags] = state
        for count in POSITIONS:
            for names in SUBSETS:
                module.SEEN.clear()
                module.KEPT.clear()
                try:
                    constructor(*positional[:count], **{name: values[name] for name in names})
                except REFUSALS:
                    taken = False
                else:
                    seen = {id(value) for value in module.SEEN}
                    taken = all(id(values[name]) in seen for name in names)
                    taken = taken and all(id(value) in seen for value in positional[:count])
                served.setdefault((count, names), []).append(taken)
    return Outcome(served)


def binds(signature: inspect.Signature, count: int, names: frozenset[str]) -> bool:
    """Whether a call fits; `Signature.bind` does not let `**kwargs` have the name of a positional-only parameter."""
    parameters = signature.parameters.values()
    positional = [each for each in parameters if each.kind in POSITIONAL]
    by_name = {each.name: each for each in parameters if each.kind in BY_NAME}
    filled = {each.name for each in positional[:count]}
    fits = count <= len(positional) or any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in parameters)
    known = all(name in by_name and name not in filled for name in names) or any(
        each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters
    )
    doubled = any(name in by_name and name in filled for name in names)
    given = filled | {name for name in names if name in by_name}
    starred = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    missing = any(
        each.default is each.empty and each.kind not in starred and each.name not in given for each in parameters
    )
    return fits and known and not doubled and not missing


def accepted(signature: inspect.Signature) -> list[str]:
    return [name for name, parameter in signature.parameters.items() if parameter.kind in BY_NAME]


def is_vague(signature: inspect.Signature) -> bool:
    """Whether it is about positional arguments that no signature can describe exactly.

    Such as those of `def f(a, *args, **kwargs): g(*args, **kwargs)`, where `g` has an `a` as well, or those of
    `def f(a=0, *args, **kwargs): g(*args, **kwargs)`, where `g` requires its first.
    """
    return any(
        each.kind is inspect.Parameter.VAR_POSITIONAL or (each.kind in POSITIONAL and each.default is OPAQUE)
        for each in signature.parameters.values()
    )


_counter = itertools.count()


def load(folder: Path, source: str) -> ModuleType:
    name = f"random_program_{next(_counter)}"
    file = folder / f"{name}.py"
    file.write_text(source)
    specification = importlib.util.spec_from_file_location(name, file)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def check(folder: Path, program: Program) -> None:
    try:
        module = load(folder, program.source)
    except TypeError:  # no consistent order of the bases
        event("no module")
        return
    try:
        constructor = eval(program.entry, vars(module))
        outcome = observe(module, constructor, program.flags)
        effective = effective_signature(constructor)
        compare(program, effective.signature, outcome, is_open=effective.is_open)
    finally:
        del sys.modules[module.__name__]


def compare(program: Program, signature: inspect.Signature, outcome: Outcome, *, is_open: bool) -> None:
    told = f"\n{program.source.removeprefix(PRELUDE)}\n{program.entry}{signature}"
    works = outcome.always_works()
    event(f"open: {is_open}, alternatives: {program.flags > 0}, works: {works}")
    assert program.may_be_open or not is_open or not works, f"open, and all of it can be known{told}"
    exact = works and not is_open and program.is_exact and not is_vague(signature)
    for (count, names), states in outcome.served.items():
        if any(states):
            assert binds(signature, count, names), f"refused: {count} by position and {sorted(names)}{told}"
        elif exact and not program.flags and not count:
            assert not binds(signature, count, names), f"accepted: {sorted(names)}{told}"
    if exact:
        for name in accepted(signature):
            ever = any(any(states) for (_, names), states in outcome.served.items() if name in names)
            assert ever, f"accepted, never served: {name}{told}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("programs")


RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(RELAXED, max_examples=5 * settings.default.max_examples)
@given(program=programs())
def test_the_signature_says_what_a_call_does(folder: Path, program: Program) -> None:
    check(folder, program)


@pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "nightly",
    reason="10,000 random programs: with HYPOTHESIS_PROFILE=nightly only",
)
@pytest.mark.slow
@settings(RELAXED, max_examples=10_000)
@given(program=programs())
def test_the_signature_says_what_a_call_does_exhaustively(folder: Path, program: Program) -> None:
    check(folder, program)
