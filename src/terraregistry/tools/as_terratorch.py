"""The arguments with which a model is TerraTorch's: its auxiliary heads, and its features of smp's decoders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.components.factories.branches import AuxiliaryHead, includes_head
from terraregistry.components.factories.part_planning import as_yaml
from terraregistry.components.factories.rules import AUXILIARY, AUXILIARY_ARGUMENTS, BACKBONE, DECODER, HEAD
from terraregistry.errors import Problem, ProblemKind
from terraregistry.library import BACKBONE_REGISTRY, DECODER_REGISTRY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.problems import KeyPath

__all__ = ["COMPOSED", "DROPPING", "as_terratorch"]

COMPOSED: Final = ("EncoderDecoderFactory", "PrithviModelFactory")
"""The factories of models that can differ from TerraTorch's."""
DROPPING: Final = ("DeepLabV3Plus", "Linknet", "MAnet", "PAN", "Segformer", "UPerNet", "Unet", "UnetPlusPlus")
"""The decoders of smp that leave features out in TerraTorch."""
_DROP: Final = "drop_first_features"


# The arguments of a model are any objects.
def as_terratorch(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the arguments of the model that TerraTorch builds from some, and a remark for each difference.

    Args:
        arguments: The arguments of `build_model` of a factory in `COMPOSED`, not validated.

    Returns:
        Arguments to build TerraTorch's model here, and the differences from the model of the arguments given.
    """
    changed, remarks = dict(arguments), list[Problem]()
    decoder = changed.get(DECODER.key)
    together = _mapping(changed.get(DECODER.dictionary))
    name = _DROP if together else DECODER.prefix + _DROP
    spared = _begins_with_images(changed)
    if not spared and _drops(decoder) and name not in (together or changed):
        changed |= {DECODER.dictionary: {**together, _DROP: True}} if together else {name: True}
        home = f" in {DECODER.dictionary}" if together else ""
        line = f"`{name}: true`{home} does so here, and `false` keeps them"
        remarks.append(_difference((DECODER.key,), [_left_out(decoder)], line))
    head, records = _head(changed), changed.get(AUXILIARY.key)
    if isinstance(records, list):
        entries = cast("list[object]", records)
        changed[AUXILIARY.key] = [_branch(each, at, head, remarks, spared=spared) for at, each in enumerate(entries)]
    return changed, remarks


# As above.
def _branch(record: object, at: int, head: Mapping[str, Any], remarks: list[Problem], *, spared: bool) -> object:
    """Return an auxiliary head with TerraTorch's arguments."""
    entry = vars(record) if isinstance(record, AuxiliaryHead) else _mapping(record)
    decoder, given = entry.get("decoder"), _mapping(entry.get(AUXILIARY_ARGUMENTS))
    differences: list[str] = []
    arguments = given
    if not spared and _drops(decoder) and DECODER.prefix + _DROP not in given:
        arguments = {**arguments, DECODER.prefix + _DROP: True}
        differences.append(_left_out(decoder))
    if _prefixed(given) != head and isinstance(decoder, str) and not includes_head(DECODER_REGISTRY, decoder):
        others = {name: value for name, value in arguments.items() if not name.startswith(HEAD.prefix)}
        arguments = {**others, **head}
        differences.append("gives an auxiliary head the arguments of the main head, and ignores its own")
    if not differences:
        return record
    line = f"`{as_yaml({AUXILIARY_ARGUMENTS: arguments})[1:-1]}` does so here"
    remarks.append(_difference((AUXILIARY.key, at), differences, line))
    return {**entry, AUXILIARY_ARGUMENTS: arguments}


def _head(arguments: Mapping[str, Any]) -> dict[str, Any]:  # as above
    """Return the arguments of the main head, with their prefix."""
    together = _mapping(arguments.get(HEAD.dictionary))
    return {HEAD.prefix + name: value for name, value in together.items()} if together else _prefixed(arguments)


def _prefixed(arguments: Mapping[str, Any]) -> dict[str, Any]:  # as above
    return {
        name: value for name, value in arguments.items() if name.startswith(HEAD.prefix) and name != HEAD.dictionary
    }


def _mapping(value: object) -> dict[str, Any]:  # as above
    """Return a mapping with names as keys; an empty one for anything else."""
    items = cast("Mapping[object, Any]", value).items() if isinstance(value, Mapping) else ()
    return {key: item for key, item in items if isinstance(key, str)}


def _begins_with_images(arguments: Mapping[str, Any]) -> bool:  # as above
    """Return True if the first feature has the size of the images, of a VGG or a DLA: no decoder needs it."""
    backbone = arguments.get(BACKBONE.key)
    if not isinstance(backbone, str) or backbone not in BACKBONE_REGISTRY or arguments.get("necks"):
        return False
    prefix, name = BACKBONE_REGISTRY.resolve(backbone)
    together = _mapping(arguments.get(BACKBONE.dictionary))
    chosen = (together or arguments).get("out_indices" if together else f"{BACKBONE.prefix}out_indices")
    if prefix != "timm" or not name.startswith(("dla", "vgg")):
        return False
    if chosen is None:
        return name.startswith("vgg")
    return isinstance(chosen, (list, tuple)) and 0 in cast("Sequence[object]", chosen)[:1]


def _drops(decoder: object) -> bool:
    """Return True for the name of a decoder in `DROPPING`."""
    if not isinstance(decoder, str) or decoder not in DECODER_REGISTRY:
        return False
    found = DECODER_REGISTRY.resolve(decoder)
    return found.prefix == "smp" and found.name in DROPPING


def _left_out(decoder: object) -> str:
    return f"leaves out the first features of {decoder}"


def _difference(path: KeyPath, differences: list[str], line: str) -> Problem:
    detail = f"TerraTorch {' and '.join(differences)}: {line}, or for one run --like-terratorch"
    return Problem(path, ProblemKind.DIFFERENT, detail=detail)
