"""The reference of a registry is where its module holds it, also after that module was loaded again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.sampling import rest_slow

from .programs import run_program

if TYPE_CHECKING:
    from pathlib import Path

HELD = """
from typing import Any
from terraregistry import MultiSourceRegistry, Registry


class Net:
    def __init__(self, size: int = 1) -> None:
        self.size = size


FIRST = Registry[Any](Net=Net)
SECOND: Registry[Any] = Registry(net=Net)
R = Registry[Any]()
R.register(Net, aliases=["network"])
M = MultiSourceRegistry[Any](
    second=SECOND,
    first=FIRST,
)
"""

MOVED = "# A line\n# and another.\n" + HELD.replace("FIRST = Registry[Any](Net=Net)\n", "").replace(
    "R = Registry[Any]()\n", "R = Registry[Any]()\nFIRST = Registry[Any](Net=Net)\n"
)

PROGRAM = """
    import importlib, json, pickle, sys
    from pathlib import Path

    sys.dont_write_bytecode = True
    asked, moved, way = sys.argv[1:]
    import taker_before  # which has `from held import ...`; its name comes first
    import held
    import other_taker

    NAMES = ["FIRST", "SECOND", "R", "M"]
    old = {name: getattr(held, name) for name in NAMES}
    if asked == "asked":
        assert [old[name].reference for name in NAMES] == [f"held:{name}" for name in NAMES]
    specs = {name: old[name].validate([*old[name]][-1], size=4) for name in NAMES} if asked == "asked" else {}
    if moved == "moved":
        Path(held.__file__).write_text(Path(__file__).with_name("moved.py").read_text())
    if way == "reload":
        for _ in range(2):
            importlib.reload(held)
    else:
        del sys.modules["held"]
        held = importlib.import_module("held")
    specs |= {name + " later": old[name].validate([*old[name]][-1], size=4) for name in NAMES}
    specs |= {name + " new": getattr(held, name).validate([*old[name]][-1], size=4) for name in NAMES}
    print(json.dumps({
        "changed": [old[name] is not getattr(held, name) for name in NAMES],
        "old": [old[name].reference for name in NAMES],
        "new": [getattr(held, name).reference for name in NAMES],
        "specs": sorted({f"{key.split()[0]} {spec.to_dict()['registry']}" for key, spec in specs.items()}),
        "pickled": [pickle.loads(pickle.dumps(old[name])) is getattr(held, name) for name in NAMES],
        "built": sorted({type(pickle.loads(pickle.dumps(spec)).build()) is held.Net for spec in specs.values()}),
        "labels": [repr(old[name]).partition(":")[0] for name in NAMES],
    }))
"""

TAKER = "from held import FIRST, M, R, SECOND\nALSO = R\nTAKEN = [FIRST, M]\n"


@pytest.mark.parametrize("way", ["reload", "import"])
@pytest.mark.parametrize("moved", rest_slow(["the same", "moved"], "moved"))
@pytest.mark.parametrize("asked", rest_slow(["asked", "not asked"], "asked"))
def test_a_reference_stays_when_the_module_is_loaded_again(tmp_path: Path, asked: str, moved: str, way: str) -> None:
    modules = {"held.py": HELD, "moved.py": MOVED, "taker_before.py": TAKER, "other_taker.py": TAKER}
    names = ["FIRST", "SECOND", "R", "M"]
    found = run_program(tmp_path, {**modules, "main.py": PROGRAM}, asked, moved, way)
    assert found == {
        "changed": [True] * 4,
        "old": [f"held:{name}" for name in names],
        "new": [f"held:{name}" for name in names],
        "specs": sorted(f"{name} held:{name}" for name in names),
        "pickled": [True] * 4,
        "built": [True],
        "labels": [f"<{name}" for name in names],
    }


def test_a_registry_that_two_names_hold_keeps_the_first(tmp_path: Path) -> None:
    """A registry that was renamed, and has its old name for a while."""
    program = """
        import importlib, json, sys

        sys.dont_write_bytecode = True
        import taker_before
        import held

        references = [taker_before.R.reference, held.OLD.reference]
        importlib.reload(held)
        print(json.dumps([*references, taker_before.R.reference, held.OLD.reference]))
    """
    modules = {"held.py": HELD + "OLD = R\n", "taker_before.py": TAKER, "main.py": program}
    assert run_program(tmp_path, modules) == ["held:R"] * 4


def test_a_registry_that_its_module_no_longer_holds_has_no_false_reference(tmp_path: Path) -> None:
    program = """
        import importlib, json, sys
        from pathlib import Path

        sys.dont_write_bytecode = True
        import held
        from held import R as taken

        file = Path(held.__file__)
        file.write_text(file.read_text().replace("R = Registry[Any]()", "Q = Registry[Any]()").replace("R.register", "Q.register"))
        del held.R
        importlib.reload(held)
        reference = taken.reference
        module, _, attribute = (reference or ":").partition(":")
        print(json.dumps([reference, getattr(sys.modules.get(module), attribute, None) is not None or reference is None]))
    """
    reference, found = run_program(tmp_path, {"held.py": HELD, "main.py": program})
    assert found, reference


def test_the_registries_of_the_library_keep_their_references(tmp_path: Path) -> None:
    program = """
        import importlib, json
        import terraregistry
        from terraregistry import NECK_REGISTRY, TERRATORCH_NECK_REGISTRY, TIMM_BACKBONE_REGISTRY

        old = [NECK_REGISTRY, TERRATORCH_NECK_REGISTRY, TIMM_BACKBONE_REGISTRY]
        import terraregistry.library

        importlib.reload(terraregistry.library)
        spec = NECK_REGISTRY.validate("SelectIndices", [1, 2], indices=[0])
        print(json.dumps([[each.reference for each in old], spec.to_dict()["registry"]]))
    """
    names = ["NECK_REGISTRY", "TERRATORCH_NECK_REGISTRY", "TIMM_BACKBONE_REGISTRY"]
    references = [f"terraregistry.library:{name}" for name in names]
    assert run_program(tmp_path, {"main.py": program}) == [references, references[0]]
