"""The parts of a built model, a table of them, and a tree of its modules: definitions, and output shapes for a batch."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree
from torch import Tensor, nn

from terraregistry.errors import RegistryError
from terraregistry.registry.locations import Location, locate

if TYPE_CHECKING:
    from typing import Self

    from torch.utils.hooks import RemovableHandle

    from terraregistry.registry import MultiSourceRegistry
    from terraregistry.tools.config import ModelRequest
    from terraregistry.tools.trial import Trial

__all__ = ["Part", "Recorder", "find_modules", "find_parts", "module_tree", "print_trial"]

_UNBOUNDED: Final = 10_000


@dataclass(slots=True)
class Part:
    """One part of a model.

    Attributes:
        kind: Its role in the model, such as `backbone` or `neck`; its path, in a list of modules.
        name: Its qualified name; its class's for a part of no registry.
        location: The definition of its constructor; None if not in a Python file.
        module: The part itself.
        shapes: The shape of each output tensor for the batch.
    """

    kind: str
    name: str
    location: Location | None
    module: nn.Module = field(compare=False)
    shapes: tuple[tuple[int, ...], ...] = ()

    @property
    def parameters(self) -> int:
        """The number of its parameters, each counted once."""
        return sum(parameter.numel() for parameter in self.module.parameters())


class Recorder:
    """Context manager: records the output shapes of parts while they run."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts: Final = parts
        self._running: list[str] = []
        self._handles: list[RemovableHandle] = []

    def __enter__(self) -> Self:
        for part in self._parts:
            self._handles.append(part.module.register_forward_pre_hook(partial(self._start, part)))
            self._handles.append(part.module.register_forward_hook(partial(self._end, part)))
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def where(self) -> str:
        """Return the clause naming the part running, or running when an exception was raised; empty if none."""
        return f", in the {self._running[-1]}" if self._running else ""

    def _start(self, part: Part, *_: object) -> None:
        self._running.append(f"{part.kind} {part.name!r}")

    def _end(self, part: Part, *given: object) -> None:
        self._running.pop()
        part.shapes = tuple(_shapes(given[-1]))


def find_parts(request: ModelRequest, model: nn.Module) -> tuple[Part, ...]:
    """Find the parts of a composed model in execution order, or else its direct children; the model comes last."""
    whole = Part("model", f"{type(model).__qualname__} ({request.factory})", locate(type(model)), model)
    if isinstance(getattr(model, "encoder", None), nn.Module):
        return (*_composition(request.arguments, model), whole)
    return (*(_unnamed(name, child) for name, child in model.named_children()), whole)


def find_modules(model: nn.Module, depth: int) -> tuple[Part, ...]:
    """List the modules of a model by their paths, down to a number of levels; the model comes first."""
    named = cast("Iterator[tuple[str, nn.Module]]", model.named_modules(remove_duplicate=False))
    return tuple(
        Part(path, type(module).__qualname__, None, module)
        for path, module in named
        if not path or path.count(".") < depth
    )


def _composition(arguments: Mapping[str, object], model: nn.Module) -> Iterator[Part]:
    from terraregistry.library import BACKBONE_REGISTRY, NECK_REGISTRY

    children = dict(model.named_children())
    yield _named("backbone", BACKBONE_REGISTRY, arguments.get("backbone"), cast("nn.Module", model.encoder))
    necks: nn.Module | None = getattr(model, "neck", None)
    names = [_get(neck, "name") for neck in _list(arguments.get("necks"))]
    for index, neck in enumerate(necks.children() if necks is not None else ()):
        yield _named("neck", NECK_REGISTRY, names[index] if index < len(names) else None, neck)
    yield from _branch("", arguments.get("decoder"), children.get("decoder"), children.get("head"))
    detector: Mapping[str, nn.Module] = getattr(model, "heads", {})
    yield from (_unnamed(name, head) for name, head in detector.items())
    auxiliary = {str(_get(aux, "name")): _get(aux, "decoder") for aux in _list(arguments.get("aux_decoders"))}
    branches = children.get("aux_heads")
    for name, branch in branches.named_children() if branches is not None else ():
        decoder, head, *_ = (*branch.children(), None, None)
        yield from _branch(f"auxiliary {name}: ", auxiliary.get(name), decoder, head)


