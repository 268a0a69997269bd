"""`terraregistry build`: validate a model, build it, and run it once."""

from __future__ import annotations

import re
from pathlib import Path  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from terraregistry.tools.cli.printing import Attempts, Status, Unused
from terraregistry.tools.cli.reading import import_module
from terraregistry.tools.weights import check_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.tools.config import ModelRequest
    from terraregistry.tools.trial import TrialOptions

__all__ = ["ImageSize", "build"]


class ImageSize(NamedTuple):
    """The size of an image in pixels."""

    height: int
    width: int

    @classmethod
    def parse(cls, text: str) -> ImageSize:
        """Read one number for both sides, or height and width.

        Raises:
            BadParameter: It is neither, or a side has no pixels.
        """
        sides = re.fullmatch(r"0*([1-9][0-9]{0,5})(?:x0*([1-9][0-9]{0,5}))?", text.strip().lower())
        if sides is None:
            raise typer.BadParameter(f"{text!r} is no size; write one number, or HEIGHTxWIDTH such as 192x256")
        return cls(int(sides[1]), int(sides[2] or sides[1]))


def build(
    configs: Annotated[
        list[str],
        typer.Argument(
            metavar="CONFIG", help="YAML files: `model_factory` and its arguments, or TerraTorch's training configs."
        ),
    ],
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Only validate, as `validate --fit` does: no weights are made, loaded or downloaded."
        ),
    ] = False,
    batch_size: Annotated[int, typer.Option(min=1, metavar="N", help="Images in the random batch.")] = 2,
    image_size: Annotated[
        ImageSize | None,
        typer.Option(
            parser=ImageSize.parse,
            metavar="SIZE",
            help="Size of the images, N or HEIGHTxWIDTH; by default the backbone's own, or else 224.",
        ),
    ] = None,
    in_channels: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Channels of the images; by default the backbone's, or else 3."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the weights and of the batch.")] = 0,
    imports: Annotated[
        list[str] | None,
        typer.Option(
            "--import", metavar="MODULE", help="Import a module first, such as one that registers your own components."
        ),
    ] = None,
    unused: Annotated[
        Unused, typer.Option(help="What becomes of arguments that nothing reads: an error, or dropped with a warning.")
    ] = Unused.ERROR,
    random_weights: Annotated[
        bool,
        typer.Option("--random-weights", help="Leave pretrained weights out: nothing is downloaded, no file is read."),
    ] = False,
    device: Annotated[
        str, typer.Option(metavar="DEVICE", help="Where the model runs: `cpu`, `cuda`, `cuda:1`, `mps`.")
    ] = "cpu",
    load: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Load the model's state dict from a .safetensors or .pt file before it runs."
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the model's state dict to a new .safetensors or .pt file after it ran."
        ),
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Show the modules as a tree, with shapes and numbers of parameters.")
    ] = False,
    depth: Annotated[int, typer.Option(min=1, metavar="N", help="Levels of modules that --summary shows.")] = 3,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Follow the shapes on torch's meta device: no weights are made, loaded or downloaded."
        ),
    ] = False,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show where an exception in a component comes from.")
    ] = False,
) -> None:
    """Validate a model, build it, run one random batch through it, and show its parts.

    Exits with 0, or with 2 when a config is wrong or its model cannot be built or run; with `--check` also with 3 when it could not
    be checked.

    What is wrong in a config is printed with file, line, column and place in the config.
    """
    _check_together(configs, load=load, save=save, device=device, dry_run=dry_run, check=check)
    attempts = Attempts(traceback=traceback)
    _prepare(attempts, imports or (), device, save)
    if not attempts.failed:
        from terraregistry.tools.trial import TrialOptions

        size = None if image_size is None else (image_size.height, image_size.width)
        modules = depth if summary else None
        options = TrialOptions(
            batch_size, size, in_channels, seed, device, dry_run, modules, load, save, random_weights
        )
        for config in configs:
            if check:
                _check(config, unused, attempts)
                continue
            with attempts.at(config):
                _build(config, options, unused)
    if attempts.failed or attempts.unknown:
        raise typer.Exit(Status.WRONG_INPUT if attempts.failed else Status.UNKNOWN)


def _prepare(attempts: Attempts, imports: Sequence[str], device: str, save: Path | None) -> None:
    """Do and check what does not depend on a config."""
    for module in imports:
        with attempts.at(f"--import {module}"):
            import_module(module)
    if save is not None:
        with attempts.at(f"--save {save}"):
            check_target(save)
    if device != "cpu":
        with attempts.at(f"--device {device}"):
            _check_device(device)


def _check_together(
    configs: Sequence[str], *, load: Path | None, save: Path | None, device: str, dry_run: bool, check: bool
) -> None:
    """Refuse options that contradict each other."""
    files = {"--load": load, "--save": save}
    given = [name for name, file in files.items() if file is not None]
    if given and len(configs) > 1:
        raise typer.BadParameter(f"{given[0]} is of one model: give one CONFIG with it")
    if dry_run and (given or device != "cpu"):
        name = given[0] if given else "--device"
        raise typer.BadParameter(f"--dry-run has no weights and no device: leave out {name} or --dry-run")
    if check and (given or dry_run):
        name = given[0] if given else "--dry-run"
        raise typer.BadParameter(f"--check builds nothing: leave out {name} or --check")


def _check_device(device: str) -> None:
    import torch

    if torch.device(device).type == "meta":
        raise ValueError("nothing is computed there; --dry-run follows the shapes on it")
    torch.zeros(1, device=device)


def _request(config: str, unused: Unused) -> ModelRequest:
    from terraregistry.tools.config import find_request, read_config
    from terraregistry.tools.trial import allow_unused

    request = find_request(read_config(config))
    return allow_unused(request) if unused is Unused.WARN else request


def _check(config: str, unused: Unused, attempts: Attempts) -> None:
    """Do what `validate --fit` does."""
    from terraregistry.tools.trial import make_factory

    own = Attempts(traceback=attempts.traceback)
    with own.at(config):
        make_factory(_request(config, unused))
    if not own.failed and not own.unknown:
        typer.echo(f"{config}: valid")
    attempts.failed |= own.failed
    attempts.unknown |= own.unknown


def _build(config: str, options: TrialOptions, unused: Unused) -> None:
    from terraregistry.tools.trial import make_factory, run_trial

    request = _request(config, unused)
    from terraregistry.tools.model_parts import print_trial  # it imports torch

    factory = make_factory(request, fit=False)  # it runs the model without data itself, before it builds it
    print_trial(config, run_trial(request, factory, options))
