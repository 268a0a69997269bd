"""The cost of a model in words: of each part, and of training, for the memory that is available."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from terraregistry.components.costs import in_units
from terraregistry.tools.cli.printing import megabytes

if TYPE_CHECKING:
    from terraregistry.components.costs import Cost

__all__ = ["Memory", "check_memory", "cost_lines", "read_memory", "training_lines"]

Memory = Annotated[
    str | None,
    typer.Option(
        "--memory",
        metavar="SIZE",
        help="Show the largest batch that can be trained in this memory, such as `16G` or `16GiB`.",
    ),
]
"""The option of commands that measure models."""
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT])(I?)B?", re.IGNORECASE)
_UNKNOWN: Final = "training: unknown, since the model does not run in training mode without data"


def read_memory(text: str) -> int:
    """Read a number of bytes: `16G` and `16GB` are powers of ten, `16GiB` of two; raise a BadParameter for other text.

    Examples:
        >>> read_memory("16G"), read_memory("1.5 GiB")
        (16000000000, 1610612736)
    """
    size = _SIZE.fullmatch(text.strip())
    if size is None:
        raise typer.BadParameter(f"{text!r} is no memory; write a number and a unit, such as 16G or 16GiB")
    return int(float(size[1]) * (1024 if size[3] else 1000) ** ("KMGT".index(size[2].upper()) + 1))


def cost_lines(cost: Cost) -> list[str]:
    """Write the cost of one image: a line for each part, then one for the model."""
    rows = [
        (
            name,
            in_units(each.parameters),
            in_units(each.macs / each.batch[0]),
            in_units(each.activations / each.batch[0]),
        )
        for name, each in (*cost.parts.items(), ("model", cost))
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        f"{name.ljust(widths[0])}  {parameters.rjust(widths[1])} parameters  {macs.rjust(widths[2])} MACs  "
        f"{activations.rjust(widths[3])} activations"
        for name, parameters, macs, activations in rows
    ]


def check_memory(text: str | None, wanted: str, *, runs: bool) -> None:
    """Refuse a memory that is none, or that is given without the option `wanted`."""
    if text is not None:
        read_memory(text)
        if not runs:
            raise typer.BadParameter(f"--memory is of models that are run without data: add {wanted}")


def training_lines(cost: Cost, memory: str | None = None) -> list[str]:
    """Write the memory of a training step with Adam, and the largest batch for the memory that is available."""
    total = cost.training_bytes()
    if total is None or cost.saved_bytes is None:
        return [_UNKNOWN]
    trained = cost.trained_bytes
    shares = {"weights": cost.weight_bytes, "gradients": trained, "Adam": 2 * trained, "activations": cost.saved_bytes}
    listed = ", ".join(f"{name} {megabytes(size)}" for name, size in shares.items())
    lines = [f"training on a batch of {cost.batch[0]}: {megabytes(total)} without workspaces ({listed})"]
    if memory is not None:
        most = cost.largest_batch(read_memory(memory))
        fits = "any" if most is None else f"{most:,}" if most else "none, not even one image"
        lines.append(f"largest batch in {memory}: {fits}")
    return lines
