"""What the registries say of their components, as JSON: run in a process of its own, with or without the libraries."""

from __future__ import annotations

import contextlib
import json
import sys
from inspect import Parameter
from typing import Any

from terraregistry import library
from terraregistry.errors import InvalidArgumentsError
from terraregistry.registry.signatures import render_signature

LIBRARIES = ("torch", "timm", "segmentation_models_pytorch")
REGISTRIES = ("BACKBONE_REGISTRY", "NECK_REGISTRY", "DECODER_REGISTRY", "FULL_MODEL_REGISTRY", "MODEL_FACTORY_REGISTRY")
VALUES: tuple[Any, ...] = (
    3,
    repr,
    [],
    -1,
    2.5,
    True,
    None,
    "relu",
    "avg",
    [1, 2],
    [64, 128],
    (1, 2),
    {"a": 1},
    [[1]],
    ["x", 2],
)


def described(description: Any) -> dict[str, object]:
    """Write a description down."""
    fields = {name: getattr(description, name) for name in description.__dataclass_fields__ if name != "signature"}
    parameters = [
        [each.name, each.kind, each.default is Parameter.empty] for each in description.signature.parameters.values()
    ]
    return json.loads(
        json.dumps(
            {**fields, "signature": render_signature(description.signature), "parameters": parameters}, default=str
        )
    )


def validated(registry: Any, name: str, chosen: int) -> list[object]:
    """Write down what becomes of some calls, most of them wrong."""
    said: list[object] = []
    # Whose own token mixers are given is asked live.
    parameters = [each for each in registry.signature(name).parameters if each != "token_mixers"]
    for step in range(3):
        place = (chosen * 7 + step * 13) % max(len(parameters), 1)
        arguments = {
            each: VALUES[(chosen + step + at) % len(VALUES)] for at, each in enumerate(parameters[place : place + 4])
        }
        arguments |= {"features_only": False} if step == 1 else {"no_such_argument": 1} if step == 2 else {}
        positional = ([64, 128],) if "channel_list" in parameters and "channel_list" not in arguments else ()
        try:
            spec = registry.validate(name, *positional, **arguments)
            said.append([spec.name, repr(spec.args), repr(spec.kwargs)])
        except InvalidArgumentsError as error:
            said.append(str(error))
    return said


def everything(aliases: int, every: int) -> dict[str, object]:
    """Ask for all that there is.

    Args:
        aliases: How many aliases of each component to ask for.
        every: Ask of every such name only.
    """
    said: dict[str, object] = {}
    for label in REGISTRIES:
        registry = getattr(library, label)
        names = [*registry]
        said[label] = names
        for at, name in enumerate(names):
            if at % every and len(names) > 100:
                continue
            description = registry.describe(name)
            said[f"{label} {name}"] = described(description)
            said[f"{label} {name} validated"] = validated(registry, name, at)
            for alias in description.aliases[:aliases]:
                said[f"{label} {alias}"] = [alias in registry, described(registry.describe(alias))]
            if name.startswith("timm_"):
                said[f"network {name}"] = described(library.TIMM_BACKBONE_REGISTRY.describe_network(name[5:]))
    return said


def main(live: str, aliases: str, every: str) -> None:
    """Write everything down as JSON, on standard output."""
    if live == "live":
        for name in LIBRARIES:
            __import__(name)
        from terraregistry.index import provider

        # Also what is registered lazily is asked itself.
        provider.stored_index = lambda: None  # type: ignore[assignment]  # the same as where there is no index
    said = everything(int(aliases), int(every))
    said["imported"] = [name for name in LIBRARIES if name in sys.modules]
    with contextlib.redirect_stdout(sys.__stdout__):
        print(json.dumps(said))  # noqa: T201 - the result


if __name__ == "__main__":
    main(*sys.argv[1:])
