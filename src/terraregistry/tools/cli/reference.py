"""The references of the command line and of the factories: `python -m terraregistry.tools.cli.reference` writes them."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer.main

from terraregistry.index import load_index
from terraregistry.tools.cli import app
from terraregistry.tools.cli.factory_rules import factory_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["MARK", "REFERENCES", "command_reference", "rewritten"]

MARK: Final = "<!-- from here on written by `python -m terraregistry.tools.cli.reference` -->\n"


def command_reference() -> str:
    """Describe every command with its arguments and options, as `--help` does."""
    group: Any = typer.main.get_command(app)  # typer has no public names for what it makes
    return "\n".join(line for name, command in group.commands.items() for line in _section(name, command))


REFERENCES: Final[Mapping[str, Callable[[], str]]] = {
    "command-line.md": command_reference,
    "factories.md": lambda: factory_reference(load_index()),
}
"""The reference of each page in `docs/reference` with one."""


def rewritten(page: str, reference: str) -> str:
    """Replace the reference at the end of a page."""
    return page.partition(MARK)[0] + MARK + "\n" + reference


def _section(name: str, command: Any) -> Iterator[str]:  # as above
    parameters = [each for each in command.params if not getattr(each, "hidden", False) and each.name != "help"]
    arguments = [each for each in parameters if each.param_type_name == "argument"]
    words = [f"[{_metavar(each)}]" if not each.required else _metavar(each) for each in arguments]
    yield f"## {name}"
    yield ""
    yield f"`terraregistry {' '.join([name, '[OPTIONS]', *words])}`"
    yield ""
    yield inspect.cleandoc(command.help or "")
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for each in parameters:
        yield f"| {_spelled(each)} | {_told(each)} |"
    yield ""


def _spelled(parameter: Any) -> str:  # as above
    if parameter.param_type_name == "argument":
        return f"`{_metavar(parameter)}`"
    names = ", ".join((*parameter.opts, *parameter.secondary_opts))
    return f"`{names}`" if parameter.is_flag else f"`{names} {_metavar(parameter)}`"


def _metavar(parameter: Any) -> str:  # as above
    choices = getattr(parameter.type_descriptor, "choices", None) if hasattr(parameter, "type_descriptor") else None
    shown = "/".join(map(str, choices)) if choices else parameter.name.upper()
    return str(parameter.metavar or shown)


def _told(parameter: Any) -> str:  # as above
    help_ = re.sub(r"\s+", " ", parameter.help or "").replace("|", "\\|")
    default = parameter.default
    plain = isinstance(default, (str, int)) and not isinstance(default, bool)
    return f"{help_} Default: `{default}`." if plain else help_


if __name__ == "__main__":
    for _name, _reference in REFERENCES.items():
        _page = Path("docs", "reference", _name)
        _page.write_text(rewritten(_page.read_text(encoding="utf-8"), _reference()), encoding="utf-8")
