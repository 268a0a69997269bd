"""Facts about registries in one source file, read from its text."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["FileFacts", "Mounting", "Registration", "RegistryFact"]


@dataclass(frozen=True)
class Registration:
    """A component registered by a file.

    Attributes:
        registry: The expression of the registry, dotted.
        names: The name and its aliases; None if only known at runtime.
        target: The class or function, as a dotted expression or `module:attribute`; None for anything else.
        shape: The parameters of the class or function, as text for change detection; empty if defined elsewhere.
    """

    registry: str
    names: tuple[str, ...] | None
    target: str | None
    shape: str = ""


@dataclass(frozen=True)
class Mounting:
    """A source mounted by a file.

    Attributes:
        registry: The expression of the registry, dotted.
        prefix: The prefix; None if only known at runtime.
        source: The source, as a dotted expression; None for anything else.
    """

    registry: str
    prefix: str | None
    source: str | None


@dataclass(frozen=True)
class RegistryFact:
    """A registry made and assigned to a name at the top of a file.

    Attributes:
        name: The name.
        cls: The class, as a dotted expression.
    """

    name: str
    cls: str


@dataclass
class FileFacts:
    """The facts of a file.

    Attributes:
        imports: The imports by local name: an absolute dotted name, or one with leading dots.
        stars: The modules of star imports.
        defined: The names of the classes and functions at the top of the file.
        registries: The registries made.
        registrations: The registrations.
        mountings: The mountings.
    """

    imports: dict[str, str] = field(default_factory=dict[str, str])
    stars: list[str] = field(default_factory=list[str])
    defined: set[str] = field(default_factory=set[str])
    registries: list[RegistryFact] = field(default_factory=list[RegistryFact])
    registrations: list[Registration] = field(default_factory=list[Registration])
    mountings: list[Mounting] = field(default_factory=list[Mounting])

    def digest_text(self) -> str:
        """Write all facts relevant to checks of other files."""
        if not (self.registries or self.registrations or self.mountings):
            return ""
        return repr((sorted(self.imports.items()), self.stars, self.registries, self.registrations, self.mountings))
