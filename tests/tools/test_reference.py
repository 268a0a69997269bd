"""The reference of the command line in the docs is what `--help` says, and the hook runs under pre-commit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from terraregistry.tools.cli import app
from terraregistry.tools.cli.printing import Status
from terraregistry.tools.cli.reference import MARK, REFERENCES, command_reference, rewritten

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "command-line.md"


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("name", [*REFERENCES])
def test_a_page_is_what_it_is_written_from(name):
    text = (PAGE.parent / name).read_text(encoding="utf-8")

    assert text.count(MARK) == 1
    assert text == rewritten(text, REFERENCES[name]()), "run: python -m terraregistry.tools.cli.reference"


@pytest.mark.parametrize("name", [each.name or each.callback.__name__ for each in app.registered_commands])
def test_every_option_of_the_help_is_in_the_reference(run, name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    options = {*re.findall(r"(--[a-z-]+)", run(name, "--help").stdout)} - {"--help"}
    section = command_reference().partition(f"## {name}\n")[2].partition("\n## ")[0]

    assert options
    assert {option for option in options if f"`{option}" not in section and f" {option}" not in section} == set()


def test_every_exit_status_is_in_the_reference():
    rows = re.findall(r"^\| ([0-9]) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == [*Status]


def hook():
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return found


def test_the_hook_runs_a_command_that_there_is(run, tmp_path):
    program, *arguments = hook()["entry"].split()
    (tmp_path / "other.yaml").write_text("services: {}\n", encoding="utf-8")

    assert program == "terraregistry"
    assert run(*arguments, "other.yaml").stdout == "0 configs are valid\n"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pre-commit") is None, reason="pre-commit is not installed")
def test_pre_commit_refuses_a_wrong_config_and_lets_others_pass(tmp_path):
    """A real run, on the hook as a user's repository refers to it."""

    def call(*command, folder=tmp_path / "project"):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(tmp_path / "home")}
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    def committed(folder):
        for arguments in (
            ["init", "-q"],
            ["add", "."],
            ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t"],
        ):
            assert call("git", *arguments, folder=folder).returncode == 0
        return call("git", "rev-parse", "HEAD", folder=folder).stdout.strip()

    hooks, project = tmp_path / "hooks", tmp_path / "project"
    hooks.mkdir()
    project.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    use = {"repo": str(hooks), "rev": committed(hooks), "hooks": [{"id": hook()["id"]}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [use]}), encoding="utf-8")
    shutil.copy(ROOT / "examples" / "segmentation.yaml", project / "right.yaml")
    (project / "other.yaml").write_text("services: {}\n", encoding="utf-8")
    committed(project)

    right = call("pre-commit", "run", "--all-files")
    assert right.returncode == 0, right.stdout + right.stderr
    assert "Passed" in right.stdout

    text = (project / "right.yaml").read_text(encoding="utf-8")
    (project / "wrong.yaml").write_text(text.replace("decoder_channels", "decoder_chanels"), encoding="utf-8")
    call("git", "add", ".")
    wrong = call("pre-commit", "run", "--all-files")
    assert wrong.returncode == 1
    assert "wrong.yaml:8:1: decoder_chanels: unknown argument; did you mean 'decoder_channels'?" in wrong.stdout
    assert "1 of 2 configs is wrong" in wrong.stdout
