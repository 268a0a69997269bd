"""The factory that puts models together from a backbone, necks, a decoder and a head."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, Any, Final

from torch import nn

from terraregistry.components.factories.arguments import parameter_of
from terraregistry.components.factories.auxiliary import AuxiliaryHead  # noqa: TC001 - read at run time
from terraregistry.components.factories.planning import Planner, Registries
from terraregistry.errors import InvalidArgumentsError
from terraregistry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraregistry.components.factories.composition import Composition
    from terraregistry.errors import Problem
    from terraregistry.protocols import Backbone, Decoder, Neck
    from terraregistry.registry import MultiSourceRegistry

__all__ = ["EncoderDecoderFactory"]


class EncoderDecoderFactory:
    """Puts models together from a backbone, necks, a decoder and a head.

    It takes TerraTorch's arguments, and checks all of them, with those of every part, before it makes the first part.
    What it does differently: auxiliary heads have the head arguments that they are given and not those of the main
    head; whether a decoder includes its head is said by the decoder; nothing that is given is changed; arguments that
    nothing reads are refused for every task.

    Args:
        backbones: Where names of backbones are looked up.
        decoders: Where names of decoders are looked up.
        necks: Where names of necks are looked up.
    """

    def __init__(
        self,
        *,
        backbones: MultiSourceRegistry[Backbone],
        decoders: MultiSourceRegistry[Decoder],
        necks: MultiSourceRegistry[Neck],
    ) -> None:
        self._registries = Registries(backbones, decoders, necks)

    # The arguments of the parts are any objects.
    def build_model(
        self,
        task: str,
        backbone: str | nn.Module,
        decoder: str | nn.Module | None = None,
        backbone_kwargs: Mapping[str, Any] | None = None,
        decoder_kwargs: Mapping[str, Any] | None = None,
        head_kwargs: Mapping[str, Any] | None = None,
        num_classes: int | None = None,
        num_outputs: int | None = None,
        necks: Sequence[Mapping[str, Any] | nn.Module] | None = None,
        aux_decoders: Sequence[AuxiliaryHead | Mapping[str, Any]] | None = None,
        rescale: bool = True,
        image_size_out: tuple[int, int] | None = None,
        **kwargs: Any,
    ) -> nn.Module:
        """Build a model.

        Arguments of a part are given in its dictionary, or one by one with its name in front: `backbone_pretrained`,
        `decoder_channels`, `head_dropout`. `backbone_patch_size` and `backbone_padding` say how images are padded; they
        go on to the backbone where it has such parameters.

        Args:
            task: `segmentation`, `regression`, `classification`, `scalar_regression` or `embedding_generation`.
            backbone: The name of a backbone, or the backbone itself.
            decoder: The name of a decoder, or the decoder itself; none for `embedding_generation`.
            backbone_kwargs: Arguments of the backbone.
            decoder_kwargs: Arguments of the decoder.
            head_kwargs: Arguments of the head.
            num_classes: The number of classes, for segmentation and classification.
            num_outputs: The number of outputs, for regression.
            necks: The necks, the first next to the backbone: dictionaries of `name` and arguments, or necks themselves.
            aux_decoders: Further branches on the same features.
            rescale: Bring results at each pixel to the resolution of the images.
            image_size_out: Height and width of results at each pixel; those of the images by default.
            **kwargs: Arguments of the parts, with `backbone_`, `decoder_` or `head_` in front.

        Returns:
            A `PixelWiseModel`, `ScalarOutputModel` or `EmbeddingOutputModel`.

        Raises:
            InvalidArgumentsError: Something is wrong with the arguments of the factory or of a part; everything that is
                wrong is listed, at the place where it was written.
            ComponentProtocolError: A part turns out not to be what its registry promises.
            SourceUnavailableError: The library behind a source is missing or broken.
        """
        own = {
            "task": task,
            "backbone": backbone,
            "decoder": decoder,
            "backbone_kwargs": backbone_kwargs,
            "decoder_kwargs": decoder_kwargs,
            "head_kwargs": head_kwargs,
            "num_classes": num_classes,
            "num_outputs": num_outputs,
            "necks": necks,
            "aux_decoders": aux_decoders,
            "rescale": rescale,
            "image_size_out": image_size_out,
        }
        return self._plan(own, kwargs).build()

    # The arguments are those of build_model.
    def validate_model(self, **arguments: Any) -> None:
        """Check the arguments of `build_model`, with those of every part, without making any part.

        Args:
            **arguments: The arguments of `build_model`, by name.

        Raises:
            InvalidArgumentsError: Something is wrong with the arguments of the factory or of a part; everything that is
                wrong is listed, at the place where it was written.
            SourceUnavailableError: The library behind a source is missing or broken.
        """
        parameters = inspect.signature(self.build_model).parameters
        own = {name: each.default for name, each in parameters.items() if each.default is not inspect.Parameter.empty}
        own |= {name: value for name, value in arguments.items() if name in parameters and name != "kwargs"}
        self._plan(own, {name: value for name, value in arguments.items() if name not in own})

    # The arguments of the parts are any objects.
    def _plan(self, own: Mapping[str, Any], loose: Mapping[str, Any]) -> Composition:
        valid, problems = _validated(self, own)
        return Planner(self._registries, valid, own, loose, problems).plan()


_CALLS: Final = Registry[nn.Module](build_model=EncoderDecoderFactory.build_model)
_LISTS_OF_PARTS: Final = ("necks", "aux_decoders")


def _validated(
    factory: EncoderDecoderFactory,
    own: Mapping[str, Any],  # arguments of several types
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Validate the factory's own arguments, and leave out those that are wrong."""
    try:
        return _CALLS.validate("build_model", factory, **own).kwargs, ()
    except InvalidArgumentsError as error:
        return _without(own, error.problems), error.problems


# Arguments of several types.
def _without(own: Mapping[str, Any], problems: Iterable[Problem]) -> dict[str, Any]:
    """Leave out what is wrong: an entry of a list of parts (None stands in for it), or else the whole argument."""
    left = dict(own)
    for problem in problems:
        name = parameter_of(problem.path)
        entry = re.match(r"\[(\d+)\]", problem.path[len(name) :])
        if name in _LISTS_OF_PARTS and entry is not None:
            left[name] = [None if at == int(entry[1]) else part for at, part in enumerate(left[name])]
        else:
            left.pop(name, None)
    return left
