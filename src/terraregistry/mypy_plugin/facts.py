"""What one source file says about registries, read from its text."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["FileFacts", "Mounting", "Registration", "RegistryFact"]


@dataclass(frozen=True)
class Registration:
    """A component that a file registers.

    Attributes:
        registry: The expression that the registry is reached by, dotted.
        names: The name and its aliases; None where they are only known when the program runs.
        target: The class or function, as a dotted expression or `module:attribute`; None for anything else.
        shape: What the class or function takes, as text that changes with it; empty where it is defined elsewhere.
    """

    registry: str
    names: tuple[str, ...] | None
    target: str | None
    shape: str = ""


@dataclass(frozen=True)
class Mounting:
    """A source that a file mounts.

    Attributes:
        registry: The expression that the registry is reached by, dotted.
        prefix: The prefix; None where it is only known when the program runs.
        source: The source, as a dotted expression; None for anything else.
    """

    registry: str
    prefix: str | None
    source: str | None


@dataclass(frozen=True)
class RegistryFact:
    """A registry that a file makes and assigns to a name at its top.

    Attributes:
        name: That name.
        cls: The class, as a dotted expression.
    """

    name: str
    cls: str


@dataclass
class FileFacts:
    """What a file says.

    Attributes:
        imports: What is imported under which local name: an absolute dotted name, or one with leading dots.
        stars: The modules of which everything is imported.
        defined: The names of the classes and functions at the top of the file.
        registries: The registries that are made.
        registrations: What is registered.
        mountings: What is mounted.
    """

    imports: dict[str, str] = field(default_factory=dict[str, str])
    stars: list[str] = field(default_factory=list[str])
    defined: set[str] = field(default_factory=set[str])
    registries: list[RegistryFact] = field(default_factory=list[RegistryFact])
    registrations: list[Registration] = field(default_factory=list[Registration])
    mountings: list[Mounting] = field(default_factory=list[Mounting])

    def digest_text(self) -> str:
        """Write down all that a check of another file may depend on."""
        if not (self.registries or self.registrations or self.mountings):
            return ""
        return repr((sorted(self.imports.items()), self.stars, self.registries, self.registrations, self.mountings))