def _branch(label: str, name: object, decoder: nn.Module | None, head: nn.Module | None) -> Iterator[Part]:
    from terraregistry.library import DECODER_REGISTRY

    if decoder is not None:
        yield _named(f"{label}decoder", DECODER_REGISTRY, name, decoder)
    if head is not None and not isinstance(head, nn.Identity):
        yield _unnamed(f"{label}head", head)


def _named(kind: str, registry: MultiSourceRegistry[Any], name: object, module: nn.Module) -> Part:
    """Describe a part by its name in a registry, or by its class if it has none."""
    try:
        description = registry.describe(cast("str", name))
    except RegistryError:
        return _unnamed(kind, module)
    location = None if description.file is None else Location(description.file, description.line or 1)
    return Part(kind, description.name, location, module)


def _unnamed(kind: str, module: nn.Module) -> Part:
    return Part(kind, type(module).__qualname__, locate(type(module)), module)


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _get(value: object, key: str) -> object:
    return cast("dict[str, object]", value).get(key) if isinstance(value, dict) else None


def _shapes(result: object) -> Iterator[tuple[int, ...]]:
    """Find the tensors in the output of a module: itself, in lists and dictionaries, or in its `output`."""
    if isinstance(result, Tensor):
        yield tuple(result.shape)
    elif isinstance(result, Mapping):
        for item in cast("Mapping[object, object]", result).values():
            yield from _shapes(item)
    elif isinstance(result, (list, tuple)):
        for item in cast("Sequence[object]", result):
            yield from _shapes(item)
    elif hasattr(result, "output"):
        yield from _shapes(getattr(result, "output", None))


def print_trial(file: str, trial: Trial) -> None:
    """Print the parts of a model."""
    console = Console(highlight=False)
    table = _table(file, trial)
    if not console.is_terminal:
        # Nothing is cut off or folded for want of a screen: the output can be searched.
        console.width = console.measure(table, options=console.options.update(width=_UNBOUNDED)).maximum
    console.print(table)
    if trial.modules:
        console.width = max(console.width, 200 if console.is_terminal else _UNBOUNDED)
        console.print(module_tree(trial.modules), soft_wrap=True)


def _table(file: str, trial: Trial) -> Table:
    caption = Text(f"random batch {trial.batch}, seed {trial.seed}")
    table = Table(title=Text(file), caption=caption, title_justify="left", caption_justify="left")
    table.add_column("Part")
    table.add_column("Name", overflow="fold")
    table.add_column("Defined at", overflow="fold")
    table.add_column("Parameters", justify="right")
    table.add_column("Output", no_wrap=True)
    for part in trial.parts:
        if part.kind == "model":
            table.add_section()
        table.add_row(*_row(part))
    return table


def _row(part: Part) -> tuple[Text, ...]:
    runs = [(shape, len([*same])) for shape, same in groupby(part.shapes)]
    shapes = "\n".join(f"{count} of {shape}" if count > 1 else str(shape) for shape, count in runs) or "not run"
    return Text(part.kind), Text(part.name), _place(part.location), Text(f"{part.parameters:,}"), Text(shapes)


def _place(location: Location | None) -> Text:
    if location is None:
        return Text("")
    text = Text(f"{_importable(location.file)}:{location.line}")
    text.stylize(f"link {Path(location.file).absolute().as_uri()}")
    return text


def _importable(file: str) -> str:
    """Shorten a path: make it relative to its import root."""
    path = Path(file).absolute()
    roots = [Path(entry).absolute() for entry in sys.path]
    below = [path.relative_to(root) for root in roots if path.is_relative_to(root)]
    return str(min(below, key=lambda short: len(short.parts), default=path))


def module_tree(modules: Sequence[Part]) -> Tree:
    """Arrange modules, each after its parent, as a tree."""
    root, *others = modules
    tree = Tree(_line(root, ""))
    branches = {"": tree}
    for part in others:
        parent, _, name = part.kind.rpartition(".")
        branches[part.kind] = branches[parent].add(_line(part, name))
    return tree


def _line(part: Part, name: str) -> Text:
    line = Text()
    if name:
        line.append(f"{name}: ", style="green")
    line.append(part.name, style="bold")
    line.append(f"  {part.parameters:,} parameters" if part.parameters else "  no parameters", style="cyan")
    shapes = ", ".join(map(str, part.shapes))
    line.append(f"  {shapes or 'not run'}", style="dim")
    return line
