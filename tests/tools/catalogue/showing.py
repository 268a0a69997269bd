"""Opening the catalogue in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def show(page: Page, address: str) -> None:
    """Open an address of the catalogue, and wait until it can be used."""
    page.goto(address)
    page.wait_for_selector("#catalogue[data-ready]")
