"""The core beside what it is built on: a dict, pydantic, a direct call."""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import time
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Optional

from benchmarks.reports import Cell, Section
from benchmarks.timing import interleaved, median_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["figures"]

_SIZE = 10_000
_ARGUMENTS: dict[str, Any] = {
    "depth": 4,
    "rate": 0.1,
    "bias": True,
    "act": "relu",
    "widths": [64, 128, 256],
    "size": (224, 224),
    "pool": "avg",
    "limit": None,
}


class Figure(NamedTuple):
    """One line of the report."""

    what: str
    measured: str
    bar: str
    reached: bool


class Component:
    """A constructor with eight keyword arguments of the usual types."""

    def __init__(
        self,
        *,
        depth: int = 2,
        rate: float = 0.0,
        bias: bool = False,
        act: str = "gelu",
        widths: list[int] | None = None,
        size: tuple[int, int] = (1, 1),
        pool: Literal["avg", "max"] = "avg",
        limit: Optional[int] = None,  # noqa: UP045 - as people write it
    ) -> None:
        self.arguments = (depth, rate, bias, act, widths, size, pool, limit)


def figures() -> Section:
    """Measure the core.

    Returns:
        The figures, and the bars that they have to reach.
    """
    section = Section("The core", ["", "measured", "bar", ""])
    for measure in (_start_up, _look_ups, _listing, _builds, _signatures):
        for figure in measure():
            cells = [Cell(figure.measured), Cell(figure.bar), Cell("reached" if figure.reached else "short")]
            section.rows[figure.what] = cells
    return section


def _start_up() -> list[Figure]:
    times: dict[str, list[float]] = {"pass": [], "import terraregistry": []}
    for _ in range(15):
        for code, each in times.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            each.append(time.perf_counter() - start)
    added = (statistics.median(times["import terraregistry"]) - statistics.median(times["pass"])) * 1e3
    return [Figure("import terraregistry adds", f"{added:.0f} ms", "60 ms", added <= 60)]


def _look_ups() -> list[Figure]:
    from terraregistry import MultiSourceRegistry, Registry

    names = [f"component_{index:05}" for index in range(_SIZE)]
    plain: dict[str, object] = dict.fromkeys(names, Component)
    registry = Registry[Component](**dict.fromkeys(names, Component))
    other = Registry[Component](**{f"other_{name}": Component for name in names})
    multi = MultiSourceRegistry[Component](other=other, main=registry)
    hit, miss, qualified = names[_SIZE // 2], "component_x", f"main_{names[_SIZE // 2]}"
    cases: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "Registry: in, hit": (lambda: hit in plain, lambda: hit in registry),
        "Registry: in, miss": (lambda: miss in plain, lambda: miss in registry),
        "Registry: resolve, hit": (lambda: plain[hit], lambda: registry.resolve(hit)),
        "Registry: resolve, miss": (_failing(lambda: plain[miss]), _failing(lambda: registry.resolve(miss))),
        "Registry: R[name], hit": (lambda: plain[hit], lambda: registry[hit]),
        "Registry: R[name], miss": (_failing(lambda: plain[miss]), _failing(lambda: registry[miss])),
        "MultiSourceRegistry of two: in, hit": (lambda: hit in plain, lambda: qualified in multi),
        "MultiSourceRegistry of two: in, miss": (lambda: miss in plain, lambda: miss in multi),
        "MultiSourceRegistry of two: resolve, hit": (lambda: plain[hit], lambda: multi.resolve(qualified)),
        "MultiSourceRegistry of two: resolve, miss": (
            _failing(lambda: plain[miss]),
            _failing(lambda: multi.resolve(miss)),
        ),
    }
    figures: list[Figure] = []
    for what, (reference, ours) in cases.items():
        times = interleaved({"dict": reference, "ours": ours})
        ratio = times["ours"] / times["dict"]
        figures.append(Figure(what, f"{ratio:.1f} x dict ({times['ours'] * 1e9:.0f} ns)", "15 x", ratio <= 15))
    errors = {kind: _suggesting(registry, name) for kind, name in (("typo", "componet_05000"), ("nothing near", "zzz"))}
    slowest = max(interleaved(errors, rounds=15, calls=3).values()) * 1e3
    figures.append(Figure("not-found error with suggestions, read", f"{slowest:.1f} ms", "3 ms", slowest <= 3))
    return figures


