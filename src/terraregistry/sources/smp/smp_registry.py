"""The decoders of segmentation-models-pytorch (smp) as a read-only registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, SourceUnavailableError
from terraregistry.index.provider import DescribedEntry
from terraregistry.protocols import Decoder
from terraregistry.quiet import quietly
from terraregistry.registry import Call
from terraregistry.registry.registry import ReadOnlyRegistry
from terraregistry.registry.signatures import effective_signature
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terraregistry.registry.arguments import Checked
    from terraregistry.sources.smp.pyramid import Plan

__all__ = ["SmpRegistry"]

_STORED_IN: Final = "terraregistry.library:SMP_DECODER_REGISTRY"
_NAMES: Final = (
    *("DPT", "DeepLabV3", "DeepLabV3Plus", "FPN", "Linknet", "MAnet"),
    *("PAN", "PSPNet", "Segformer", "UPerNet", "Unet", "UnetPlusPlus"),
)
"""The names of smp's model classes, as existing configs write them."""


class SmpRegistry(ReadOnlyRegistry[Decoder]):
    """The decoders of smp by the names of its models, each built from the channels of the features alone.

    smp is imported when the first decoder is used or validated; the names and signatures are known without it.
    """

    _remedy = "register a decoder of your own in TERRATORCH_DECODER_REGISTRY, or in a Registry that you mount"

    def __init__(self) -> None:
        super().__init__(map(_SmpEntry, _NAMES))


class _SmpEntry(DescribedEntry[Decoder]):
    """One decoder of smp, imported at its first use."""

    __slots__ = ("_checking",)

    def __init__(self, name: str) -> None:
        reference = f"terraregistry.sources.smp.decoders:{name}"
        super().__init__(name, None, reference, stored_in=_STORED_IN, library="segmentation_models_pytorch")
        self._checking: Call[Decoder] | None = None

    def _load(self) -> Any:  # a class, which is checked when it has made something
        try:
            from terraregistry.sources.smp.decoders import SMP_DECODERS
        except Exception as error:
            reason = f"importing segmentation-models-pytorch raises {describe_error(error)}"
            remedy = "install or repair it: pip install segmentation-models-pytorch"
            raise SourceUnavailableError("smp", reason, remedy) from error
        return SMP_DECODERS[self.name]

    def call(self, kwargs: Mapping[str, Any]) -> Call[Decoder]:  # the arguments of a call are any objects
        """Return the call, with support for the second names of arguments."""
        del kwargs
        if self._checking is None:
            constructor = self.constructor
            synonyms: Mapping[str, str] = getattr(constructor, "model_names", {})
            self._checking = Call(constructor, effective_signature(constructor), synonyms=synonyms)
        return self._checking

    def examined(self, call: Call[Decoder], checked: Checked) -> Checked:
        """Check which values fit each other; once smp is loaded, by making the decoder without data."""
        args, kwargs, problems = checked
        if problems:
            return checked
        try:
            if call is not self._checking and self._plan(call, args, kwargs).is_certain:
                return checked
            self._make_without_data(args, kwargs)
        except InvalidArgumentsError as error:
            return args, kwargs, error.problems
        except NotImplementedError:  # an operation without support on the meta device
            return checked
        except SourceUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - layers chosen by arguments may raise anything
            detail = f"{self.name} cannot be made: {describe_error(error)}"
            return args, kwargs, (Problem((), ProblemKind.INVALID, detail=detail),)
        return checked

    # As above.
    def _plan(self, call: Call[Decoder], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Plan:
        from terraregistry.sources.smp.smp_plans import plan_decoder

        bound = call.effective.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return plan_decoder(self.name, bound.arguments)

    def _make_without_data(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:  # as above
        constructor = self.constructor  # smp is imported before: torch 2.6 cannot do so while a device is set
        import torch

        with quietly(), torch.device("meta"):
            constructor(*args, **kwargs)
