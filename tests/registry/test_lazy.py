"""Components whose modules are imported when they are first used."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import InvalidRegistrationError, SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules that say when they are imported."""
    package = tmp_path / "lazy_parts"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "sound.py").write_text(
        '"""Sound."""\n\n\nclass Part:\n    """A part.\n\n    Further words.\n    """\n\n'
        "    def __init__(self, size: int = 1) -> None:\n        self.size = size\n\n"
        "    class Inner:\n        pass\n\n\nNUMBER = 5\n"
    )
    (package / "broken.py").write_text("raise RuntimeError('no GPU here')\n")
    (package / "lacking.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == "lazy_parts"]:
        del sys.modules[name]


def test_the_module_is_imported_by_the_first_use_and_not_before(modules: Path) -> None:
    for use in (
        lambda r: r.build("Part"),
        lambda r: r["Part"],
        lambda r: r.signature("old"),
        lambda r: r.validate("Part"),
        lambda r: r.describe("Part"),
        lambda r: list(r.values()),
        lambda r: r.get("Part"),
        lambda r: MultiSourceRegistry(p=r).find_class("p_Part"),
    ):
        sys.modules.pop("lazy_parts.sound", None)
        registry = Registry[object]()
        registry.register_lazy("Part", "lazy_parts.sound:Part", aliases=["old"])
        both = MultiSourceRegistry[object](p=registry)
        assert list(registry) == list(registry.keys()) == registry.search("*") == ["Part"]
        assert "old" in registry
        assert registry.resolve("old") == "Part"
        assert both.resolve("old") == ("p", "Part")
        assert (registry | both) == {"p_Part"}
        assert "lazy_parts.sound" not in sys.modules
        use(registry)
        assert "lazy_parts.sound" in sys.modules


def test_it_is_a_component_like_any_other(modules: Path) -> None:
    registry = Registry[object]()
    registry.register_lazy("Part", "lazy_parts.sound:Part")
    registry.register_lazy("Inner", "lazy_parts.sound:Part.Inner")
    from lazy_parts.sound import Part

    assert registry["Part"] is Part
    assert registry["Inner"] is Part.Inner
    assert registry.build("Part", size=3).size == 3
    described = registry.describe("Part")
    assert (described.summary, described.file, described.line) == ("A part.", str(modules / "sound.py"), 4)
    registry.register_lazy("Part", "lazy_parts.sound:Part.Inner", override=True)
    assert registry["Part"] is Part.Inner


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (
            "lazy_parts.broken:Part",
            "lazy_parts.broken:Part cannot be imported: RuntimeError: no GPU here",
        ),
        (
            "lazy_parts.lacking:Part",
            "lazy_parts.lacking:Part cannot be imported: ModuleNotFoundError: No module named 'no_such_library'",
        ),
        (
            "lazy_parts.nowhere:Part",
            "lazy_parts.nowhere:Part cannot be imported: ModuleNotFoundError: No module named 'lazy_parts.nowhere'",
        ),
        (
            "lazy_parts.sound:Prat",
            "lazy_parts.sound:Prat cannot be imported: AttributeError: module 'lazy_parts.sound' has no attribute 'Prat'",
        ),
        ("lazy_parts.sound:NUMBER", "lazy_parts.sound:NUMBER is int 5, not a class or function"),
    ],
)
def test_what_cannot_be_imported_is_unavailable_each_time_and_the_others_keep_working(
    modules: Path, reference: str, reason: str
) -> None:
    registry = Registry[object](sound=int)
    registry.register_lazy("Part", reference)
    both = MultiSourceRegistry[object](first=registry, second=Registry(Part=float))
    for name, ask in [
        ("Part", registry.build),
        ("Part", registry.__getitem__),
        ("Part", registry.signature),
        ("Part", registry.validate),
        ("Part", registry.describe),
        ("Part", registry.get),
        ("Part", registry.build),
        ("first_Part", both.build),
        ("Part", both.build),  # and not the second source's
        ("Part", both.find_class),
    ]:
        with pytest.raises(SourceUnavailableError) as caught:
            ask(name)
        assert str(caught.value) == f"the source 'Part' is unavailable: {reason}; mend or unregister it"
        assert caught.value.source == "Part"
        assert isinstance(caught.value, ImportError)
        if "cannot be imported" in reason:
            assert caught.value.__cause__ is not None
    assert "Part" in registry
    assert registry.build("sound") == 0
    assert both.build("second_Part") == 0.0


def test_what_was_broken_and_has_been_repaired_works(modules: Path) -> None:
    registry = Registry[object]()
    registry.register_lazy("Part", "lazy_parts.later:Part")
    with pytest.raises(SourceUnavailableError):
        registry.build("Part")
    (modules / "later.py").write_text("class Part:\n    pass\n")
    import importlib

    importlib.invalidate_caches()
    assert type(registry.build("Part")).__name__ == "Part"


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "module",
        "module:",
        ":name",
        "a.b.c",
        "a..b:c",
        "a b:c",
        "a:b:c",
        "a:b-c",
        "../x:y",
        "os:system('x')",
        ".a:b",
    ],
)
def test_what_is_no_reference_is_refused_at_once(reference: str) -> None:
    registry = Registry[object]()
    with pytest.raises(InvalidRegistrationError) as caught:
        registry.register_lazy("x", reference)
    assert str(caught.value) == (
        f"Registry cannot register 'x': str {reference!r} is no reference; write 'package.module:attribute'"
    )
    assert list(registry) == []


@pytest.mark.parametrize("reference", [None, 5, b"a:b", ["a:b"], int])
def test_what_is_no_string_is_no_reference(reference: object) -> None:
    registry = Registry[object]()
    with pytest.raises(InvalidRegistrationError) as caught:
        registry.register_lazy("x", reference)  # type: ignore[arg-type]  # that is what is refused
    assert str(caught.value).endswith(" is no reference; write 'package.module:attribute'")
    assert list(registry) == []
