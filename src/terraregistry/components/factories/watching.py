"""A watch on the input features of decoders while a model runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.components.factories.planned_parts import NamedPart
from terraregistry.errors import Problem, ProblemKind

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from torch import Tensor, nn
    from torch.utils.hooks import RemovableHandle

    from terraregistry.components.factories.composition import Composition
    from terraregistry.components.factories.planned_parts import Part

__all__ = ["LevelWatch"]


class LevelWatch:
    """Context manager noting decoders for features of several levels run on features of one.

    Args:
        composition: The composition of the model.
        model: The model.

    Attributes:
        doubts: The doubtful decoders; complete after the run of the model.
    """

    def __init__(self, composition: Composition, model: nn.Module) -> None:
        self.doubts: Final[list[Problem]] = []
        self._handles: list[RemovableHandle] = []
        children = dict(model.named_children())
        aux = dict(children["aux_heads"].named_children()) if "aux_heads" in children else {}
        self._decoders: Final = [
            (branch.decoder, next(iter(aux[name].children()))) for name, branch in composition.aux_branches.items()
        ]
        if composition.branch is not None:
            self._decoders.append((composition.branch.decoder, children["decoder"]))

    def __enter__(self) -> Self:
        for part, decoder in self._decoders:
            if getattr(decoder, "wants_levels", False) is True:
                self._handles.append(decoder.register_forward_pre_hook(partial(self._note, part)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for handle in self._handles:
            handle.remove()

    def _note(self, part: Part, _: nn.Module, given: tuple[Any, ...]) -> None:  # whatever a module is called with
        features = cast("list[Tensor]", given[0])
        sizes = {tuple(feature.shape[2:]) for feature in features}
        if len(features) < 2 or len(sizes) > 1:
            return
        what = part.name if isinstance(part, NamedPart) else "the decoder"
        detail = (
            f"{what} joins features of several resolutions, and all {len(features)} have one; a neck such as "
            "LearnedInterpolateToPyramidal before it makes a pyramid of them"
        )
        problem = Problem(part.where, ProblemKind.DOUBTFUL, detail=detail)
        if problem not in self.doubts:
            self.doubts.append(problem)
