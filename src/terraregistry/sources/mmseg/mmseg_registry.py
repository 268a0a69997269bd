"""The decode heads of mmsegmentation as a read-only registry."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from terraregistry.protocols import Decoder
from terraregistry.registry import Call, Entry
from terraregistry.registry.registry import ReadOnlyRegistry
from terraregistry.sources.mmseg.heads import HEADS
from terraregistry.sources.mmseg.layer_configs import check_configs
from terraregistry.sources.mmseg.loaded_mmseg import check_needs, head_class, is_installed, not_installed

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Mapping, Sequence

    from terraregistry.registry.arguments import Checked
    from terraregistry.registry.base import Found
    from terraregistry.registry.signatures import EffectiveSignature
    from terraregistry.sources.mmseg.heads import Head
    from terraregistry.sources.mmseg.mmseg_decoder import MmsegDecoder

__all__ = ["MmsegConstructor", "MmsegRegistry"]


class MmsegConstructor:
    """The constructor of the decoder of one name.

    Args:
        name: The name of a head's class.

    Attributes:
        includes_head: True if the result is the task's output; always, for the heads of mmsegmentation.
        name: The same name.
    """

    __slots__ = ("name",)
    includes_head: Final = True

    def __init__(self, name: str) -> None:
        self.name: Final = name

    @property
    def __name__(self) -> str:
        return self.name

    @property
    def __defined_by__(self) -> Callable[..., Any]:  # a class without types
        """The class in mmsegmentation."""
        return head_class(HEADS[self.name])

    @property
    def __signature__(self) -> inspect.Signature:
        return _effective(HEADS[self.name]).signature

    # What a head takes depends on the head; build() holds the arguments to its signature.
    def __call__(self, channel_list: Sequence[int], **kwargs: Any) -> MmsegDecoder:
        """Make the decoder.

        Args:
            channel_list: The channels of each feature.
            kwargs: The arguments of the head's class; `in_channels`, `in_index` and `input_transform` follow from the
                channels unless they are given.

        Returns:
            A new decoder.
        """
        from terraregistry.sources.mmseg.head_building import build_head

        return build_head(HEADS[self.name], channel_list, kwargs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MmsegConstructor) and self.name == other.name

    def __hash__(self) -> int:
        return hash((MmsegConstructor, self.name))

    # What reconstructs it has arguments of its own.
    def __reduce__(self) -> tuple[Any, ...]:
        return MmsegConstructor, (self.name,)


class MmsegRegistry(ReadOnlyRegistry[Decoder]):
    """The decode heads of mmsegmentation from features to logits, each built from the channels of the features.

    A head's result is that of the whole decoder: `includes_head` is true, and `out_channels` the number of classes.
    `in_channels`, `in_index` and `input_transform` follow from the channels of the features unless given. mmsegmentation is
    imported for the first head used; the names are known without it. A head with requirements not installed, such as the compiled
    operators of mmcv, is listed; building it raises a `SourceUnavailableError` with the requirement. Without mmsegmentation the
    registry is empty, and the error for a head names the package to install.
    """

    _remedy = "register a decoder of your own in TERRATORCH_DECODER_REGISTRY, or in a Registry that you mount"

    def __init__(self) -> None:
        super().__init__()
        heads = HEADS.values() if is_installed() else ()
        self._entries: Final[dict[str, Entry[Decoder]]] = {head.name: _MmsegEntry(head) for head in heads}

    def _find(self, name: str) -> Entry[Decoder] | None:
        return self._entries.get(name)

    def look_up(self, name: str) -> str | None:
        """Return the canonical spelling of a name or an alias; None for an unknown name."""
        return name if name in self._entries else None

    def _names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def found(self, name: str) -> Found[Decoder]:
        """Return the component of a name.

        Raises:
            ComponentNotFoundError: The name is not here.
            SourceUnavailableError: It is here once mmseg is installed.
        """
        if not self._entries and name in HEADS:
            raise not_installed()
        return super().found(name)


class _MmsegEntry(Entry[Decoder]):
    """One head; its class is imported on first use."""

    __slots__ = ("_checking", "_head")

    def __init__(self, head: Head) -> None:
        super().__init__(head.name, MmsegConstructor(head.name))
        self._head = head
        self._checking: _MmsegCall | None = None

    def call(self, kwargs: Mapping[str, Any]) -> Call[Decoder]:  # the arguments of a call are any objects
        """Return the call, with a check of nested dictionaries."""
        del kwargs
        if self._checking is None:
            self._checking = _MmsegCall(self._head, self.constructor, _effective(self._head))
        return self._checking


class _MmsegCall(Call[Decoder]):
    """A call of a head: missing requirements are reported first, and dictionaries are checked for the names of layers."""

    __slots__ = ("_head",)

    def __init__(self, head: Head, constructor: Callable[..., Decoder], effective: EffectiveSignature) -> None:
        super().__init__(constructor, effective)
        self._head = head

    # The arguments of a call are any objects.
    def check(self, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] = MappingProxyType({})) -> Checked:
        """Check the arguments, and report unregistered layers.

        Raises:
            SourceUnavailableError: The installation cannot build the head.
        """
        check_needs(self._head, dict(kwargs))
        valid_args, valid, found = super().check(args, kwargs)
        problems = (*found, *check_configs(kwargs))
        return (args, kwargs, problems) if problems else (valid_args, valid, ())


def _effective(head: Head) -> EffectiveSignature:
    cls = head_class(head)
    from terraregistry.sources.mmseg.head_signatures import signature_of
    from terraregistry.sources.mmseg.mmseg_decoder import MmsegDecoder

    return signature_of(head, cls, MmsegDecoder)
