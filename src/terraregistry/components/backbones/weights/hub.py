"""Weights on the Hugging Face hub."""

from __future__ import annotations

from typing import Final, NamedTuple

from huggingface_hub import (
    hf_hub_download,  # pyright: ignore[reportUnknownVariableType] - it leaves parts of its type open
)
from huggingface_hub.errors import EntryNotFoundError

from terraregistry.errors import WeightsError

__all__ = ["HUB_FAILURES", "HubFile", "download", "unreachable"]

HUB_FAILURES: Final = (OSError, EntryNotFoundError)
"""The hub client's errors for a file neither cached nor reachable."""


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
        component: The component to load the weights into, for the error.
        remedy: How to give a file instead, for the error.

    Returns:
        Its local path.

    Raises:
        WeightsError: It is neither in the cache nor can it be downloaded.
    """
    try:
        return hf_hub_download(repo_id=file.repository, filename=file.name)
    except HUB_FAILURES as error:
        raise unreachable(component, str(file), error, remedy) from error


def unreachable(component: str, origin: str, error: Exception, remedy: str) -> WeightsError:
    """Make the error of unavailable weights.

    Args:
        component: The component to load the weights into.
        origin: The source searched.
        error: The exception of the attempt.
        remedy: How to give a file instead.

    Returns:
        The error, to be raised.
    """
    lines = str(error).strip().splitlines() or ["no details"]
    reason = f"they are not in the local cache and cannot be downloaded: {type(error).__name__}: {lines[0]}"
    return WeightsError(component, origin, reason, remedy=remedy)