def _failing(call: Callable[[], object]) -> Callable[[], object]:
    def failing() -> None:
        with contextlib.suppress(KeyError):
            call()

    return failing


def _suggesting(registry: Any, name: str) -> Callable[[], object]:  # a registry of any kind
    def suggesting() -> str:
        try:
            registry[name]
        except KeyError as error:
            return str(error)
        raise AssertionError(name)

    return suggesting


def _listing() -> list[Figure]:
    from terraregistry import Registry

    names = [f"component_{index:05}" for index in range(_SIZE)]
    plain: dict[str, object] = dict.fromkeys(names, Component)
    registry = Registry[Component](**dict.fromkeys(names, Component))
    times = interleaved({"dict": lambda: list(plain), "ours": lambda: list(registry)}, calls=20)
    ratio = times["ours"] / times["dict"]

    def register_all() -> Callable[[], object]:
        empty = Registry[Component]()

        def register() -> None:
            for name in names:
                empty.register(Component, name=name)

        return register

    registering = median_of(register_all, rounds=5)
    return [
        Figure("list of 10,000", f"{ratio:.1f} x dict", "3 x", ratio <= 3),
        Figure("10,000 registrations", f"{registering:.3f} s", "0.3 s", registering <= 0.3),
    ]


def _builds() -> list[Figure]:
    from pydantic import create_model

    from terraregistry import Registry
    from terraregistry.errors import InvalidArgumentsError

    fields: dict[str, Any] = {
        "depth": (int, ...),
        "rate": (float, ...),
        "bias": (bool, ...),
        "act": (str, ...),
        "widths": (list[int] | None, ...),
        "size": (tuple[int, int], ...),
        "pool": (Literal["avg", "max"], ...),
        "limit": (Optional[int], ...),  # noqa: UP045 - as people write it
    }
    model = create_model("Arguments", **fields)
    registry = Registry[Component](Component=Component)
    wrong = _ARGUMENTS | {"depth": "4"}

    def refused() -> None:
        with contextlib.suppress(InvalidArgumentsError):
            registry.build("Component", **wrong)

    times = interleaved(
        {
            "direct": lambda: Component(**_ARGUMENTS),
            "pydantic": lambda: model(**_ARGUMENTS),
            "build": lambda: registry.build("Component", **_ARGUMENTS),
            "refused": refused,
        },
        calls=500,
    )
    added = times["build"] - times["direct"]
    ratio = added / times["pydantic"]

    def first() -> Callable[[], object]:
        scope: dict[str, Any] = {}
        exec("class New(Base):\n    pass", {"Base": Component}, scope)
        fresh = Registry[Any](New=scope["New"])
        return lambda: fresh.build("New", **_ARGUMENTS)

    first_build = median_of(first) * 1e3
    refusal = times["refused"] * 1e6
    return [
        Figure(
            "warm build, added to the direct call",
            f"{ratio:.2f} x pydantic ({added * 1e6:.1f} us)",
            "1.5 x",
            ratio <= 1.5,
        ),
        Figure("first build of a constructor", f"{first_build:.2f} ms", "2 ms", first_build <= 2),
        Figure("refused build", f"{refusal:.0f} us", "50 us", refusal <= 50),
    ]


def _signatures() -> list[Figure]:
    from terraregistry import TIMM_BACKBONE_REGISTRY

    names = list(TIMM_BACKBONE_REGISTRY)
    start = time.perf_counter()
    signatures = [TIMM_BACKBONE_REGISTRY.signature(name) for name in names]
    taken = time.perf_counter() - start
    beyond = sum(len(signature.parameters) > 2 and "in_chans" in signature.parameters for signature in signatures)
    is_open = [
        any(each.kind is Parameter.VAR_KEYWORD for each in signature.parameters.values()) for signature in signatures
    ]
    return [
        Figure(
            "timm entry points with an effective signature", f"{beyond} of {len(names)}", "all", beyond == len(names)
        ),
        Figure("  of them open: some **kwargs cannot be followed", f"{sum(is_open)}", "-", True),
        Figure("  time for all of them", f"{taken:.1f} s", "-", True),
    ]
