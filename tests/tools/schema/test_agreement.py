"""The schema takes exactly what the validation takes, as far as names and types go."""

from __future__ import annotations

import random
import warnings
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from terraregistry.components.factories import smp
from terraregistry.components.factories.planning import Planner
from terraregistry.errors import RegistryError
from terraregistry.tools.config import find_request, parse_config
from terraregistry.tools.trial import make_factory

from .corpus import Corpus

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))
SAID_TWICE = "which means the same"
"""Two spellings of one argument of a decoder: which these are is the decoder's to know."""


@pytest.fixture(scope="module")
def without_values():
    """Has the validation look at names and types only: what fits what, and what a component refuses, shows as parts are made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Planner, "_trace", lambda *_: None)
        patch.setattr(smp, "_refusals", lambda _: [])
        yield


def refusal(text):
    """What the validation says of a config; empty where it is right."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            make_factory(find_request(parse_config(text)))
        except RegistryError as error:
            return str(error)
    return ""


def compare(case, validator):
    text = yaml.safe_dump(case.config, sort_keys=False)
    said = refusal(text)
    errors = [f"{each.json_path}: {each.message[:200]}" for each in validator.iter_errors(yaml.safe_load(text))]
    if SAID_TWICE not in said:
        assert bool(said) == bool(errors), f"{case.mistake}\n{text}\nvalidation: {said}\nschema: {errors[:5]}"
    return f"{case.mistake}: {'refused' if said else 'right'}"


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_they_agree(without_values, index, validator, rng):
    event(compare(Corpus(index, rng).case(), validator))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_they_agree_on_many(without_values, index, validator, seed):
    corpus = Corpus(index, random.Random(seed))
    for _ in range(400):
        compare(corpus.case(), validator)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_the_examples_are_right(validator, file):
    assert [each.message for each in validator.iter_errors(yaml.safe_load(file.read_text(encoding="utf-8")))] == []


def test_there_are_examples():
    assert EXAMPLES
