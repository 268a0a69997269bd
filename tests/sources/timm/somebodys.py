"""A package that registers a model in timm under a name that this library has."""

from __future__ import annotations

from typing import Any

from timm.models import generate_default_cfgs, register_model
from torch import nn

default_cfgs = generate_default_cfgs({"prithvi_swin_B.theirs": {"input_size": (3, 64, 64), "url": "https://their.org"}})


class Theirs(nn.Module):
    """Takes any argument."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = options


@register_model
def prithvi_swin_B(pretrained: bool = False, **kwargs: Any) -> nn.Module:  # noqa: N802 - the name
    """Build something else."""
    return Theirs(pretrained=pretrained, **kwargs)
