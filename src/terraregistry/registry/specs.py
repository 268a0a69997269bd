"""Specs: components chosen and validated, but not built."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, cast

from terraregistry.errors import RegistryError, describe_value
from terraregistry.registry.values import fresh, frozen, to_plain
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraregistry.errors import Registration
    from terraregistry.registry.base import NamedSet

__all__ = ["ComponentSpec", "registry_at"]

_LIBRARY: Final = "terraregistry.library"
_OURS: Final = ("terraregistry", "terraregistry.registry", _LIBRARY)
"""The modules that export the registries of this library."""

T_co = TypeVar("T_co", covariant=True)


class ComponentSpec(Generic[T_co]):
    """A component by name with validated arguments: made by `validate`, built by `build`, as often as wanted.

    It is immutable and hashable, and pickles by reference: a pickle contains the names of the registry and the component,
    the arguments, and the names of the modules that register the component. Unpickling imports these modules.

    Attributes:
        registry: The registry that validated it.
        name: The canonical name of the component.
        spelling: The name as given, qualified: an alias for pretrained weights is kept.
        args: The positional arguments, with new lists and dictionaries each time.
        kwargs: The keyword arguments, as a new dictionary each time.
    """

    __slots__ = ("_args", "_kwargs", "_registrations", "name", "registry", "spelling")

    registry: NamedSet[T_co]
    name: str
    spelling: str
    _args: tuple[Any, ...]  # arguments are any objects
    _kwargs: dict[str, Any]
    _registrations: tuple[Registration, ...]

    # The arguments are any objects.
    def __init__(
        self,
        registry: NamedSet[T_co],
        name: str,
        args: Iterable[Any],
        kwargs: Mapping[str, Any],
        spelling: str | None = None,
        registrations: tuple[Registration, ...] = (),
    ) -> None:
        set_once = object.__setattr__
        set_once(self, "registry", registry)
        set_once(self, "name", name)
        set_once(self, "spelling", name if spelling is None else spelling)
        set_once(self, "_registrations", registrations)
        # Copies of their own: whoever gave a list may go on to change it.
        set_once(self, "_args", tuple(map(fresh, args)))
        set_once(self, "_kwargs", {key: fresh(value) for key, value in kwargs.items()})

    @property
    def args(self) -> tuple[Any, ...]:  # as above
        """The positional arguments, with new lists and dictionaries each time."""
        return tuple(map(fresh, self._args))

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keyword arguments, as a new dictionary each time."""
        return {name: fresh(value) for name, value in self._kwargs.items()}

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a ComponentSpec does not change: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a ComponentSpec does not change: {name} cannot be deleted")

    def build(self) -> T_co:
        """Build the component.

        Returns:
            A new component each time.

        Raises:
            RegistryError: The registry has changed since, and the component or its arguments no longer fit.
            ComponentNotFoundError: The component was registered in another process, and cannot be registered here.
        """
        if self._registrations and (error := self.registry.missing(self.spelling, self._registrations)) is not None:
            raise error
        return self.registry.build(self.spelling, *self.args, **self.kwargs)

    def to_dict(self) -> dict[str, Any]:  # plain data of any shape
        """Write the spec as plain data for YAML and JSON.

        Returns:
            A dictionary of `registry`, `name`, `args` and `kwargs`.

        Raises:
            TypeError: An argument, such as a module, has no plain form; the message names its path.
        """
        data: dict[str, Any] = {"registry": self._reference(), "name": self.spelling}
        if self._args:
            data["args"] = [to_plain(value, f"args[{index}]") for index, value in enumerate(self._args)]
        data["kwargs"] = {name: to_plain(value, f"kwargs.{name}") for name, value in self._kwargs.items()}
        return data

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any], registry: NamedSet[T_co] | None = None
    ) -> ComponentSpec[T_co]:  # plain data
        """Read a spec written by `to_dict`, and validate it again.

        Nothing is imported: the registry has to be given or loaded already.

        Args:
            data: The dictionary.
            registry: The registry to look in; by default the one named in the data.

        Returns:
            The spec.

        Raises:
            RegistryError: The data is no spec, the registry is not loaded, or the component or its arguments do not fit.
        """
        if not _is_spec(data, with_registry=registry is None):
            raise RegistryError(
                f"{describe_value(data)} is no component spec: that is a dictionary of registry and name (strings), "
                "and of args (a list) and kwargs (a dictionary) where there are any"
            )
        source = registry if registry is not None else cast("NamedSet[T_co]", registry_at(data["registry"]))
        spec: ComponentSpec[T_co] = source.validate(data["name"], *data.get("args", ()), **data.get("kwargs", {}))
        return spec

    def __eq__(self, other: object) -> bool:
        """Compare registry, spelling and arguments; objects among the arguments count as equal by identity or `==`."""
        return isinstance(other, ComponentSpec) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        given = [describe_value(value) for value in self._args]
        given += [f"{name}={describe_value(value)}" for name, value in self._kwargs.items()]
        return f"<ComponentSpec {self.spelling}({', '.join(given)})>"

    def __copy__(self) -> Self:
        """Return the spec itself, since it is immutable."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ComponentSpec[T_co]:  # any objects
        """Copy the arguments, for the same registry."""
        args, kwargs = copy.deepcopy((self._args, self._kwargs), memo)
        return ComponentSpec(self.registry, self.name, args, kwargs, self.spelling, self._registrations)

    # The state of a pickle is any data.
    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by reference to the registry, with the modules that register the component."""
        registrations = self.registry.registrations(self.spelling) or self._registrations
        return _unpickle, (self._reference(), self.name, self._args, self._kwargs, self.spelling, registrations)

    def _reference(self) -> str:
        reference = self.registry.reference
        if reference is None:
            import pickle

            raise pickle.PicklingError(
                f"{self!r} belongs to a registry that no module holds: assign the registry to a name at the top of a module"
            )
        return reference

    def _identity(self) -> tuple[object, ...]:
        return (id(self.registry), self.spelling, frozen(self._args), frozen(self._kwargs))


