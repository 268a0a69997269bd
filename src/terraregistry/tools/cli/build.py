"""`terraregistry build`: validate a model, build it, and run it once."""

from __future__ import annotations

import re
from pathlib import Path  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from terraregistry.tools.cli.printing import Attempts, Duplicates, ImportModules, LikeTerraTorch, Unused
from terraregistry.tools.cli.reading import import_modules
from terraregistry.tools.weights import check_target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ImageSize", "build"]


class ImageSize(NamedTuple):
    """The size of an image in pixels."""

    height: int
    width: int

    @classmethod
    def parse(cls, text: str) -> ImageSize:
        """Read one number for both sides, or height and width; raise a BadParameter for other text."""
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
    imports: ImportModules = None,
    unused: Annotated[
        Unused, typer.Option(help="What becomes of arguments that nothing reads: an error, or dropped with a warning.")
    ] = Unused.ERROR,
    duplicates: Annotated[
        Duplicates,
        typer.Option(help="A key that is repeated in the model: an error, or the last value counts, with a warning."),
    ] = Duplicates.ERROR,
    like_terratorch: LikeTerraTorch = None,
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
    _check_together(configs, {"--load": load, "--save": save}, device, dry_run=dry_run, check=check)
    attempts = Attempts(traceback=traceback)
    import_modules(imports, attempts)
    if save is not None:
        with attempts.at(f"--save {save}"):
            check_target(save)
    if device != "cpu":
        with attempts.at(f"--device {device}"):
            _check_device(device)
    attempts.finish()
    from terraregistry.tools.config import find_request, read_config
    from terraregistry.tools.trial import Policies, TrialOptions, make_factory, run_trial

    modules = depth if summary else None
    options = TrialOptions(
        batch_size, image_size, in_channels, seed, device, dry_run, modules, load, save, random_weights
    )
    for config in configs:
        with attempts.at(config, success=f"{config}: valid" if check else ""):
            request = find_request(read_config(config, take_last=duplicates is Duplicates.LAST))
            request = Policies(unused is Unused.WARN, like_terratorch).applied(request)
            factory = make_factory(request, fit=check)  # a trial follows the shapes itself, before it builds anything
            if not check:
                from terraregistry.tools.model_parts import print_trial  # it imports torch

                print_trial(config, run_trial(request, factory, options))
    attempts.finish()


def _check_together(
    configs: Sequence[str], files: Mapping[str, Path | None], device: str, *, dry_run: bool, check: bool
) -> None:
    """Refuse options that contradict each other."""
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
