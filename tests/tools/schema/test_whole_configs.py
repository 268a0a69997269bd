"""The configs to start from that an editor offers: each is right, in the schema, in the validation, and in its fit."""

from __future__ import annotations

import re
import warnings

import pytest
import yaml

from terraregistry.tools.config import find_request, parse_config
from terraregistry.tools.schema.whole_configs import snippets
from terraregistry.tools.trial import make_factory

SNIPPETS = {each["label"]: re.sub(r"\$\{\d:(.*?)\}", r"\1", each["bodyText"]) for each in snippets()}


def test_there_are_four_in_each_layout():
    plain = ["CNN + FCN", "ViT + UperNet", "Prithvi, multi-temporal", "Classification"]
    assert [*SNIPPETS] == [*plain, *(f"{each} (training config)" for each in plain)]


@pytest.mark.parametrize(
    "label", [pytest.param(each, marks=[pytest.mark.slow] if "training" in each else []) for each in SNIPPETS]
)
def test_each_is_right_and_fits(validator, label):
    assert "$" not in SNIPPETS[label]
    assert [each.message for each in validator.iter_errors(yaml.safe_load(SNIPPETS[label]))] == []
    with warnings.catch_warnings(action="error"):
        make_factory(find_request(parse_config(SNIPPETS[label])))
