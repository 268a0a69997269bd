"""The hooks called by mypy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from mypy.checker import TypeChecker
from mypy.nodes import ARG_POS, MypyFile, TypeInfo
from mypy.plugin import Plugin
from mypy.subtypes import is_subtype
from mypy.types import Instance

from terraregistry.index import IndexUnavailableError, cached_index
from terraregistry.index.keys import current_key
from terraregistry.index.loading import make_and_keep
from terraregistry.mypy_plugin.known_names import LIBRARY, Registries
from terraregistry.mypy_plugin.marks import depend, mark
from terraregistry.mypy_plugin.mentions import Mentions
from terraregistry.mypy_plugin.project import Project
from terraregistry.mypy_plugin.registering import call_decorators, kind_of, narrowed, open_callable, refuse
from terraregistry.mypy_plugin.remarks import guarded, remark
from terraregistry.mypy_plugin.typed_calls import BUILDER, NamedCall
from terraregistry.mypy_plugin.unpacked_arguments import fitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy.options import Options
    from mypy.plugin import ClassDefContext, MethodContext, MethodSigContext, ReportConfigContext
    from mypy.types import FunctionLike, Type

    from terraregistry.index import Index

__all__ = ["TerraregistryPlugin"]

_METHODS: Final = ("build", "builder", "validate", "find_class", "__getitem__")
_BASE: Final = "terraregistry.registry.base.NamedSet"
_TYPES: Final = "terraregistry.library_types"
_PRIORITY: Final = 10
"""mypy's priority of a top-level import."""


class TerraregistryPlugin(Plugin):
    """Checker of calls by component name.

    Args:
        options: mypy's options.
    """

    @guarded
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        root = Path(options.config_file).resolve().parent if options.config_file else Path.cwd()
        self._project = Project(root, [Path(each).resolve() for each in options.mypy_path])
        self._loaded: tuple[Index | None] | None = None
        self._made: Registries | None = None
        self._mentions = Mentions(self._project)
        self._used: dict[str, set[str]] = {}
        self._key = repr(current_key())
        self._unavailable = False
        self._state = f"{self._project.digest()} {self._project.modules}"

    @property
    def _index(self) -> Index | None:
        """The index, loaded lazily: not needed without something to recheck."""
        if self._loaded is None:
            self._loaded = (self._load(),)
        return self._loaded[0]

    def _load(self) -> Index | None:
        index = cached_index()
        if index is not None:
            return index
        remark("the installed components are described, once for these versions; this takes about 20 seconds")
        try:
            return make_and_keep()[0]
        except IndexUnavailableError as error:
            self._unavailable = True
            remark(f"names are not checked: {error}")
            return None

    @property
    def _registries(self) -> Registries:
        if self._made is None:
            self._made = Registries(self._index, self._project)
        return self._made

    # -- which modules depend on what --

    @guarded
    def report_config_data(self, ctx: ReportConfigContext) -> str | None:
        """Return a module's cache key: it changes with the registered and installed components."""
        is_project = self._project.note(ctx.id, ctx.path)
        if not is_project and ctx.id != _TYPES:
            return None
        # What is checked without an index is checked again when there is one.
        library = "" if self._unavailable and not ctx.is_check else self._key
        return f"{library} {self._state if is_project else ''}"

    @guarded
    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        """Return further modules to load, for component types and registrations."""
        if file.fullname == _TYPES:
            return [(_PRIORITY, module, -1) for module in sorted(self._modules_of_types())]
        if not self._project.note(file.fullname, file.path):
            return []
        if self._project.read_again(file.fullname):  # new, or changed under a daemon
            self._made = None
        mark(file, self._project.facts(file.fullname))
        found = self._mentions.registering(file.fullname, file.path, self._registries)
        return [(_PRIORITY, module, -1) for module in sorted(found)]

    @guarded
    def get_additional_indirect_deps(self, file: MypyFile) -> set[str]:
        """Return the modules of the constructors used: their changes recheck the file."""
        return self._used.get(file.fullname, set())

    def _modules_of_types(self) -> set[str]:
        registries = self._index.registries if self._index is not None else ()
        named = [each for each in registries if each.reference.partition(":")[0] == LIBRARY]
        components = [component for each in named for component in each.components]
        types = {component.product for component in components}
        types.update(
            parameter.accepts
            for signature in {component.signature for component in components}
            for parameter in signature.parameters
        )
        return {module for each in types for module in each.imports}

    # -- calls --

    @guarded
    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        """Check calls by component name, and registrations in the project's own registries."""
        cls, _, method = fullname.rpartition(".")
        if cls == BUILDER and method in ("__call__", "validate"):
            return _built
        if method in _METHODS and self._is_registry(cls):
            return lambda context: self._call(context, method)
        if method == "register" and self._is_registry(cls) and not cls.startswith(_TYPES):
            return self._register
        return None

    @guarded
    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        """Check functions decorated with `register` of a project's own registry."""
        cls, _, method = fullname.rpartition(".")
        if method == "register" and self._is_registry(cls) and not cls.startswith(_TYPES):
            return _registered
        return None

    def get_customize_class_mro_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        """Check classes decorated with `register` of a project's own registry."""
        del fullname
        return self._decorate

    @guarded
    def _decorate(self, context: ClassDefContext) -> None:
        call_decorators(context, self._is_own)

    def _is_own(self, registry: str) -> bool:
        return self._registries.is_made(registry)

    def _is_registry(self, cls: str) -> bool:
        if cls.startswith(("builtins.", "typing.")):
            return False
        symbol = self.lookup_fully_qualified(cls)
        return symbol is not None and isinstance(symbol.node, TypeInfo) and symbol.node.has_base(_BASE)

    @guarded
    def _call(self, context: MethodSigContext, method: str) -> FunctionLike:
        checker, kind = context.api, context.type
        if not isinstance(checker, TypeChecker) or not isinstance(kind, Instance) or not context.args[0]:
            return context.default_signature
        call = NamedCall(self._registries, checker, method, context.default_signature)
        found = call.signature(kind, context.args[0][0], context.context)
        self._used.setdefault(checker.tree.fullname, set()).update(call.modules)
        depend(checker, self._project, call.targets, unknown=call.unknown)
        return found

    @guarded
    def _register(self, context: MethodSigContext) -> FunctionLike:
        checker = context.api
        if not isinstance(checker, TypeChecker) or not isinstance(context.type, Instance):
            return context.default_signature
        kind = kind_of(context.type, checker)
        is_direct = context.default_signature.arg_kinds[0] is ARG_POS  # the method hook sees what is registered there
        if kind is None or is_direct:
            return context.default_signature
        return narrowed(context.default_signature, open_callable(kind, checker))


@guarded
def _built(context: MethodSigContext) -> FunctionLike:
    checker, call = context.api, context.default_signature
    return fitted(call, context.context, checker) if isinstance(checker, TypeChecker) else call


@guarded
def _registered(context: MethodContext) -> Type:
    checker, given = context.api, context.arg_types[0]
    if isinstance(checker, TypeChecker) and isinstance(context.type, Instance) and len(given) == 1:
        is_constructor = context.callee_arg_names[0] in (None, "constructor")
        kind = kind_of(context.type, checker) if is_constructor else None
        if kind is not None and not is_subtype(given[0], open_callable(kind, checker)):
            refuse(given[0], kind, context.context, checker)
    return context.default_return_type
