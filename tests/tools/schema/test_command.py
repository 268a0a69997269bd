"""`terraregistry schema`."""

from __future__ import annotations

import json


def test_it_writes_to_standard_output(run, text):
    done = run("schema")

    assert done.exit_code == 0
    assert done.stdout == text


def test_it_writes_a_file(run, text, tmp_path):
    done = run("schema", "--output", tmp_path / "schema.json")

    assert (done.exit_code, done.output) == (0, "")
    assert (tmp_path / "schema.json").read_text(encoding="utf-8") == text
    assert json.loads(text)["$defs"]


def test_a_file_that_cannot_be_written_is_named(run, tmp_path):
    done = run("schema", "--output", tmp_path)

    assert done.exit_code == 2
    assert done.stderr == f"{tmp_path}: cannot be written: Is a directory\n"
