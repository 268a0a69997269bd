"""mmsegmentation missing, broken, or too old: what does not need it works, and what does says what to install."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

import pytest

from terraregistry import DECODER_REGISTRY, MMSEG_DECODER_REGISTRY
from terraregistry.errors import ComponentNotFoundError, SourceUnavailableError
from terraregistry.sources.mmseg import is_installed
from terraregistry.sources.mmseg.mmseg_heads import HEADS
from terraregistry.testing import check_source

if TYPE_CHECKING:
    from pathlib import Path

missing = pytest.mark.skipif(is_installed(), reason="mmsegmentation is installed")
INSTALL = 'pip install "terraregistry[mmseg]"'
BROKEN = {
    "assert False, 'MMCV==2.2.0 is used but incompatible.'": "AssertionError: MMCV==2.2.0 is used but incompatible.",
    "import mmcv": "ModuleNotFoundError: No module named 'mmcv'",
    "raise RuntimeError('no operator')": "RuntimeError: no operator",
    "0 = 1": "SyntaxError: cannot assign to literal here. Maybe you meant '==' instead of '='? (__init__.py, line 1)",
}
PACKAGE = dict.fromkeys(
    ("mmcv/__init__.py", "mmseg/__init__.py", "mmseg/models/__init__.py", "mmseg/models/decode_heads.py"), ""
)
HEAD = """
class {name}:
    out_channels = 1
    def __init__(self, own=1, **kwargs):
        self._base(**kwargs)
    def _base(self, in_channels, channels, *, num_classes, in_index=-1): ...
