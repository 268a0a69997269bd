"""The counter of multiply-adds, activations and bytes, over torch's own registry of formulas."""

# torch leaves the methods of its modes untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

import weakref
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from torch.utils.flop_counter import flop_registry

from terraregistry.components.costs import Cost
from terraregistry.components.models.encoder_decoder import EncoderModel
from terraregistry.components.models.images import is_image

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from terraregistry.components.models.images import Images

__all__ = ["Meter", "parts_of"]

T = TypeVar("T")


def parts_of(model: nn.Module) -> dict[str, nn.Module]:
    """Return the parts of a composed model, or else its children, by name."""
    if not isinstance(model, EncoderModel):
        return dict(model.named_children())
    children = dict(model.named_children())
    auxiliary = children.pop("aux_heads", None)
    named = {
        "backbone": children.pop("encoder"),
        **{f"necks.{at}": neck for at, neck in enumerate(children.pop("neck").children())},
        **(
            {f"aux_heads.{name}": branch for name, branch in auxiliary.named_children()}
            if auxiliary is not None
            else {}
        ),
    }
    return named | {name: child for name, child in children.items() if not isinstance(child, nn.Identity)}


@dataclass(eq=False)
class _Tally:
    """The counts of a model or a part."""

    macs: int = 0
    activations: int = 0
    peak: int = 0
    saved: dict[int, int] = field(default_factory=dict[int, int])


class Meter:
    """Meter of a model's runs on the meta device, or on another one.

    Args:
        model: The model.
        images: Its inputs.
        parts: Its parts, by name; by default those of `parts_of`.
    """

    def __init__(self, model: nn.Module, images: Images, parts: Mapping[str, nn.Module] | None = None) -> None:
        self._model: Final = model
        self._batch: Final = _shape_of(images)
        self._own: Final = {_memory(each) for each in (*_inputs(images), *_tensors(model))}
        self._parts: Final = parts_of(model) if parts is None else parts
        self._tallies: Final = {name: _Tally() for name in self._parts}
        self._whole: Final = _Tally()
        self._running: list[_Tally] = [self._whole]
        self._trained_on: int | None = None

    def infer(self, run: Callable[[], T]) -> T:
        """Call `run`, which runs the model in evaluation mode, and count."""
        with self._watching(counts=True), _Counter(self._running, self._own), torch.no_grad():
            return run()

    def train(self, run: Callable[[], object], images: Images | None = None) -> bool:
        """Call `run`, which runs the model in training mode, and record the bytes kept for the backward pass.

        Args:
            run: Runs the model.
            images: The images that it is run on, if others than in evaluation mode.

        Returns:
            False if that raises an exception: the bytes stay unknown.
        """
        own = self._own if images is None else {*self._own, *map(_memory, _inputs(images))}

        def keep(tensor: Tensor) -> Tensor:
            memory = _memory(tensor)
            if memory not in own:
                for tally in self._running:
                    tally.saved[memory] = tensor.untyped_storage().nbytes()
            return tensor.detach()  # the tensor itself would keep its graph alive

        try:
            with self._watching(), torch.enable_grad(), saved_tensors_hooks(keep, lambda tensor: tensor):
                result = run()
                del result  # the graph lives until here: no other tensor got the memory of a saved one
        except Exception:  # noqa: BLE001 - a module may raise anything; it is run again, without gradients
            return False
        self._trained_on = (self._batch if images is None else _shape_of(images))[0]
        return True

    def cost(self) -> Cost | None:
        """Return the counts; None for a model with a cost that depends on the contents of images."""
        if getattr(self._model, "cost_depends_on_images", False) is True:
            return None
        parts = {name: self._cost(part, self._tallies[name], {}) for name, part in self._parts.items()}
        return self._cost(self._model, self._whole, parts)

    def _cost(self, module: nn.Module, tally: _Tally, parts: dict[str, Cost]) -> Cost:
        trained = [each for each in module.parameters() if each.requires_grad]
        saved = sum(tally.saved.values()) * self._batch[0]
        return Cost(
            batch=self._batch,
            parameters=sum(each.numel() for each in module.parameters()),
            macs=tally.macs,
            activations=tally.activations,
            weight_bytes=sum(each.nbytes for each in _tensors(module)),
            trained_bytes=sum(each.nbytes for each in trained),
            peak_bytes=tally.peak,
            saved_bytes=None if self._trained_on is None else saved // self._trained_on,
            parts=parts,
        )

    @contextmanager
    def _watching(self, *, counts: bool = False) -> Generator[None]:
        with ExitStack() as stack:
            stack.enter_context(_FusedAttention(self._running, counts=counts))
            for name, part in self._parts.items():
                is_list = isinstance(part, (nn.ModuleList, nn.ModuleDict))  # which has no forward
                for module in part.children() if is_list else [part]:
                    start = module.register_forward_pre_hook(partial(self._start, self._tallies[name]))
                    end = module.register_forward_hook(self._end, always_call=True)
                    stack.callback(start.remove)
                    stack.callback(end.remove)
            yield

    # What the hooks of a module are given.
    def _start(self, tally: _Tally, *_: object) -> None:
        self._running.append(tally)

    def _end(self, *_: object) -> None:
        self._running.pop()


