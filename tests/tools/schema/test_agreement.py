"""The schema takes exactly what the validation takes, as far as names and types go."""

from __future__ import annotations

import ast
import itertools
import random
import warnings
from pathlib import Path

import pytest
import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from terraregistry.errors import RegistryError
from terraregistry.tools.config import find_request, parse_config
from terraregistry.tools.trial import make_factory

from .corpus import CLASS_OF, Case, Corpus, plain_value

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))


def refusal(text):
    """What the validation says of the arguments in a config; empty where they are right."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            make_factory(find_request(parse_config(text)), fit=False)
        except RegistryError as error:
            return str(error)
    return ""


NOT_OF_A_SCHEMA = ("and there is no file", "expected the first and the last of a range of channels")
"""Which files there are is not for a schema to know; no schema can compare two numbers."""


def compare(case, validator):
    text = yaml.safe_dump(case.config, sort_keys=False)
    said = refusal(text)
    errors = [f"{each.json_path}: {each.message[:200]}" for each in validator.iter_errors(yaml.safe_load(text))]
    if not any(each in said for each in NOT_OF_A_SCHEMA):
        assert bool(said) == bool(errors), f"{case.mistake}\n{text}\nvalidation: {said}\nschema: {errors[:5]}"
    return f"{case.mistake}: {'refused' if said else 'right'}"


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_they_agree(index, validator, rng):
    event(compare(Corpus(index, rng).case(), validator))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_they_agree_on_many(index, validator, seed):
    corpus = Corpus(index, random.Random(seed))
    for _ in range(400):
        compare(corpus.case(), validator)


AUXILIARY = [
    None,
    ("FCNDecoder", {}),
    ("FCNDecoder", {"head_num_classes": 2}),
    ("FCNDecoder", {"head_num_outputs": 2}),
    ("smp_Unet", {"decoder_decoder_channels": [8, 8], "decoder_num_classes": 2}),
    ("LinearDecoder", {"decoder_upsampling_size": 1}),
    ("LinearDecoder", {"decoder_upsampling_size": 1, "decoder_num_classes": 2}),
]


def with_counts(layout, task, decoder, count, auxiliary):
    """A config in which the number of classes or outputs is said by a name that may not be the task's."""
    arguments = {"backbone": "timm_resnet18", "decoder": decoder}
    if decoder == "LinearDecoder":
        arguments["decoder_upsampling_size"] = 1
    if count is not None:
        arguments[count] = 2
    heads = []
    if auxiliary is not None:
        heads = [{"name": "aux", "decoder": auxiliary[0], "decoder_args": auxiliary[1]}]
    if layout != "aux_heads":
        arguments["aux_decoders"] = heads
    if layout == "plain":
        return {"model_factory": "EncoderDecoderFactory", "task": task, **arguments}
    init_args = {"model_factory": "EncoderDecoderFactory", "model_args": arguments}
    if layout == "aux_heads":
        init_args["aux_heads"] = heads
    return {"model": {"class_path": f"terratorch.tasks.{CLASS_OF[task]}", "init_args": init_args}}


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["plain", "aux_decoders", "aux_heads"])
@pytest.mark.parametrize("task", CLASS_OF)
def test_they_agree_on_the_number_of_classes_or_outputs(validator, task, layout):
    counts, decoders = ("num_classes", "num_outputs", None), ("FCNDecoder", "LinearDecoder")
    verdicts = set()
    for decoder, count, auxiliary in itertools.product(decoders, counts, AUXILIARY):
        config = with_counts(layout, task, decoder, count, auxiliary)
        verdicts.add(compare(Case(config, f"{count} for {task}"), validator).rpartition(" ")[2])
    assert verdicts == {"right", "refused"}


@pytest.mark.parametrize("layout", ["plain", "aux_decoders", "aux_heads"])
def test_a_number_that_an_auxiliary_head_cannot_take_is_underlined_itself(validator, layout):
    config = with_counts(layout, "segmentation", "LinearDecoder", "num_outputs", ("FCNDecoder", {}))
    place = "$.num_outputs" if layout == "plain" else "$.model.init_args.model_args.num_outputs"
    assert [each.json_path for each in validator.iter_errors(config)] == [place]


VALUES = {"attention_type": "scse", "intermediate_channels": [8, 8, 8, 8]}
"""For arguments whose default is None, which says nothing."""


@pytest.mark.parametrize("dictionary", [False, True])
def test_an_argument_under_both_of_its_names_is_underlined(index, validator, dictionary):
    decoders = [
        each for each in index.registry("terraregistry.library:SMP_DECODER_REGISTRY").components if each.synonyms
    ]
    for decoder, (second, first) in ((each, pair) for each in decoders for pair in each.synonyms):
        config = {"model_factory": "EncoderDecoderFactory", "task": "segmentation", "backbone": "timm_resnet18"}
        config |= {"decoder": f"smp_{decoder.name}", "num_classes": 2}
        [default] = [each.default for each in decoder.signature.parameters if each.name == first]
        value = plain_value(ast.literal_eval(default)) or VALUES.get(first, False)

        def written(arguments, config=config):
            prefixed = {f"decoder_{name}": value for name, value in arguments.items()}
            return config | ({"decoder_kwargs": arguments} if dictionary else prefixed)

        for right in ({first: value}, {second: value}, {first: value, second: None}):
            assert compare(Case(written(right), "once"), validator) == "once: right"
        twice = written({first: value, second: value})
        assert compare(Case(twice, "twice"), validator) == "twice: refused"
        place = f"$.decoder_kwargs.{second}" if dictionary else f"$.decoder_{second}"
        assert {each.json_path for each in validator.iter_errors(twice)} == {place}
    assert len(decoders) > 8


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_the_examples_are_right(validator, file):
    assert [each.message for each in validator.iter_errors(yaml.safe_load(file.read_text(encoding="utf-8")))] == []


def test_there_are_examples():
    assert EXAMPLES
