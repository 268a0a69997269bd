"""Weights that lie on the Hugging Face hub."""

from __future__ import annotations

from typing import Final, NamedTuple

from huggingface_hub import (
    hf_hub_download,  # pyright: ignore[reportUnknownVariableType] - it leaves parts of its type open
)
from huggingface_hub.errors import EntryNotFoundError

from terraregistry.errors import WeightsError

__all__ = ["HUB_FAILURES", "HubFile", "download", "unreachable"]

HUB_FAILURES: Final = (OSError, EntryNotFoundError)
"""What the hub's client raises where a file is neither in the cache nor within reach."""


class HubFile(NamedTuple):
    """One file of a repository on the hub."""

    repository: str
    name: str

    def __str__(self) -> str:
        """Return the file as the hub's users write it: `repository/name`."""
        return f"{self.repository}/{self.name}"


def download(file: HubFile, component: str, remedy: str) -> str:
    """Find a file of the hub in the local cache, or download it there; the progress bar is the hub's own.

    Args:
        file: The file.
        component: What the weights are for, for the error.
        remedy: How to give a file instead, for the error.

    Returns:
        Where it lies.

    Raises:
        WeightsError: It is neither in the cache nor can it be downloaded.
    """
    try:
        return hf_hub_download(repo_id=file.repository, filename=file.name)
    except HUB_FAILURES as error:
        raise unreachable(component, str(file), error, remedy) from error


def unreachable(component: str, origin: str, error: Exception, remedy: str) -> WeightsError:
    """Make the error of weights that cannot be had.

    Args:
        component: What the weights are for.
        origin: Where they were looked for.
        error: What the attempt raised.
        remedy: How to give a file instead.

    Returns:
        The error, to be raised.
    """
    lines = str(error).strip().splitlines() or ["no details"]
    reason = f"they are not in the local cache and cannot be downloaded: {type(error).__name__}: {lines[0]}"
    return WeightsError(component, origin, reason, remedy=remedy)
