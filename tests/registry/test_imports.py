"""Importing: nothing heavy before it is needed, every module by itself, and all names where they are promised."""

from __future__ import annotations

import importlib
import subprocess
import sys
from textwrap import dedent
from typing import Any

import pytest

import terraregistry
import terraregistry.errors
import terraregistry.registry

HEAVY = ("torch", "timm", "segmentation_models_pytorch", "pydantic", "pydantic_core", "numpy", "yaml", "torchvision")
CORE = [
    "terraregistry",
    "terraregistry.errors",
    "terraregistry.library",
    "terraregistry.protocols",
    "terraregistry.registry",
    "terraregistry.registry.arguments",
    "terraregistry.registry.base",
    "terraregistry.registry.builders",
    "terraregistry.registry.calls",
    "terraregistry.registry.entries",
    "terraregistry.registry.kinds",
    "terraregistry.registry.locations",
    "terraregistry.registry.mounts",
    "terraregistry.registry.multi",
    "terraregistry.registry.names",
    "terraregistry.registry.registry",
    "terraregistry.registry.single",
    "terraregistry.registry.specs",
    "terraregistry.registry.states",
    "terraregistry.registry.values",
    "terraregistry.suggest",
]
PROMISED = {
    *("BACKBONE_REGISTRY", "DECODER_REGISTRY", "NECK_REGISTRY", "MODEL_FACTORY_REGISTRY"),
    *("TERRATORCH_BACKBONE_REGISTRY", "TERRATORCH_DECODER_REGISTRY", "TERRATORCH_NECK_REGISTRY"),
    *("TIMM_BACKBONE_REGISTRY", "SMP_DECODER_REGISTRY"),
    *("Registry", "MultiSourceRegistry", "ComponentSpec", "Source"),
    *("Backbone", "Decoder", "Neck", "ModelFactory"),
}


def loaded_after(code: str) -> list[str]:
    script = dedent(code) + f"\nimport sys\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return eval(ended.stdout)  # type: ignore[no-any-return]  # a printed list


@pytest.mark.parametrize(
    "code",
    [
        "import terraregistry",
        "from terraregistry import *",
        "import terraregistry.library, terraregistry.errors, terraregistry.protocols, terraregistry.registry",
        """
        from terraregistry import *
        list(BACKBONE_REGISTRY.keys()), repr(BACKBONE_REGISTRY), list(NECK_REGISTRY), list(DECODER_REGISTRY)
        "Unet" in DECODER_REGISTRY, DECODER_REGISTRY.resolve("FCNDecoder"), DECODER_REGISTRY.search("*net*")
        DECODER_REGISTRY & {"Unet"}, DECODER_REGISTRY == NECK_REGISTRY, list(SMP_DECODER_REGISTRY.keys())
        TERRATORCH_BACKBONE_REGISTRY.register(int, name="x"), "x" in TERRATORCH_BACKBONE_REGISTRY
        """,
        """
        from terraregistry import *
        from terraregistry.errors import *
        import pickle
        R = Registry(a=int)
        try:
            MultiSourceRegistry(p=R).build("b")
        except ComponentNotFoundError as error:
            str(error), error.suggestions, pickle.dumps(error)
        pickle.dumps(NECK_REGISTRY)
        """,
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    assert loaded_after(code) == []


def test_only_a_miss_whose_suggestions_are_read_loads_what_compares_names() -> None:
    code = """
    import sys
    from terraregistry import MultiSourceRegistry, Registry
    R = MultiSourceRegistry(p=Registry(part=dict))
    assert R.build("part", size=1) == {"size": 1} and "prat" not in R
    try:
        R.build("prat")
    except KeyError as error:
        assert "rapidfuzz" not in sys.modules
        assert error.suggestions == ("p_part",) and "rapidfuzz" in sys.modules
    """
    assert loaded_after(code) == []


def test_names_are_told_without_the_index_and_without_what_reads_source() -> None:
    """Everybody waits for the first answer: what only arguments need is loaded by the first call that has some."""
    code = """
    import sys
    from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY
    assert "resnet18" in BACKBONE_REGISTRY and "resnte18" not in BACKBONE_REGISTRY and len(list(BACKBONE_REGISTRY)) > 1000
    assert DECODER_REGISTRY.resolve("Unet").prefix == "smp"
    reading = "terraregistry.registry.signatures.", ("inspection", "callables", "interpreter", "scopes", "expressions", "found")
    asking = "terraregistry.index.", ("described", "loading", "cache", "store", "keys", "descriptions")
    unneeded = {start + name for start, names in (reading, asking) for name in names} | {"importlib.metadata", "json"}
    assert unneeded.isdisjoint(sys.modules), unneeded.intersection(sys.modules)
    """
    assert loaded_after(code) == []


def test_a_signature_is_told_before_anybody_has_imported_typing_extensions() -> None:
    code = """
    import sys
    from terraregistry import Registry
    def part(size=1, *, name="x"): return size
    def make(**kwargs): return unknown(**kwargs)
    R = Registry(part=part, make=make)
    assert "typing_extensions" not in sys.modules
    assert str(R.signature("make")) == "(**kwargs)", R.signature("make")
    assert str(R.signature("part")) == "(size=1, *, name='x')"
    """
    assert loaded_after(code) == []


@pytest.mark.parametrize("package", ["terraregistry", "terraregistry.index", "terraregistry.registry"])
def test_what_is_loaded_when_it_is_asked_for_is_all_there(package: str) -> None:
    module = importlib.import_module(package)
    assert all(getattr(module, name) is not None for name in module.__all__)
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match=f"^module '{package}' has no attribute 'nothing'$"):
        module.nothing  # noqa: B018


def test_the_first_validation_loads_pydantic_core_and_no_torch() -> None:
    code = """
    from terraregistry import Registry
    def part(size: int, name: str = "x", sizes: list[int] | None = None): return size
    R = Registry(part=part)
    assert R.build("part", 3, sizes=[1]) == 3
    R.signature("part"), R.describe("part")
    """
    loaded = loaded_after(code)
    assert "pydantic_core" in loaded
    assert not {"torch", "timm", "numpy"} & set(loaded)


@pytest.mark.parametrize("module", CORE)
def test_every_module_of_the_core_can_be_imported_first_and_alone(module: str) -> None:
    assert loaded_after(f"import {module}") == []


@pytest.mark.parametrize("module", [name for name in CORE if name != "terraregistry.library"])
def test_what_a_module_exports_is_there_and_sorted(module: str) -> None:
    imported = importlib.import_module(module)
    exported: list[str] = imported.__all__
    assert exported == sorted(exported, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert len(exported) == len(set(exported))
    for name in exported:
        assert getattr(imported, name) is not None


@pytest.mark.parametrize(
    "module", [terraregistry, terraregistry.registry, terraregistry.errors], ids=lambda m: m.__name__
)
def test_what_is_exported_is_what_is_public(module: Any) -> None:
    defined = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "").startswith("terraregistry")
        and hasattr(value, "__name__")
    }
    assert defined <= set(module.__all__)