def _is_spec(data: object, *, with_registry: bool) -> bool:
    try:
        fields = dict(cast("Mapping[object, object]", data)) if isinstance(data, Mapping) else {}
        kwargs = dict(cast("Mapping[object, object]", fields.get("kwargs", {})))
        return (
            fields.keys() <= {"registry", "name", "args", "kwargs"}
            and isinstance(fields.get("name"), str)
            and (not with_registry or isinstance(fields.get("registry"), str))
            and isinstance(fields.get("args", ()), (list, tuple))
            and isinstance(fields.get("kwargs", {}), Mapping)
            and all(isinstance(key, str) for key in kwargs)
        )
    except Exception:  # noqa: BLE001 - what cannot even be looked at is no spec
        return False


# The arguments are any objects.
def _unpickle(
    reference: str,
    name: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    spelling: str,
    registrations: tuple[Registration, ...] = (),
) -> ComponentSpec[Any]:
    import pkgutil

    return ComponentSpec(
        pkgutil.resolve_name(reference), name, args, kwargs, spelling, tuple(map(_imported, registrations))
    )


def _imported(registration: Registration) -> Registration:
    """Import the module that registers a component; record the reason of a failure."""
    try:
        importlib.import_module(registration.module)
    except Exception as error:  # noqa: BLE001 - a module may raise anything; it is told when the component is missing
        return registration._replace(failure=describe_error(error))
    return registration._replace(failure="")


def registry_at(reference: str) -> object:
    """Find a loaded registry by reference; only the registries of this library are imported.

    Args:
        reference: Such as `terraregistry.library:BACKBONE_REGISTRY`.

    Returns:
        The registry.

    Raises:
        RegistryError: No loaded module has a registry there.
    """
    import sys

    from terraregistry.registry.names import NameSet

    module, _, attribute = reference.partition(":")
    if module in _OURS:
        module = importlib.import_module(_LIBRARY).__name__
    # What is in there already: a module's own __getattr__ may import or run anything for a name that somebody wrote.
    namespace: dict[str, object] = getattr(sys.modules.get(module), "__dict__", {})
    found = namespace.get(attribute)
    if not isinstance(found, NameSet):
        raise RegistryError(f"no registry {reference!r} is loaded: import its module first, or pass registry=...")
    return found
