"""A project: its files, their registrations, and the meaning of its dotted names."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from terraregistry.mypy_plugin.facts import FileFacts
from terraregistry.mypy_plugin.parsed_files import find_module, is_installed, python_files
from terraregistry.mypy_plugin.scanning import mentions_registries, scan
from terraregistry.own_modules import ProjectError, module_of, project_modules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Project"]


class Project:
    """The source files around a mypy configuration.

    Args:
        root: The folder of the configuration.
        folders: Further folders of modules, such as mypy's `mypy_path`.

    Attributes:
        modules: The modules listed under `[tool.terraregistry]` in `pyproject.toml`.
    """

    def __init__(self, root: Path, folders: Sequence[Path] = ()) -> None:
        self._folders = [root, root / "src", *folders]
        self._files: dict[str, Path] = {}
        self._facts: dict[str, FileFacts | None] = {}
        self._registering: dict[str, bool] = {}
        for file in python_files(root):
            self._files.setdefault(module_of(file)[0], file)
        self.modules: tuple[str, ...] = tuple(self._configured(root))

    def _configured(self, root: Path) -> Iterator[str]:
        """Add the configured modules; a file keeps the name that it has already."""
        names = {file: name for name, file in self._files.items()}
        try:
            modules = project_modules(root)
        except ProjectError:
            return
        for module in modules:
            found = self._files.get(module.name) or find_module(module.name, [module.folder, *self._folders])
            if found is None:
                yield module.name
                continue
            name = names.get(found, module.name)
            self._files[name] = found
            if name == module.name and find_module(name, self._folders) == found:  # mypy can import it by this name
                yield name

    def note(self, module: str, path: str) -> bool:
        """Record a module checked by mypy.

        Args:
            module: Its name.
            path: Its file.

        Returns:
            True if it belongs to the project.
        """
        is_library = module.partition(".")[0] == __name__.partition(".")[0]
        if is_library or is_installed(path) or not path.endswith(".py"):
            return module in self.modules
        self._files[module] = Path(path)
        return True

    def file_of(self, module: str) -> Path | None:
        """Return the file of a module of the project."""
        return self._files.get(module)

    def facts(self, module: str) -> FileFacts | None:
        """Read the facts of a module.

        Args:
            module: Its name.

        Returns:
            Its facts; None for a module outside the project.
        """
        known = self._facts.get(module)
        if known is None and module in self._files:
            data = _bytes_of(self._files[module])
            known = self._facts[module] = None if data is None else scan(data)
        return known

    def read_again(self, module: str) -> bool:
        """Reread a possibly changed module.

        Args:
            module: Its name.

        Returns:
            True if its registrations differ from before.
        """
        file = self._files.get(module)
        data = None if file is None else _bytes_of(file)
        if data is None:
            return False
        says = mentions_registries(data)
        before = self._facts.get(module) if module in self._registering else None
        now = self._facts[module] = scan(data)
        self._registering[module] = says
        return (before or FileFacts()).digest_text() != now.digest_text()

    def all_modules(self) -> list[str]:
        """List the modules of the project."""
        return [*self._files]

    def all_facts(self) -> Iterator[tuple[str, FileFacts]]:
        """List the facts of the modules making or changing registries."""
        for module in sorted(self._files):
            says = self._registering.get(module)
            if says is None:
                data = _bytes_of(self._files[module])
                says = self._registering[module] = data is not None and mentions_registries(data)
            facts = self.facts(module) if says else None
            if facts is not None:
                yield module, facts

    def digest(self) -> str:
        """Return a digest of all registrations and their parameters."""
        texts = ((module, facts.digest_text()) for module, facts in self.all_facts())
        written = repr([each for each in texts if each[1]])
        return hashlib.sha256(written.encode("utf-8", "backslashreplace")).hexdigest()

    def resolve(self, module: str, expression: str) -> str:
        """Resolve a dotted expression in a module.

        Args:
            module: The module of the expression.
            expression: The expression.

        Returns:
            The full name, as far as known from the project's files.
        """
        return self._follow(f"{module}.{expression}", 0)

    def _follow(self, name: str, depth: int) -> str:
        """Follow imports from one module to the next."""
        home, _, rest = name.rpartition(".")
        while home and home not in self._files:
            home, _, before = home.rpartition(".")
            rest = f"{before}.{rest}"
        facts = self.facts(home) if home and depth < 20 else None
        if facts is None:
            return name
        first, dot, further = rest.partition(".")
        meant = facts.imports.get(first)
        if meant is not None and first not in facts.defined:
            return self._follow(self._absolute(home, meant) + dot + further, depth + 1)
        if first not in facts.defined and all(each.name != first for each in facts.registries):
            for star in facts.stars:
                found = self._follow(f"{self._absolute(home, star)}.{rest}", depth + 1)
                owner = found.rpartition(".")[0]
                if owner in self._files and self._has(owner, found.rpartition(".")[2]):
                    return found
        return name

    def _has(self, module: str, name: str) -> bool:
        facts = self.facts(module)
        return facts is not None and (name in facts.defined or any(each.name == name for each in facts.registries))

    def _absolute(self, module: str, target: str) -> str:
        level = len(target) - len(target.lstrip("."))
        if not level:
            return target
        file = self._files.get(module)
        is_package = file is not None and file.stem == "__init__"
        parts = module.split(".")
        kept = parts[: len(parts) - level + is_package]
        return ".".join([*kept, target[level:]]) if target[level:] else ".".join(kept)


def _bytes_of(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
