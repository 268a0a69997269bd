"""Run in a process of its own: give hostile text wherever a config or a caller can give text, and note what the process does.

An audit hook sees every import, file, process and connection, whoever asks for it. What is forbidden is printed, one event a line.
"""

from __future__ import annotations

import copy
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterator

CANARY = "terraregistry_canary"
HOSTILE = (
    CANARY,
    f"{CANARY}:run",
    f"{CANARY}.run",
    f"timm_{CANARY}",
    "os.system",
    "os:system",
    "builtins.eval",
    "__import__('os').system('touch owned')",
    "terraregistry.library:__builtins__",
    "torch.hub.load",
    "torch.nn.modules.module.os",
    "hf-hub:timm/resnet18",
    "hf_hub:timm/resnet18",
    "local-dir:/",
    "file:///etc/passwd",
    "../../../../etc/passwd",
    "__class__",
    "{0.__class__.__mro__}",
    "!!python/object/apply:os.system [touch owned]",
    "${oc.env:HOME}",
    "%(home)s",
    "`id`",
    "$(id)",
    "a\x00b",
    "\u202eresnet18",
)
_RUNS = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "pty.spawn", "ctypes.dlopen")
_CONNECTS = ("socket.connect", "socket.getaddrinfo", "socket.bind", "urllib.Request", "http.client.connect")
_CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree")


def forbidden(event: str, args: tuple[Any, ...]) -> bool:
    """Say whether looking at names and arguments may cause this."""
    if event == "import":
        return CANARY in str(args[0])
    if event == "open":
        flags = args[2] if isinstance(args[2], int) else 0
        return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)) or "passwd" in str(args[0])
    return event in _RUNS or event in _CONNECTS or event in _CHANGES


def attempt(ask: Callable[[], object]) -> None:
    """Ask; an answer is as good as an error of ours."""
    from terraregistry.errors import RegistryError

    try:
        ask()
    except RegistryError:
        pass
    except Exception as error:  # noqa: BLE001 - reported, and a fault
        print(f"raises {type(error).__module__}.{type(error).__qualname__}: {error}")


def names(registry: Any, text: str) -> None:
    """Give a text as a name."""
    from terraregistry.registry import ComponentSpec

    methods = ("__contains__", "__getitem__", "get", "resolve", "search", "describe", "signature", "find_class")
    for method in methods:
        asked = getattr(registry, method, None)
        if asked is not None:
            attempt(lambda asked=asked: asked(text))
    attempt(lambda: registry.validate(text))
    attempt(lambda: registry.build(text))
    attempt(lambda: ComponentSpec.from_dict({"registry": registry.reference, "name": text}))
    attempt(lambda: ComponentSpec.from_dict({"registry": text, "name": "resnet18"}))


def arguments(registry: Any, name: str, text: str) -> None:
    """Give a text as each argument of a component."""
    signature: inspect.Signature = registry.signature(name)
    given = {
        each.name: [8, 8, 8, 8]
        for each in signature.parameters.values()
        if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
    }
    for parameter in signature.parameters.values():
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
            attempt(lambda parameter=parameter: registry.validate(name, **{**given, parameter.name: text}))
    attempt(lambda: registry.validate(name, **{**given, text: 1}))


def leaves(config: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # plain data
    """List the paths of all values in a config."""
    items = config.items() if isinstance(config, dict) else enumerate(config) if isinstance(config, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from leaves(value, (*path, key))


def configs(config: dict[str, Any], text: str) -> None:
    """Give a text in place of each value and each key of a config."""
    import yaml

    from terraregistry.tools.config import find_request, parse_config
    from terraregistry.tools.trial import make_factory

    for path in leaves(config):
        for renamed in (False, True):
            changed = copy.deepcopy(config)
            parent = changed
            for key in path[:-1]:
                parent = parent[key]
            if renamed and isinstance(parent, dict):
                parent[text] = parent.pop(path[-1])
            else:
                parent[path[-1]] = text
            written = yaml.safe_dump(changed)
            attempt(lambda written=written: make_factory(find_request(parse_config(written))))


PLAIN: dict[str, Any] = {
    "model_factory": "EncoderDecoderFactory",
    "task": "segmentation",
    "backbone": "resnet18",
    "backbone_kwargs": {"pretrained": False},
    "necks": [{"name": "SelectIndices", "indices": [1, 2, 3]}],
    "decoder": "FCNDecoder",
    "decoder_kwargs": {"channels": 8},
    "head_dropout": 0.1,
    "num_classes": 2,
}
TRAINING: dict[str, Any] = {
    "model": {
        "class_path": "SemanticSegmentationTask",
        "init_args": {
            "model_factory": "EncoderDecoderFactory",
            "model_args": {"backbone": "resnet18", "decoder": "FCNDecoder", "num_classes": 2, "decoder_channels": 8},
        },
    }
}


def main(texts: tuple[str, ...]) -> None:
    """Give each text everywhere."""
    import terraregistry.library as library

    registries = [getattr(library, name) for name in library.__all__ if name.endswith("_REGISTRY")]
    sample = {id(library.TIMM_BACKBONE_REGISTRY): ["resnet18", "vit_tiny_patch16_224", "convnext_atto"]}
    own = [
        (registry, sample.get(id(registry)) or list(registry))
        for registry in registries
        if not hasattr(registry, "find_class")
    ]
    if texts:  # whatever is imported to look at a component is imported now
        for registry, components in own:
            for name in components:
                registry.signature(name)
        configs(PLAIN, "x")
    seen: list[str] = []
    sys.addaudithook(lambda event, args: seen.append(f"{event} {args!r:.200}") if forbidden(event, args) else None)
    for text in texts:
        for registry in registries:
            names(registry, text)
        for registry, components in own:
            for name in components:
                arguments(registry, name, text)
        configs(PLAIN, text)
        configs(TRAINING, text)
    if not texts:  # the hook sees what it is there for
        __import__(CANARY)
    print(*dict.fromkeys(seen), "done", sep="\n")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(HOSTILE[: int(sys.argv[1])])
