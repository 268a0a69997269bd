"""The arguments of smp's decoders: their types, and checks that collect all mistakes and raise them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Final, Literal, NoReturn, SupportsInt, TypeAlias, TypeGuard, cast, get_args

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, describe_value

__all__ = [
    "REGISTRY",
    "SECOND_NAMES",
    "AttentionType",
    "Checks",
    "Interpolation",
    "MergePolicy",
    "Norm",
    "OutputStride",
    "Readout",
]

REGISTRY: Final = "smp"
SECOND_NAMES: Final[Mapping[str, str]] = {
    "decoder_use_norm": "use_norm",
    "decoder_attention_type": "attention_type",
    "decoder_interpolation": "interpolation_mode",
    "decoder_pab_channels": "pab_channels",
    "decoder_pyramid_channels": "pyramid_channels",
    "decoder_segmentation_channels": "segmentation_channels",
    "decoder_dropout": "dropout",
    "decoder_merge_policy": "merge_policy",
    "decoder_channels": "out_channels",
    "decoder_atrous_rates": "atrous_rates",
    "decoder_aspp_separable": "aspp_separable",
    "decoder_aspp_dropout": "aspp_dropout",
    "encoder_output_stride": "output_stride",
    "decoder_readout": "readout",
    "decoder_intermediate_channels": "intermediate_channels",
    "decoder_fusion_channels": "fusion_channels",
    "psp_out_channels": "out_channels",
    "psp_dropout": "dropout",
}
"""The arguments of smp's models, each with its name in smp's decoders; a decoder with both parameters takes either."""

AttentionType: TypeAlias = Literal["scse"]
"""An attention module of smp: concurrent spatial and channel squeeze and excitation (arXiv:1803.02579)."""

Interpolation: TypeAlias = Literal["nearest", "nearest-exact", "bilinear", "bicubic", "area"]
"""A mode of `torch.nn.functional.interpolate` applicable to maps."""

MergePolicy: TypeAlias = Literal["add", "cat"]
"""The merging of several maps: their sum, or their concatenation along the channels."""

OutputStride: TypeAlias = Literal[8, 16]
"""The stride of the last feature of a dilated backbone."""

Readout: TypeAlias = Literal["cat", "add", "ignore"]
"""The use of prefix tokens: concatenated to each position, added to it, or ignored."""

_NormName: TypeAlias = Literal["batchnorm", "identity", "inplace", "instancenorm"]
Norm: TypeAlias = bool | _NormName | Mapping[str, object]
"""A normalisation of smp.

`True` is `"batchnorm"` and `False` is `"identity"`, none. A mapping has the name under `"type"` and further arguments
of the layer. `"inplace"` needs the package `inplace_abn`. smp's `"layernorm"` is missing: see `Checks.norm`.
"""


class Checks:
    """The arguments of a decoder, and the mistakes found in them, each under the name that the caller used.

    Args:
        component: The name of the decoder.
        arguments: All arguments by name, defaults included.
    """

    __slots__ = ("_arguments", "_component", "_given_as", "_problems")

    def __init__(self, component: str, arguments: Mapping[str, object]) -> None:
        self._component = component
        self._given_as = {
            name: other
            for other, name in SECOND_NAMES.items()
            if name in arguments and arguments.get(other) is not None
        }
        self._arguments = {**arguments, **{name: arguments[other] for name, other in self._given_as.items()}}
        self._problems: list[Problem] = []

    def __getitem__(self, name: str) -> Any:  # an argument is any object
        return self._arguments[name]

    def refuse(self, name: str, detail: str) -> None:
        """Note a problem."""
        self._problems.append(Problem(self._given_as.get(name, name), ProblemKind.INVALID, detail=detail))

    def finish(self) -> None:
        """Raise the problems noted, if any, as an InvalidArgumentsError."""
        if self._problems:
            self.fail()

    def fail(self) -> NoReturn:
        """Raise the problems noted; there must be one."""
        raise InvalidArgumentsError(self._component, REGISTRY, tuple(self._problems))

    def stop(self, name: str, detail: str) -> NoReturn:
        """Note a problem after which nothing more can be checked, and raise all problems noted."""
        self.refuse(name, detail)
        self.fail()

    def positive(self, name: str) -> int:
        """Return a positive integer; 0 if it is none."""
        given: object = self[name]
        if _is_positive(given):
            return int(given)
        self.refuse(name, f"must be a positive integer, got {describe_value(given)}")
        return 0

    def positives(self, name: str) -> tuple[int, ...] | None:
        """Return a list of positive integers as plain integers; None if it is none."""
        given: object = self[name]
        if not isinstance(given, Sequence) or isinstance(given, (str, bytes)):
            self.refuse(name, f"must be a list of positive integers, got {describe_value(given)}")
            return None
        entries = cast("Sequence[object]", given)
        bad = [f"entry {i} is {describe_value(entry)}" for i, entry in enumerate(entries) if not _is_positive(entry)]
        if bad:
            self.refuse(name, f"must be a list of positive integers; {', '.join(bad)}")
            return None
        return tuple(int(entry) for entry in entries if _is_positive(entry))

    def fraction(self, name: str) -> float:
        """Return a probability between 0 and 1."""
        given: Any = self[name]
        if not isinstance(given, Real) or not 0 <= float(given) <= 1:
            self.refuse(name, f"must be a number between 0 and 1, got {describe_value(given)}")
        return cast("float", given)

    def choice(self, name: str, choices: Sequence[object]) -> Any:  # as above
        """Return one of a few values."""
        given = self[name]
        if given not in choices:
            self.refuse(name, f"must be one of {', '.join(map(repr, choices))}, got {describe_value(given)}")
        return given

    def interpolation(self) -> str:
        """Return the `interpolation_mode`, one applicable to maps."""
        mode: str = self.choice("interpolation_mode", get_args(Interpolation))
        return mode

    def norm(self) -> bool | str | dict[str, object]:
        """Return `use_norm` as smp takes it, one of its normalisations that work on maps.

        smp's `"layernorm"` is torch's layer over the last axis, the width of a map: it fits only maps as wide as they
        have channels, and fails deep inside the decoder on all others.
        """
        given: object = self["use_norm"]
        if isinstance(given, bool):
            return given
        options: dict[str, object] = {}
        kind = given
        if isinstance(given, Mapping):
            options = dict(cast("Mapping[str, object]", given))
            kind = options.get("type")
        name = kind.lower() if isinstance(kind, str) else kind
        known = ", ".join(map(repr, get_args(_NormName)))
        if name == "layernorm":
            self.refuse("use_norm", f"smp's 'layernorm' normalises over the width of a map; use one of {known}")
        elif name not in get_args(_NormName):
            where = " under 'type'" if options else ""
            self.refuse("use_norm", f"must be a bool or one of {known}{where}, got {describe_value(kind)}")
        return options or str(kind)


def _is_positive(value: object) -> TypeGuard[SupportsInt]:
    return not isinstance(value, bool) and isinstance(value, Integral) and int(value) > 0
