"""Sources that raise where they are asked, and libraries that are missing: the others keep working."""

from __future__ import annotations

import functools
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import ComponentNotFoundError, SourceUnavailableError

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
MESSAGE = "the source 'broken' is unavailable: RuntimeError: disk on fire"


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


def test_a_source_whose_len_raises() -> None:
    registry = mounted("__len__")
    for ask in (lambda: len(registry), lambda: list(registry), lambda: registry | {"part"}):
        unavailable(ask)
    assert registry.build("special") == ("special", 1)
    assert registry.build("sound_part") == 0
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
        message = f"the source 'broken' is unavailable: {type(error).__name__}: {error}"
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
        [sys.executable, "-c", dedent(code)], capture_output=True, text=True, timeout=120, check=False
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
