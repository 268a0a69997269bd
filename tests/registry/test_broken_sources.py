"""Sources that raise where they are asked, and libraries that are missing: the others keep working."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import ComponentNotFoundError, DuplicateSourceError, SourceUnavailableError, describe_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Source:
    """A source that raises in some of its methods."""

    def __init__(self, *broken: str, error: Exception | None = None) -> None:
        self.broken, self.error = broken, error or RuntimeError("disk on fire")

    def _may_raise(self, method: str) -> None:
        if method in self.broken:
            raise self.error

    def __iter__(self) -> Iterator[str]:
        self._may_raise("__iter__")
        return iter(["part", "special"])

    def __len__(self) -> int:
        self._may_raise("__len__")
        return 2

    def __contains__(self, name: object) -> bool:
        self._may_raise("__contains__")
        return name in ("part", "special")

    def resolve(self, name: str) -> str:
        self._may_raise("resolve")
        return name

    def build(self, name: str, /, size: int = 1) -> object:
        self._may_raise("build")
        return name, size


SOUND = Registry[Any](part=int, other=float)
MESSAGE = "the source 'broken' is unavailable: RuntimeError: disk on fire; mend or unregister it"


def mounted(*broken: str, first: bool = True, error: Exception | None = None) -> MultiSourceRegistry[Any]:
    registry = MultiSourceRegistry[Any]()
    if not first:
        registry.register_source("sound", SOUND)
    registry.register_source("broken", Source(*broken, error=error))
    if first:
        registry.register_source("sound", SOUND)
    return registry


def unavailable(ask: Callable[[], object], message: str = MESSAGE) -> SourceUnavailableError:
    with pytest.raises(SourceUnavailableError) as caught:
        ask()
    assert str(caught.value) == message
    assert caught.value.source == "broken"
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value.__cause__, Exception)
    return caught.value


@pytest.mark.parametrize("first", [True, False])
def test_a_source_whose_iter_raises(first: bool) -> None:
    registry = mounted("__iter__", first=first)
    for ask in (
        lambda: list(registry),
        lambda: len(registry),
        lambda: bool(registry),
        lambda: registry & {"part"},
        lambda: registry == {"part"},
        lambda: registry <= {"part"},
        lambda: registry.isdisjoint({"part"}),
        lambda: registry.search("*"),
    ):
        unavailable(ask)
    assert "part" in registry
    assert registry.build("sound_part") == 0
    assert registry.build("other") == 0.0
    assert registry.build("broken_special", size=3) == ("special", 3)
    assert registry.resolve("special") == ("broken", "special")
    assert list(registry.keys()) == (["broken", "sound"] if first else ["sound", "broken"])
    with pytest.raises(ComponentNotFoundError) as caught:
        registry.build("sound_othr")
    assert caught.value.suggestions == ("sound_other",)
    with pytest.raises(ComponentNotFoundError) as caught:
        registry.build("othr")
    assert caught.value.suggestions == ("sound_other",)


@pytest.mark.parametrize("method", ["__contains__", "resolve"])
@pytest.mark.parametrize("first", [True, False])
def test_a_source_that_cannot_be_asked_for_a_name(method: str, first: bool) -> None:
    registry = mounted(method, first=first)
    asks = (registry.resolve, registry.build, registry.validate, registry.signature, registry.describe)
    for ask in (*asks, registry.find_class, registry.find_registry, registry.candidates, registry.__contains__):
        for name in ("broken_part", "broken_special", "special"):  # whether it is there cannot be known
            unavailable(lambda ask=ask, name=name: ask(name))
    assert registry.build("sound_part") == 0
    assert registry.build("other") == 0.0
    assert registry.resolve("part") == ("sound", "part")
    assert "sound_part" in registry
    assert list(registry) == [f"{p}_{n}" for p, s in registry.items() for n in s]
    if method == "__contains__":
        unavailable(lambda: "nowhere" in registry)
        unavailable(lambda: registry & {"nowhere"})


def test_a_source_whose_len_raises_is_not_asked_for_it() -> None:
    registry = mounted("__len__")
    assert list(registry) == ["broken_part", "broken_special", "sound_part", "sound_other"]
    assert len(registry) == 4
    assert registry & {"part"} == {"broken_part"}
    assert registry.build("special") == ("special", 1)
    assert "part" in registry


def test_a_source_whose_build_raises_raises_what_it_raises() -> None:
    error = RuntimeError("disk on fire")
    registry = mounted("build", error=error)
    with pytest.raises(RuntimeError) as caught:
        registry.build("part", size=2)
    assert caught.value is error
    assert error.__notes__ == ["while building 'broken_part' with size=int 2"]
    assert registry.build("sound_part") == 0


def test_not_found_from_inside_a_source_is_a_fault_of_the_source() -> None:
    for error in (KeyError("part"), ComponentNotFoundError("part", "its own registry"), AttributeError("x")):
        contains = mounted("__contains__", error=error).__contains__
        message = f"the source 'broken' is unavailable: {type(error).__name__}: {error}; mend or unregister it"
        assert unavailable(functools.partial(contains, "broken_part"), message).__cause__ is error


def test_what_a_source_says_itself_of_a_missing_library_is_kept_under_its_prefix() -> None:
    error = SourceUnavailableError("inside", "importing mmseg raises ImportError: no mmcv", "pip install mmcv")
    registry = mounted("__contains__", "__iter__", error=error)
    expected = "the source 'broken' is unavailable: importing mmseg raises ImportError: no mmcv; pip install mmcv"
    for ask in (lambda: list(registry), lambda: "broken_part" in registry):
        caught = unavailable(ask, expected)
        assert (caught.reason, caught.remedy) == (error.reason, error.remedy)


@pytest.mark.parametrize("gives", [5, None, b"part", ("part",), ["part"]])
def test_a_source_that_iterates_over_what_is_no_name(gives: object) -> None:
    class Odd(Source):
        def __iter__(self) -> Iterator[Any]:
            return iter(["part", gives])

    registry = MultiSourceRegistry[Any](sound=SOUND, odd=Odd())
    with pytest.raises(
        SourceUnavailableError, match=r"the source 'odd' is unavailable: it iterates over .*, which is no name"
    ):
        list(registry)
    assert registry.build("odd_special") == ("special", 1)


def test_a_source_that_repeats_a_name_is_iterated_without_the_repetition() -> None:
    class Odd(Source):
        def __iter__(self) -> Iterator[str]:
            return iter(["part", "special", "part"])

    registry = MultiSourceRegistry[Any](odd=Odd())
    assert list(registry) == ["odd_part", "odd_special"]
    assert len(registry) == 2


def test_a_source_whose_iterator_raises_half_way() -> None:
    class Odd(Source):
        def __iter__(self) -> Iterator[str]:
            yield "part"
            raise OSError("gone")

    registry = MultiSourceRegistry[Any](odd=Odd(), sound=SOUND)
    with pytest.raises(SourceUnavailableError, match="the source 'odd' is unavailable: OSError: gone"):
        list(registry)
    assert registry.build("sound_part") == 0


def test_a_source_that_changes_its_mind_between_two_questions() -> None:
    class Odd(Source):
        asked = 0

        def __contains__(self, name: object) -> bool:
            self.asked += 1
            return self.asked % 2 == 1

    registry = MultiSourceRegistry[Any](odd=Odd(), sound=SOUND)
    assert registry.build("odd_special") == ("special", 1)


def run(code: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", dedent(code)],
        env=os.environ
        | {
            "TERRAREGISTRY_SHIPPED_INDEX": "0",
            "XDG_CACHE_HOME": os.devnull,
        },  # an index would answer for what is not there
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


BROKEN_LIBRARY = """
    import importlib.abc, sys

    class Broken(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in {libraries!r}:
                raise ImportError(f"{{name}} was compiled for another torch")

    sys.meta_path.insert(0, Broken())
    from terraregistry import *
    from terraregistry.errors import *

    def says(ask):
        try:
            ask()
        except RegistryError as error:
            print(type(error).__name__, error, type(error.__cause__).__name__)
        else:
            print("nothing")
"""


@pytest.mark.slow  # tests/sources/timm/test_without_timm.py has a shorter one
def test_without_timm_the_rest_works_and_the_error_says_what_to_install() -> None:
    printed = run(
        BROKEN_LIBRARY.format(libraries=["timm"])
        + """
    print(list(BACKBONE_REGISTRY.keys()), list(DECODER_REGISTRY.keys()), len(NECK_REGISTRY) > 0)
    says(lambda: list(BACKBONE_REGISTRY))
    says(lambda: BACKBONE_REGISTRY.build("timm_resnet18"))
    says(lambda: "resnet18" in BACKBONE_REGISTRY)
    says(lambda: TIMM_BACKBONE_REGISTRY.build("resnet18"))
    says(lambda: list(TIMM_BACKBONE_REGISTRY))
    says(lambda: TERRATORCH_DECODER_REGISTRY.validate("IdentityDecoder", [3]))
    print("timm" in sys.modules)
    """
    ).splitlines()
    reason = "importing timm raises ImportError: timm was compiled for another torch"
    message = f"SourceUnavailableError the source 'timm' is unavailable: {reason}; install or repair it: pip install "
    assert printed[0] == "['terratorch', 'timm'] ['terratorch', 'smp'] True"
    assert len(printed) == 8
    for line in printed[1:6]:
        assert line.startswith(message)
    assert printed[6:] == ["nothing", "False"]


def test_without_smp_the_rest_works_and_the_error_says_what_to_install() -> None:
    printed = run(
        BROKEN_LIBRARY.format(libraries=["segmentation_models_pytorch"])
        + """
    print("Unet" in DECODER_REGISTRY, DECODER_REGISTRY.resolve("Unet"), len(SMP_DECODER_REGISTRY))
    says(lambda: DECODER_REGISTRY.build("smp_Unet", [8, 16]))
    says(lambda: SMP_DECODER_REGISTRY.signature("Unet"))
    says(lambda: DECODER_REGISTRY.validate("terratorch_IdentityDecoder", [3]))
    """
    ).splitlines()
    assert printed[0] == "True smp_Unet 12"
    for line in printed[1:3]:
        assert line.startswith("SourceUnavailableError the source 'smp' is unavailable: importing segmentation-models-")
        assert "was compiled for another torch; install or repair it: pip install segmentation-models-pytorch" in line
    assert printed[3] == "nothing"


# -- what a source has more than it needs --


class Extra(Source):
    """A source with all that is used where it is there; each member raises or gives what it is told to."""

    def __init__(self, **gives: object) -> None:
        super().__init__()
        self.gives = gives

    def __getattr__(self, name: str) -> Any:  # a method that gives anything
        if name == "gives" or name not in self.gives:
            raise AttributeError(name)
        given = self.gives[name]

        def method(*args: object, **kwargs: object) -> object:
            if isinstance(given, BaseException):
                raise given
            return given

        return method


NOT_FOUND = ComponentNotFoundError("part", "its own registry")


@pytest.mark.parametrize("error", [RuntimeError("disk on fire"), KeyError("part"), NOT_FOUND, AttributeError("x")])
@pytest.mark.parametrize(
    ("method", "asks"),
    [
        ("signature", ["signature", "describe", "build", "validate"]),
        ("describe", ["describe"]),
        ("find_class", ["find_class", "signature", "describe"]),
    ],
)
def test_what_a_source_cannot_say_of_a_name_that_it_has_is_no_missing_name(
    method: str, asks: list[str], error: Exception
) -> None:
    registry = MultiSourceRegistry[Any](sound=SOUND, broken=Extra(**{method: error}))
    for ask in asks:
        caught = unavailable(
            functools.partial(getattr(registry, ask), "broken_part"),
            f"the source 'broken' is unavailable: {type(error).__name__}: {error}; mend or unregister it",
        )
        assert caught.__cause__ is error
    assert "broken_part" in registry
    for ask in {"signature", "build", "validate"}.difference(asks):
        getattr(registry, ask)("broken_part")
    assert registry.build("part") == 0


@pytest.mark.parametrize("gives", [5, "text", (), {}, object])
def test_a_source_that_shows_what_is_no_signature(gives: object) -> None:
    registry = MultiSourceRegistry[Any](broken=Extra(signature=gives))
    shown = describe_value(gives)
    for ask in (registry.signature, registry.build, registry.validate, registry.describe):
        with pytest.raises(SourceUnavailableError) as caught:
            ask("part")
        assert str(caught.value) == (
            f"the source 'broken' is unavailable: its signature gives {shown} for 'part', which is no signature; "
            "mend or unregister it"
        )


def test_a_source_that_shows_no_signature_after_all_is_asked_for_its_constructor() -> None:
    registry = MultiSourceRegistry[Any](p=Extra(signature=None))
    assert list(registry.signature("part").parameters) == ["size"]
    assert registry.build("part", size=2) == ("part", 2)


@pytest.mark.parametrize("gives", [None, 5, b"part", ("p", "part"), ["part"], object()])
def test_a_source_that_resolves_to_what_is_no_name(gives: Any) -> None:
    class Odd(Source):
        def resolve(self, name: str) -> Any:  # what is no name
            return gives

    registry = MultiSourceRegistry[Any](sound=SOUND, odd=Odd())
    shown = describe_value(gives)
    reason = f"its resolve gives {shown} for 'special', which is no name"
    message = f"the source 'odd' is unavailable: {reason}; mend or unregister it"
    for ask in (registry.resolve, registry.build, registry.__contains__, registry.describe):
        with pytest.raises(SourceUnavailableError) as caught:
            ask("odd_special")
        assert str(caught.value) == message
    assert registry.build("part") == 0


# -- messages --


class WordlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (WordlessError(), "WordlessError: (its str raises RuntimeError)"),
        (ValueError("x" * 1_000_000), f"ValueError: {'x' * 186}...{'x' * 195} ..."),
        (ValueError(), "ValueError"),
        (ExceptionGroup("several", [ValueError(1), WordlessError()]), "ExceptionGroup: several (2 sub-exceptions)"),
        (MemoryError(), "MemoryError"),
        (RecursionError("too deep"), "RecursionError: too deep"),
        (StopIteration(3), "StopIteration: 3"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_reason_is_words_of_bounded_length_whatever_is_raised(error: Exception, reason: str) -> None:
    registry = mounted("__contains__", error=error)
    message = f"the source 'broken' is unavailable: {reason}; mend or unregister it"
    assert unavailable(lambda: "broken_part" in registry, message).__cause__ is error
    registry = mounted("resolve", error=error)
    assert unavailable(lambda: registry.build("broken_part"), message).__cause__ is error


# -- slow, and changing --


def test_a_slow_source_keeps_nobody_waiting_who_does_not_ask_it() -> None:
    asked, go_on = threading.Event(), threading.Event()

    class Slow(Source):
        def wait(self) -> None:
            asked.set()
            assert go_on.wait(60)

        def __contains__(self, name: object) -> bool:
            self.wait()
            return name == "part"

        def __iter__(self) -> Iterator[str]:
            self.wait()
            return iter(["part"])

        def build(self, name: str, /, size: int = 1) -> object:
            self.wait()
            return "slow", size

    registry = MultiSourceRegistry[Any](sound=SOUND, slow=Slow())
    with ThreadPoolExecutor(3) as pool:
        try:
            waiting = [
                pool.submit(ask)
                for ask in (
                    lambda: list(registry),
                    lambda: registry.build("slow_part", size=2),
                    lambda: "nowhere" in registry,
                )
            ]
            assert asked.wait(60)
            assert (
                registry.build("sound_part") == registry.build("part") == 0
            )  # and all of this while it is being asked
            assert registry.resolve("other") == ("sound", "other")
            assert list(registry.keys()) == ["sound", "slow"]
            registry.register_source("more", Registry[Any](more=int))
            assert registry.unregister_source("more")["more"] is int
            with pytest.raises(DuplicateSourceError):
                registry.register_source("slow", SOUND)
            assert not any(each.done() for each in waiting)
        finally:
            go_on.set()
        assert [each.result() for each in waiting] == [
            ["sound_part", "sound_other", "slow_part"],
            ("slow", 2),
            False,
        ]


def test_a_source_that_changes_while_it_is_iterated() -> None:
    class Changing(Source):
        names: dict[str, int] = dict.fromkeys(("part", "special"), 0)

        def __iter__(self) -> Iterator[str]:
            for name in self.names:
                if len(self.names) < 3:
                    self.names["late"] = 0
                yield name

    registry = MultiSourceRegistry[Any](broken=Changing(), sound=SOUND)
    unavailable(
        lambda: list(registry),
        "the source 'broken' is unavailable: RuntimeError: dictionary changed size during iteration; mend or unregister it",
    )
    assert list(registry)[:3] == ["broken_part", "broken_special", "broken_late"]  # it has come to rest
    assert len(registry) == 5


def test_a_source_that_goes_away_while_it_is_asked() -> None:
    class Leaving(Source):
        def __contains__(self, name: object) -> bool:
            registry.unregister_source("leaving")
            return True

        def __iter__(self) -> Iterator[str]:
            registry.unregister_source("leaving")
            return super().__iter__()

    registry = MultiSourceRegistry[Any](leaving=Leaving(), sound=SOUND)
    assert registry.resolve("leaving_part") == ("leaving", "part")
    assert list(registry.keys()) == ["sound"]
    registry.register_source("leaving", Leaving())
    assert list(registry) == ["sound_part", "sound_other", "leaving_part", "leaving_special"]
    assert list(registry) == ["sound_part", "sound_other"]
    with pytest.raises(ComponentNotFoundError):
        registry.build("leaving_part")


@pytest.mark.parametrize("member", ["__iter__", "__len__", "__contains__", "build", "resolve"])
def test_a_source_that_raises_while_it_is_mounted_is_not_mounted_and_the_next_one_is(member: str) -> None:
    def broken(self: object) -> object:
        raise OSError("gone")

    odd = type("Odd", (Source,), {member: property(broken)})
    registry = MultiSourceRegistry[Any](sound=SOUND)
    before = list(registry.items())
    with pytest.raises(OSError, match="gone"):
        registry.register_source("odd", odd())
    assert list(registry.items()) == before
    registry.register_source("odd", Source())
    assert "odd_special" in registry


def test_a_source_may_mount_another_where_it_is_being_mounted() -> None:
    class Bringing(Source):
        @property
        def resolve(self) -> Any:  # looked up when it is mounted
            if registry.get("friend") is None:
                registry.register_source("friend", Registry[Any](f=float))
            return lambda name: name

    registry = MultiSourceRegistry[Any]()
    mounting = threading.Thread(target=registry.register_source, args=("bringing", Bringing()), daemon=True)
    mounting.start()
    mounting.join(60)
    assert not mounting.is_alive()  # a deadlock
    assert list(registry) == ["friend_f", "bringing_part", "bringing_special"]
