"""The names in timm's source, read before timm is imported: the same that timm itself gives afterwards."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
import timm
from hypothesis import example, given
from hypothesis import strategies as st

from terraregistry import TIMM_BACKBONE_REGISTRY
from terraregistry.index import load_index, provider
from terraregistry.sources.timm import TimmRegistry
from terraregistry.sources.timm.scan import TimmSource, scan_timm

if TYPE_CHECKING:
    from pathlib import Path

PRITHVI = ("prithvi_swin_B", "prithvi_swin_L", "prithvi_vit_100", "prithvi_vit_300", "prithvi_vit_tiny")


@pytest.fixture(scope="module")
def source() -> TimmSource:
    """Return what is read where nobody has imported timm."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "timm")
        found = scan_timm(PRITHVI)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def deprecated() -> dict[str, str | None]:
    """Return timm's own table."""
    names: dict[str, str | None] = timm.models.get_deprecated_models()
    return names


def test_lists_the_architectures_of_timm_in_its_order(source: TimmSource) -> None:
    assert list(source.listed) == list(TIMM_BACKBONE_REGISTRY)
    assert len(source.listed) > 1300


def test_has_the_deprecated_names_of_timm(source: TimmSource, deprecated: dict[str, str | None]) -> None:
    assert source.deprecated == deprecated
    assert len(deprecated) > 200


def test_has_tags_of_timm_and_no_others(source: TimmSource) -> None:
    real = {name for name in timm.list_models(include_tags=True) if "." in name}
    assert source.tagged <= real
    assert len(source.tagged) > 0.9 * len(real)


def test_stands_for_the_same_as_in_timm(source: TimmSource, deprecated: dict[str, str | None]) -> None:
    names = [*timm.list_models(include_tags=True), *source.listed, *deprecated]
    wrong = {
        name: (said, TIMM_BACKBONE_REGISTRY.look_up(name))
        for name in names
        for known, said in [source.look_up(name)]
        if known and said != TIMM_BACKBONE_REGISTRY.look_up(name)
    }
    assert wrong == {}
    assert all(source.look_up(name)[0] for name in names if "." not in name)


@given(st.data())
@example(None)
def test_a_name_that_is_nearly_one_stands_for_the_same_as_in_timm(
    source: TimmSource, data: st.DataObject | None
) -> None:
    if data is None:
        mistyped = "resnet18."
    else:
        name = data.draw(st.sampled_from(sorted([*source.listed, *source.tagged, *source.deprecated])))
        place = data.draw(st.integers(0, len(name)))
        mistyped = name[:place] + data.draw(st.text("abt.*_ 01\n", max_size=2)) + name[place + 1 :]
    known, said = source.look_up(mistyped)
    assert not known or said == TIMM_BACKBONE_REGISTRY.look_up(mistyped)


def test_reads_nothing_for_a_name_in_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    index = load_index()
    components = index.registry("terraregistry.library:TIMM_BACKBONE_REGISTRY").components
    tagged = [alias for each in components for alias in each.aliases if "." in alias]
    in_timm = {name: TIMM_BACKBONE_REGISTRY.look_up(name) for name in [*(each.name for each in components), *tagged]}
    monkeypatch.setattr(provider, "_stored", [index])
    monkeypatch.delitem(sys.modules, "timm")
    monkeypatch.setattr("terraregistry.sources.timm.timm_registry.scan_timm", lambda _: pytest.fail("reads the source"))
    registry = TimmRegistry()
    for _ in range(2):  # the second time they are known
        assert {name: registry.look_up(name) for name in in_timm} == in_timm
    monkeypatch.setattr("terraregistry.sources.timm.timm_registry.scan_timm", scan_timm)
    assert "resnet18.nothing_like_it" not in registry
    assert "nothing_like_it" not in registry


def test_reads_nothing_where_timm_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terraregistry.sources.timm.timm_registry.scan_timm", lambda _: pytest.fail("reads the source"))
    registry = TimmRegistry()
    assert "resnet18" in registry
    assert "nothing_like_it" not in registry
    assert [*registry] == [*TIMM_BACKBONE_REGISTRY]


@pytest.mark.parametrize("files", [{}, {"__init__.py": ""}, {"__init__.py": "", "models/resnet.py": "resnet18 = 1"}])
def test_reads_nothing_where_there_is_no_source(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in files.items():
        file = tmp_path / "timm" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "timm")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert scan_timm(PRITHVI) is None


def _run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_names_are_answered_without_importing_timm_or_torch() -> None:
    _run(
        """
        import sys
        from terraregistry import BACKBONE_REGISTRY as backbones, DECODER_REGISTRY as decoders
        from terraregistry.errors import ComponentNotFoundError

        assert "resnet18" in backbones and "timm_resnet18.a1_in1k" in backbones and "resnte18" not in backbones
        assert len(backbones) > 1300 and sum(1 for _ in backbones) == len(backbones)
        assert str(backbones.resolve("tf_efficientnet_b0_ns")) == "timm_tf_efficientnet_b0"
        assert "timm_prithvi_swin_B" in backbones.search("*prithvi*")
        assert backbones["timm"].resolve("resnet18") == "resnet18"
        assert "Unet" in decoders and len(decoders) == len(list(decoders))
        try:
            backbones.build("resnte18")
        except ComponentNotFoundError as error:
            assert error.suggestions[0] == "timm_resnet18", error.suggestions
        else:
            raise AssertionError("there is no resnte18")
        loaded = {"torch", "timm", "segmentation_models_pytorch", "pydantic"} & set(sys.modules)
        assert not loaded, loaded
        """
    )


@pytest.mark.slow
def test_what_somebody_registers_once_timm_is_imported_is_seen_at_once() -> None:
    _run(
        """
        from terraregistry import TIMM_BACKBONE_REGISTRY as backbones

        before = list(backbones)
        import timm
        assert list(backbones) == before
        def a_model_of_mine(pretrained=False, **kwargs): ...
        timm.models.register_model(a_model_of_mine)
        assert "a_model_of_mine" in backbones and len(backbones) == len(before) + 1
        """
    )
