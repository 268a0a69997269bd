"""What the tests of the command line share."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from typer.testing import CliRunner

from terraregistry.tools.cli import app

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def examples():
    return sorted(EXAMPLES.glob("*.yaml"))


@pytest.fixture
def run(monkeypatch, tmp_path, index):
    """Runs `terraregistry` in an empty folder, in this process; with the index, so that no command says that it makes it."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def build(run, tmp_path):
    """Runs `terraregistry build c.yaml` on text."""

    def build_text(text, *options):
        (tmp_path / "c.yaml").write_text(dedent(text), encoding="utf-8")
        return run("build", "c.yaml", *options)

    return build_text
