"""What the tests of the schema share."""

from __future__ import annotations

import json

import jsonschema
import pytest

from terraregistry.index import load_index
from terraregistry.tools.schema.config_schemas import schema_text


@pytest.fixture(scope="session")
def index():
    return load_index()


@pytest.fixture(scope="session")
def text(index):
    return schema_text(index)


@pytest.fixture(scope="session")
def schema(text):
    return json.loads(text)


@pytest.fixture(scope="session")
def validator(schema):
    return jsonschema.Draft202012Validator(schema)
