"""The base of all registries: building, validation and pickling by reference."""

from __future__ import annotations

import sys
from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeAlias, TypeVar

from terraregistry.errors import ComponentNotFoundError
from terraregistry.readings import names_in
from terraregistry.registry.builders import Builder
from terraregistry.registry.calls import describe_call
from terraregistry.registry.kinds import Kind, kind_of
from terraregistry.registry.locations import defining_site, reference_to
from terraregistry.registry.names import NameSet
from terraregistry.registry.specs import ComponentSpec
from terraregistry.wording import add_note

if TYPE_CHECKING:
    import inspect

    from pydantic import BaseModel

    from terraregistry.errors import Registration
    from terraregistry.registry.calls import ComponentDescription
    from terraregistry.registry.entries import Entry
    from terraregistry.registry.locations import Site

__all__ = ["Found", "NamedSet"]

T = TypeVar("T")

_LACKING: Final = object()
"""Sentinel for the name of a component in a call without one."""
Found: TypeAlias = "tuple[Entry[T], str, str, tuple[NamedSet[Any], ...]]"  # of different kinds
"""A component found by name: its entry; the name requested, qualified if there are several sources; the canonical name;
and the registries with a kind that the product is checked against, the innermost first."""


class NamedSet(NameSet, Generic[T]):
    """A set of names with a kind, and with a name of its own for messages and pickles."""

    # The frames of constructors are skipped to find the line that makes a registry, and mutmut would rename them.
    def __init__(self) -> None:  # pragma: no mutate block
        self.made: Site = defining_site(self)
        self._attribute: str | None = None
        self._kind: Kind | None = None

    @property
    def kind(self) -> Kind:
        """The kind of all products: the type argument, as in `Registry[Backbone]()`."""
        if self._kind is None:
            self._kind = kind_of(self)
        return self._kind

    @property
    def reference(self) -> str | None:
        """The import path of this registry, such as `terraregistry.library:BACKBONE_REGISTRY`, or None."""
        return self._home() or reference_to(self)

    def _home(self) -> str | None:
        """Return the reference in the module that made this registry, or None.

        After a re-execution of the module, a newer edition is there, under the name found before or assigned first.
        """
        module = self.made.module
        namespace: dict[str, object] = getattr(sys.modules.get(module), "__dict__", {})
        if self._attribute is None or not self._is_edition(namespace.get(self._attribute)):
            found = [name for name, value in [*namespace.items()] if value is self]
            assigned = None if found else self.made.assigned_name()
            found += [assigned] if assigned is not None and self._is_edition(namespace.get(assigned)) else []
            self._attribute = found[0] if found else None
        return None if self._attribute is None else f"{module}:{self._attribute}"

    def _is_edition(self, value: object) -> bool:
        """Return True if a value is this registry, or its edition from a later execution of the module."""
        return value is self or (isinstance(value, NamedSet) and value.made.is_later_than(self.made))

    def _label(self) -> str:
        """Return the name of this registry for messages."""
        reference = self._home()
        if reference is not None:
            return reference.partition(":")[2]
        kind = f"[{self.kind.name}]" if self.kind.type is not None else ""
        return f"{type(self).__name__}{kind}"

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @abstractmethod
    def _nearest(self, name: str) -> tuple[str, ...]:
        """Return the names closest to a mistyped one."""

    @abstractmethod
    def registrations(self, name: str) -> tuple[Registration, ...]:
        """Return the imports that register a name, in order; none for components of this library."""

    def _not_found(self, name: object) -> ComponentNotFoundError:
        """Make the error for an unknown name."""
        if name is _LACKING:
            text = (
                "the name of a component comes first, by position: build('NAME'); name= is an argument of the component"
            )
            raise TypeError(text)
        if not isinstance(name, str):
            return ComponentNotFoundError(name, self._label, self._prefixes(), remedy=_of_a_dictionary(name))
        suggest, how = partial(self._suggest, name), partial(self._how_to_get, name)
        return ComponentNotFoundError(name, self._label, self._prefixes(), suggest, None, how)

    def _suggest(self, name: str) -> tuple[str, ...]:
        """Return the name contained in a text, or the names closest to it."""
        meant = next((each for each in names_in(name) if self.look_up(each) is not None), None)
        return self._nearest(name) if meant is None else (self.found(meant)[1],)

    def _how_to_get(self, name: str) -> str:
        """Return an installation hint for a name; empty if unknown."""
        del name
        return ""

    def missing(self, name: str, registrations: tuple[Registration, ...]) -> ComponentNotFoundError | None:
        """Return the error for a component registered in another process; None if the name is here."""
        if self.look_up(name) is not None:
            return None
        told = next((each for each in registrations if each.failure), registrations[0])
        return ComponentNotFoundError(name, self._label, self._prefixes(), (), told)

    def _prefixes(self) -> tuple[str, ...]:
        """Return the prefixes of the sources searched; a registry of one source has none."""
        return ()

    @abstractmethod
    def found(self, name: str) -> Found[T]:
        """Return the component of a name; raise a ComponentNotFoundError if there is none."""

    # In these, each component has arguments of its own.
    def build(self, name: str, /, *args: Any, **kwargs: Any) -> T:
        """Validate the arguments, construct the component and check it.

        Args:
            name: A name or an alias; with several sources, qualified or bare.
            args: Positional arguments for the constructor.
            kwargs: Keyword arguments for the constructor.

        Returns:
            The component.

        Raises:
            ComponentNotFoundError: The name is not here.
            InvalidArgumentsError: The arguments do not fit the effective signature; all problems are listed.
            ComponentProtocolError: The product does not satisfy the kind.
            SourceUnavailableError: The library behind the component is missing or broken.
        """
        __tracebackhide__ = True  # in IPython and pytest, where a constructor raises
        entry, spelling, _, registries = self.found(name)
        call = entry.ready or entry.checker(kwargs) or entry.call(kwargs)
        valid_args, valid, problems = call.check(args, kwargs)
        if (
            problems and (live := entry.call(kwargs)) is not call
        ):  # it is described only, or its code was changed in place
            call = live
            valid_args, valid, problems = call.check(args, kwargs)
        if entry.examines_builds:
            valid_args, valid, problems = entry.examined(call, (valid_args, valid, problems))
        if problems:
            raise call.refused(problems, spelling, self._label)
        try:
            product = call.constructor(*valid_args, **valid)
        except Exception as error:
            add_note(error, describe_call(spelling, valid_args, valid))
            raise
        for registry in registries:
            kind = registry._kind or registry.kind
            if kind.type is not None:
                kind.check(product, spelling, self._label)
        return product

    def validate(self, name: str, /, *args: Any, **kwargs: Any) -> ComponentSpec[T]:
        """Make the same checks as `build`, without constructing anything.

        Args:
            name: A name or an alias; with several sources, qualified or bare.
            args: Positional arguments for the constructor.
            kwargs: Keyword arguments for the constructor.

        Returns:
            The component as a spec, to be built later or elsewhere.

        Raises:
            ComponentNotFoundError: The name is not here.
            InvalidArgumentsError: The arguments do not fit the effective signature; all problems are listed.
            SourceUnavailableError: The library behind the component is missing or broken.
        """
        entry, spelling, canonical, _ = self.found(name)
        call = entry.answer(kwargs)
        valid_args, valid, problems = entry.examined(call, call.check(args, kwargs))
        if problems:
            raise call.refused(problems, spelling, self._label)
        return ComponentSpec(self, canonical, valid_args, valid, spelling)

    def check_call(self, name: str, /, *args: Any, **kwargs: Any) -> None:
        """Check arguments against the effective signature alone; some may stand for values not known yet.

        Raises:
            ComponentNotFoundError: The name is not here.
            InvalidArgumentsError: The arguments do not fit the effective signature; all problems are listed.
        """
        entry, spelling, _, _ = self.found(name)
        call = entry.answer(kwargs)
        _, _, problems = call.check(args, kwargs)
        if problems:
            raise call.refused(problems, spelling, self._label)

    def builder(self, name: str) -> Builder[..., T]:
        """Return a validated constructor of one name: `R.builder("name")(...)` is `R.build("name", ...)`.

        Type checkers and editors know its parameters, which are those of the component.

        Args:
            name: A name or an alias; with several sources, qualified or bare.

        Returns:
            The builder, with the signature and docstring of the component, and with `validate`.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        return Builder(self, self.found(name)[1])

    def arguments_model(self, name: str) -> type[BaseModel]:
        """Make the pydantic model of the arguments of a component, for forms, settings and request bodies.

        It makes the checks of `validate`, and reports each mistake at the argument. A text is read as the type of the
        argument, as settings from the environment need. `model_dump(exclude_unset=True, by_alias=True)` gives the
        arguments of `build`: defaults stay those of the component. A name reserved by pydantic, such as `copy`, is that
        of an alias: the field is `copy_`. Arguments that can be given by position alone have no field.

        Args:
            name: A name or an alias; with several sources, qualified or bare.

        Returns:
            A new model class with the types, defaults and descriptions of the arguments.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        from terraregistry.registry.pydantic_types import arguments_model

        return arguments_model(self, name)

    @abstractmethod
    def signature(self, name: str) -> inspect.Signature:
        """Return the effective signature of a component."""

    @abstractmethod
    def describe(self, name: str) -> ComponentDescription:
        """Describe a component without building it."""

    def _with_weights(self, names: list[str], wanted: bool | None) -> list[str]:
        """Keep the names of components with pretrained weights, or without; all of them for None."""
        return [name for name in names if wanted is None or bool(self.describe(name).weights) is wanted]

    def __copy__(self) -> Self:
        """Copy by reference: there is one registry of a name in a process."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Copy by reference, so that holders of a registry can be copied."""
        del memo
        return self

    # What reconstructs it has arguments of its own.
    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by reference.

        Raises:
            PicklingError: No module holds this registry.
        """
        import pickle
        import pkgutil

        reference = self.reference
        if reference is None:
            raise pickle.PicklingError(
                f"{self._label()} is held by no module: assign it to a name at the top of a module to pickle it by reference"
            )
        return pkgutil.resolve_name, (reference,)


def _of_a_dictionary(given: object) -> str:
    """Write a call for a dictionary that names its component; empty for anything else."""
    keys = [key for key in ("name", "type", "_target_") if key in given] if isinstance(given, dict) else []
    return f"of a dictionary, write build(config.pop({keys[0]!r}), **config)" if keys else ""


for _name in ("build", "validate", "check_call"):
    NamedSet.__dict__[_name].__defaults__ = (_LACKING,)  # `build(name=...)` is explained; type checkers see no default