"""


def write(folder: Path, modules: dict[str, str]) -> None:
    for name, text in modules.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@missing
def test_it_is_mounted_only_where_it_is_installed() -> None:
    assert list(DECODER_REGISTRY.keys()) == ["terratorch", "smp"]
    assert "mmseg_UPerHead" not in DECODER_REGISTRY
    with pytest.raises(ComponentNotFoundError):
        DECODER_REGISTRY.build("mmseg_UPerHead", [8], num_classes=2)
    assert list(MMSEG_DECODER_REGISTRY) == []
    check_source(MMSEG_DECODER_REGISTRY)


@missing
@pytest.mark.parametrize("method", ["build", "validate", "signature", "describe", "__getitem__"])
def test_asking_for_a_head_says_what_to_install(method: str) -> None:
    with pytest.raises(SourceUnavailableError) as caught:
        getattr(MMSEG_DECODER_REGISTRY, method)("UPerHead")
    assert (
        str(caught.value)
        == f"the source 'mmseg' is unavailable: mmsegmentation is not installed; install it: {INSTALL}"
    )
    with pytest.raises(ComponentNotFoundError):
        getattr(MMSEG_DECODER_REGISTRY, method)("NoHead")


@missing
@pytest.mark.parametrize("text", BROKEN)
def test_one_that_cannot_be_imported_says_why(tmp_path, in_a_process, text: str) -> None:
    write(tmp_path, {"mmseg/__init__.py": text})
    printed = in_a_process("""
        import sys
        from terraregistry import DECODER_REGISTRY
        from terraregistry.errors import SourceUnavailableError
        assert list(DECODER_REGISTRY.keys()) == ["terratorch", "smp", "mmseg"]
        assert "mmseg_UPerHead" in DECODER_REGISTRY and "UPerHead" in DECODER_REGISTRY
        for ask in (DECODER_REGISTRY.build, DECODER_REGISTRY.validate, DECODER_REGISTRY.signature):
            try:
                ask("mmseg_UPerHead")
            except SourceUnavailableError as error:
                assert isinstance(error, ImportError) and isinstance(error.__cause__, Exception)
                print(error)
        assert {"torch", "mmseg"}.isdisjoint(sys.modules)
        """)
    reason = f"importing mmseg raises {BROKEN[text]}; repair it: {INSTALL}"
    assert printed.splitlines() == [f"the source 'mmseg' is unavailable: {reason}"] * 3


def test_a_broken_one_leaves_the_other_sources_working(tmp_path, in_a_process) -> None:
    write(tmp_path, {"mmseg/__init__.py": "raise RuntimeError('broken')"})
    printed = in_a_process("""
        from terraregistry import DECODER_REGISTRY, MMSEG_DECODER_REGISTRY, TERRATORCH_DECODER_REGISTRY

        @TERRATORCH_DECODER_REGISTRY.register
        class Mine:
            def __init__(self, channels: list[int]):
                self.out_channels = channels[-1]
            def forward(self, features):
                return features[-1]
            __call__ = forward

        print(DECODER_REGISTRY.build("Mine", [8, 16]).out_channels)
        print("smp_FPN" in DECODER_REGISTRY, DECODER_REGISTRY.resolve("FPN"))
        print(MMSEG_DECODER_REGISTRY == DECODER_REGISTRY["mmseg"], len(MMSEG_DECODER_REGISTRY))
        """)
    assert printed.split() == ["16", "True", "smp_FPN", "True", "32"]


def test_the_first_reason_is_kept_when_a_second_attempt_would_hide_it(tmp_path, in_a_process) -> None:
    heads = "import mmseg\nmmseg.count = getattr(mmseg, 'count', 0) + 1\nraise ImportError(f'attempt {mmseg.count}')"
    write(tmp_path, PACKAGE | {"mmseg/models/decode_heads.py": heads})
    printed = in_a_process("""
        from terraregistry import MMSEG_DECODER_REGISTRY
        from terraregistry.errors import SourceUnavailableError
        for _ in range(2):
            try:
                MMSEG_DECODER_REGISTRY.signature("UPerHead")
            except SourceUnavailableError as error:
                print(error.reason)
        """)
    assert printed.splitlines() == ["importing mmseg raises ImportError: attempt 1"] * 2


def test_warnings_of_the_import_do_not_reach_the_user_and_operators_may_be_missing(tmp_path, in_a_process) -> None:
    warns = "import warnings\nwarnings.warn('old', DeprecationWarning)\nwarnings.warn('moved', ImportWarning)\n"
    operators = "import mmcv._ext as operators\nassert hasattr(operators, 'any_forward')\n"
    heads = {"mmseg/models/decode_heads.py": f"{warns}{operators}{HEAD.format(name='FCNHead')}"}
    write(tmp_path, PACKAGE | heads | {"mmseg/__init__.py": warns})
    printed = in_a_process("""
        import sys, warnings
        from terraregistry import MMSEG_DECODER_REGISTRY
        before = list(warnings.filters)
        print(MMSEG_DECODER_REGISTRY["FCNHead"].__defined_by__.__name__)
        assert warnings.filters == before
        print("mmcv._ext" in sys.modules)
        """)
    assert printed == "FCNHead\nFalse\n"


def test_operators_that_are_there_are_used(tmp_path, in_a_process) -> None:
    heads = f"from mmcv._ext import real\nassert real is True\n{HEAD.format(name='PSAHead')}"
    write(tmp_path, PACKAGE | {"mmcv/_ext.py": "real = True\n", "mmseg/models/decode_heads.py": heads})
    printed = in_a_process("""
        import sys
        from terraregistry.sources.mmseg.mmseg_heads import HEADS
        from terraregistry.sources.mmseg.mmseg_heads import check_needs
        check_needs(HEADS["PSAHead"], {})
        print(sys.modules["mmcv._ext"].real)
        """)
    assert printed == "True\n"


def test_one_that_is_too_old_for_a_head_says_so(tmp_path, in_a_process) -> None:
    write(tmp_path, PACKAGE | {"mmseg/__init__.py": "__version__ = '1.0.0'"})
    printed = in_a_process("""
        from terraregistry import MMSEG_DECODER_REGISTRY
        try:
            MMSEG_DECODER_REGISTRY.build("DDRHead", [8], num_classes=2)
        except ImportError as error:
            print(error)
        """)
    reason = "mmsegmentation 1.0.0 has no DDRHead; install a newer one: pip install mmsegmentation==1.2.2"
    assert printed == f"the source 'mmseg' is unavailable: {reason}\n"


@missing
def test_a_folder_of_its_name_is_no_package(tmp_path, monkeypatch) -> None:
    (tmp_path / "mmseg").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert importlib.util.find_spec("mmseg") is not None
    assert not is_installed()


def test_what_stands_in_the_place_of_a_package_is_none(monkeypatch) -> None:
    for placeholder in (None, type(sys)("mmseg")):
        monkeypatch.setitem(sys.modules, "mmseg", placeholder)
        assert not is_installed()


def test_what_is_left_out_and_what_is_listed_are_in_order() -> None:
    assert list(HEADS) == sorted(HEADS)
    assert all(head.name == name for name, head in HEADS.items())
