"""What the first stage of a check says is a part of what all of it says, for whatever config."""

from __future__ import annotations

import random
import warnings

import pytest
import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from terraregistry.errors import ConfigError
from terraregistry.tools.config import find_request, parse_config
from terraregistry.tools.trial import make_factory

from .corpus import Corpus

OF_ARGUMENTS = ("unknown argument", "unknown key", "there is no task", "has no component")
"""How what the first stage finds begins or ends, and nothing that is found by making a part does."""


class SmallCorpus(Corpus):
    """The corpus, with backbones that are made without data in no time."""

    def __init__(self, index, rng):
        super().__init__(index, rng)
        self._backbones = [name for name in self._backbones if "test_" in name or "tiny" in name or "resnet18" in name]


def problems(request, *, fit):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            make_factory(request, fit=fit)
        except ConfigError as error:
            return set(error.problems)
    return set()


def compare(case):
    try:
        request = find_request(parse_config(yaml.safe_dump(case.config, sort_keys=False)))
    except ConfigError:
        return "no request"
    arguments, everything = problems(request, fit=False), problems(request, fit=True)
    assert arguments <= everything, f"{case.mistake}\n{case.config}"
    further = everything - arguments
    assert not [each for each in further if any(part in str(each) for part in OF_ARGUMENTS)], case.config
    return f"{'wrong' if arguments else 'right'}, {'and more' if further else 'no more'}"


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_first_stage_finds_a_part_of_everything(index, rng):
    event(compare(SmallCorpus(index, rng).case()))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_first_stage_finds_a_part_of_everything_in_many(index, seed):
    corpus = SmallCorpus(index, random.Random(seed))
    kinds = {compare(corpus.case()) for _ in range(60)}
    assert kinds >= {"right, no more", "right, and more", "wrong, no more"}
