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

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from terraregistry.errors import Registration
    from terraregistry.registry.base import NamedSet

__all__ = ["ComponentSpec", "In", "registry_at", "registry_of_kind"]

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

    # As above.
    def replace(self, /, **arguments: Any) -> ComponentSpec[T_co]:
        """Make the spec with some arguments changed or added, validated again.

        Args:
            arguments: By name; those given by position before stay there.

        Returns:
            A new spec in the same registry.

        Raises:
            InvalidArgumentsError: The arguments do not fit the effective signature; all problems are listed.

        Examples:
            >>> from terraregistry import TERRATORCH_DECODER_REGISTRY
            >>> spec = TERRATORCH_DECODER_REGISTRY.validate("FCNDecoder", [64, 128], channels=32)
            >>> spec.replace(channels=16, embed_dim=[64])
            <ComponentSpec FCNDecoder(list [64], channels=int 16)>
        """
        given = self.kwargs
        bound = self.registry.signature(self.spelling).bind_partial(*self.args)
        for name, value in arguments.items():
            (bound.arguments if name in bound.arguments else given)[name] = value
        return self.registry.validate(self.spelling, *bound.args, **given)

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

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Make the schema of a field of this type, as pydantic asks for it."""
        from terraregistry.registry.pydantic_types import field_schema

        return field_schema(source, handler)

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


class In:
    """The registry of a spec in a pydantic model: `Annotated[ComponentSpec[Head], In(HEADS)]`.

    `ComponentSpec[Backbone]` alone, and `Decoder`, `Neck` and `ModelFactory`, have the registries of this library.

    Args:
        registry: The registry that validates the field.

    Examples:
        >>> from typing import Annotated
        >>> from pydantic import BaseModel
        >>> from terraregistry import ComponentSpec, In, Registry
        >>> def scaled(size: int, factor: float = 1.0) -> float:
        ...     return size * factor
        >>> class Config(BaseModel):
        ...     scale: Annotated[ComponentSpec[float], In(Registry(scaled=scaled))]
        >>> config = Config(scale={"name": "scaled", "size": 3})
        >>> config.scale.build(), config.model_dump()
        (3.0, {'scale': {'name': 'scaled', 'size': 3}})
    """

    def __init__(self, registry: NamedSet[Any]) -> None:  # a registry of any kind
        from terraregistry.registry.names import NameSet

        if not isinstance(cast("object", registry), NameSet):
            raise TypeError(f"In takes a registry, got {describe_value(registry)}")
        self.registry: Final = registry

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Make the schema of a field, as pydantic asks for it."""
        del handler
        from terraregistry.registry.pydantic_types import spec_schema

        return spec_schema(self.registry, source)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Make the JSON Schema of a field, as pydantic asks for it: the name, or an object of the name and arguments."""
        del schema, handler
        kind = self.registry.kind.name
        # A bare name or an alias is accepted, and only canonical names are offered.
        name = {"anyOf": [{"enum": sorted(self.registry)}, {"type": "string"}], "description": f"Name of a {kind}."}
        arguments = {"type": "object", "properties": {"name": name}, "required": ["name"], "additionalProperties": True}
        return {"title": kind, "anyOf": [name, arguments]}


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


def registry_of_kind(kind: object) -> NamedSet[Any] | None:  # of that kind
    """Find the registry of this library for components of a kind; None for any other kind."""
    if kind is None:
        return None
    library = importlib.import_module(_LIBRARY)
    registries: list[NamedSet[Any]] = [getattr(library, name) for name in library.__all__]  # as above
    return next((each for each in registries if each.kind.type is kind), None)