def test_everything_that_is_promised_can_be_imported_from_both_places() -> None:
    assert set(terraregistry.__all__) >= PROMISED
    shared = set(terraregistry.__all__) - {"from_config", "to_config"}
    assert set(terraregistry.registry.__all__) >= shared
    for name in shared:
        assert getattr(terraregistry, name) is getattr(terraregistry.registry, name)
        if name.endswith("REGISTRY"):
            assert getattr(terraregistry.library, name) is getattr(terraregistry, name)


def test_star_imports_give_what_is_exported() -> None:
    for module in ("terraregistry", "terraregistry.registry", "terraregistry.errors"):
        namespace: dict[str, object] = {}
        exec(f"from {module} import *", namespace)
        assert set(namespace) - {"__builtins__"} == set(importlib.import_module(module).__all__)


@pytest.mark.parametrize("module", [terraregistry, terraregistry.registry], ids=lambda module: module.__name__)
def test_what_is_not_there_is_an_attribute_error(module: Any) -> None:
    for name in ("NO_REGISTRY", "registries", "_private", "Backbones"):
        with pytest.raises(AttributeError) as caught:
            getattr(module, name)
        assert str(caught.value) == f"module {module.__name__!r} has no attribute {name!r}"
    with pytest.raises(ImportError):
        exec(f"from {module.__name__} import NO_REGISTRY")
    assert set(dir(module)) >= set(module.__all__)


def test_every_exception_is_ours_and_a_builtin() -> None:
    builtin = {
        "ComponentNotFoundError": (KeyError,),
        "SourceNotFoundError": (KeyError,),
        "DuplicateComponentError": (KeyError,),
        "DuplicateSourceError": (KeyError,),
        "PrefixConflictError": (ValueError,),
        "InvalidArgumentsError": (TypeError, ValueError),
        "ComponentProtocolError": (TypeError,),
        "SourceUnavailableError": (ImportError,),
        "ReadOnlyRegistryError": (TypeError,),
        "InvalidRegistrationError": (TypeError, ValueError),
        "ConfigError": (ValueError,),
    }
    exported = {
        name
        for name in terraregistry.errors.__all__
        if isinstance(getattr(terraregistry.errors, name), type)
        and issubclass(getattr(terraregistry.errors, name), Exception)
        and not issubclass(getattr(terraregistry.errors, name), Warning)
    }
    assert set(builtin) <= exported
    for name in exported - {"RegistryError"}:
        error = getattr(terraregistry.errors, name)
        assert issubclass(error, terraregistry.errors.RegistryError)
        others = [
            base
            for base in error.__mro__
            if base.__module__ == "builtins" and base not in (Exception, BaseException, object)
        ]
        assert others
        for each in builtin.get(name, ()):
            assert issubclass(error, each)