def _inputs(images: Images) -> list[Tensor]:
    return [images] if isinstance(images, Tensor) else [*images.values()]


def _shape_of(images: Images) -> tuple[int, ...]:
    return tuple(next(filter(is_image, _inputs(images))).shape)


def _tensors(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]


def _memory(tensor: Tensor) -> int:
    # The address of the storage's implementation: without data, all have the same data pointer.
    return cast("int", cast("Any", tensor.untyped_storage())._cdata)


class _Counter(TorchDispatchMode):
    """Mode that counts each operation in the tallies of the running parts."""

    def __init__(self, running: list[_Tally], own: set[int]) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]  # as above
        self._running: Final = running
        self._own: Final = own
        self._live: Final[dict[int, weakref.ref[Any]]] = {}  # of a storage
        self._bytes = 0

    # As torch has it.
    def __torch_dispatch__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        formula = flop_registry.get(func._overloadpacket)
        if formula is None and func is not torch.ops.prim.device.default:
            with self:  # an operation made of others, which comes here in inference mode
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        result = func(*args, **kwargs)
        if formula is not None:
            macs = formula(*args, **kwargs, out_val=result) // 2
            activations = sum(each.numel() for each in tree_iter(result) if isinstance(each, Tensor))
            fused = self._running[-1] is _FUSED
            for tally in self._running:
                tally.macs += macs
                tally.activations += 0 if fused else activations
        if self._running[-1] is not _FUSED:
            for each in tree_iter(result):
                if isinstance(each, Tensor):
                    self._note(each)
        return result

    def _note(self, tensor: Tensor) -> None:
        """Count the bytes of a new storage, until it is gone."""
        storage, memory = tensor.untyped_storage(), _memory(tensor)
        if memory in self._live or memory in self._own:
            return
        size = storage.nbytes()

        def gone(_: object) -> None:
            self._bytes -= size
            del self._live[memory]

        self._live[memory] = weakref.ref(storage, gone)
        self._bytes += size
        for tally in self._running:
            tally.peak = max(tally.peak, self._bytes)


_FUSED: Final = _Tally()
"""Marks operations inside of attention that a fused kernel does not make one by one."""


class _FusedAttention(TorchFunctionMode):
    """Mode that counts attention as fused kernels compute it; without data, torch takes that of separate operations."""

    def __init__(self, running: list[_Tally], *, counts: bool) -> None:
        super().__init__()
        self._running: Final = running
        self._counts: Final = counts

    # As torch has it.
    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is not nn.functional.scaled_dot_product_attention:
            return func(*args, **kwargs)

        def attend() -> Tensor:
            self._running.append(_FUSED)
            try:
                return func(*args, **kwargs)
            finally:
                self._running.pop()

        inputs = dict(zip(("query", "key", "value"), args, strict=False)) | kwargs
        result = _Attention.apply(attend, inputs["query"], inputs["key"], inputs["value"])
        for tally in self._running if self._counts else ():
            tally.activations += result.numel()
        return result


class _Attention(torch.autograd.Function):
    """Attention that keeps what fused kernels keep: inputs, result, and one number a row."""

    # As torch has it.
    @staticmethod
    def forward(ctx: Any, attend: Callable[[], Tensor], query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Compute the attention."""
        result = attend()
        ctx.save_for_backward(query, key, value, result, query.new_empty(query.shape[:-1], dtype=torch.float32))
        return result
