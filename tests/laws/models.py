"""What a registry is, in a few plain dictionaries: the model that the real ones are held against."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Flat", "Model", "Tree"]


@dataclass
class Flat:
    """A source: names with what they stand for, and aliases of names."""

    names: dict[str, object] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def canonical(self) -> list[str]:
        return list(self.names)

    def spellings(self) -> list[str]:
        return [*self.names, *self.aliases]

    def find(self, name: str) -> str | None:
        return name if name in self.names else self.aliases.get(name)

    def component(self, canonical: str) -> object:
        return self.names[canonical]

    def others(self, canonical: str) -> set[str]:
        return {alias for alias, name in self.aliases.items() if name == canonical}


@dataclass
class Tree:
    """Sources under prefixes."""

    sources: dict[str, Model] = field(default_factory=dict)

    def canonical(self) -> list[str]:
        return [f"{prefix}_{name}" for prefix, source in self.sources.items() for name in source.canonical()]

    def spellings(self) -> list[str]:
        bare = [(prefix, name) for prefix, source in self.sources.items() for name in source.spellings()]
        return [f"{prefix}_{name}" for prefix, name in bare] + [name for _, name in bare]

    def candidates(self, name: str) -> list[tuple[str, str]]:
        """Every reading of a name: qualified first, then bare in mounting order."""
        qualified = [
            (prefix, source.find(name.removeprefix(f"{prefix}_")))
            for prefix, source in self.sources.items()
            if name.startswith(f"{prefix}_")
        ]
        bare = [(prefix, source.find(name)) for prefix, source in self.sources.items()]
        return list(dict.fromkeys((prefix, found) for prefix, found in [*qualified, *bare] if found is not None))

    def find(self, name: str) -> str | None:
        readings = self.candidates(name)
        return "_".join(readings[0]) if readings else None

    def component(self, canonical: str) -> object:
        prefix, name = self.candidates(canonical)[0]
        return self.sources[prefix].component(name)

    def others(self, canonical: str) -> set[str]:
        prefix, name = self.candidates(canonical)[0]
        return {f"{prefix}_{alias}" for alias in self.sources[prefix].others(name)}

    def conflict(self, prefix: str) -> str | None:
        """The mounted prefix that keeps this one from being mounted by the first law, if there is one."""
        return next((p for p in self.sources if begins(p, prefix) or begins(prefix, p)), None)


Model = Flat | Tree


def begins(q: str, p: str) -> bool:
    """The first law's own formula."""
    return q != p and q + "_" == p[: len(q) + 1]
