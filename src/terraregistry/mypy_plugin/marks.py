"""Symbols marking a module's registrations, to show their changes to mypy's daemon.

A decorator is no part of a module's interface: without a symbol changing with it, nothing else would be rechecked.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mypy.nodes import GDEF, SymbolTableNode, Var
from mypy.server.trigger import make_trigger, make_wildcard_trigger

if TYPE_CHECKING:
    from mypy.checker import TypeChecker
    from mypy.nodes import MypyFile

    from terraregistry.mypy_plugin.facts import FileFacts
    from terraregistry.mypy_plugin.project import Project

__all__ = ["depend", "mark"]


def _name(facts: FileFacts | None) -> str:
    text = "" if facts is None else facts.digest_text()
    return (
        f"__terraregistry_{hashlib.sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()[:16]}__" if text else ""
    )


def mark(file: MypyFile, facts: FileFacts | None) -> None:
    """Add the symbol to a parsed module.

    Args:
        file: The module.
        facts: Its registrations.
    """
    name = _name(facts)
    if name:
        variable = Var(name)
        variable._fullname = f"{file.fullname}.{name}"  # pyright: ignore[reportPrivateUsage]  # as mypy's own plugins do
        file.names[name] = SymbolTableNode(GDEF, variable, module_public=False, plugin_generated=True)


def depend(checker: TypeChecker, project: Project, targets: set[str], *, unknown: bool) -> None:
    """Recheck the current target when one of its components changes.

    Args:
        checker: The current type checker.
        project: The project.
        targets: The full names of the project's own classes and functions used by a call.
        unknown: True if a name was not found; any module may yet register it.
    """
    if not (checker.options.fine_grained_incremental or checker.options.cache_fine_grained):
        return
    here = checker.tscope.current_target()
    triggers = {make_trigger(f"{target}{end}") for target in targets for end in ("", ".__init__", ".__new__")}
    # A symbol's own trigger would do once only: the daemon takes no triggers from a plugin when it checks a part of a module
    # again, so that they have to stay the same whatever the mark is called.
    if unknown:
        triggers.update(make_wildcard_trigger(module) for module in project.all_modules())
    elif targets:
        triggers.update(make_wildcard_trigger(module) for module, _ in project.all_facts())
    for trigger in triggers:
        checker.tree.plugin_deps.setdefault(trigger, set()).add(here)
