"""Gives the page of the catalogue its data: every component of the index, with the addresses of what is documented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError

from terraregistry.index import IndexUnavailableError, load_index
from terraregistry.tools.catalogue import catalogue_data

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

PAGE = "reference/catalogue"
DATA = "assets/catalogue/components.json"
_ANCHOR = re.compile(r'<h\d id="(terraregistry\.[\w.]+)"')


def on_post_build(config: MkDocsConfig) -> None:
    """Write the data, when the pages that it refers to are there."""
    site = Path(config.site_dir)
    try:
        data = catalogue_data(load_index(), _documented(site))
    except IndexUnavailableError as error:
        raise PluginError(str(error)) from error
    (site / DATA).write_text(data, encoding="utf-8")


def _documented(site: Path) -> dict[str, str]:
    """Find where classes and functions are documented, relative to the page of the catalogue."""
    return {
        anchor: f"../{page.parent.name}/#{anchor}"
        for page in sorted((site / PAGE).parent.glob("*/index.html"))
        for anchor in _ANCHOR.findall(page.read_text(encoding="utf-8"))
    }
