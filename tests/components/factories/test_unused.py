"""Arguments that nothing reads: refused, or dropped with a warning that lists them."""

from __future__ import annotations

import copy
import pickle
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terraregistry.components.factories.branches import AuxiliaryHead
from terraregistry.components.factories.planned import Draft, Fit, PlanningFactory, without
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, UnusedArgumentWarning
from terraregistry.library import MODEL_FACTORY_REGISTRY

FACTORY = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
COMPONENT = "EncoderDecoderFactory.build_model"

RIGHT = {
    "task": "segmentation",
    "backbone": "timm_test_resnet",
    "backbone_kwargs": {"out_indices": [1, 2, 3]},
    "decoder": "FCNDecoder",
    "decoder_channels": 4,
    "decoder_num_convs": 1,
    "head_kwargs": {"dropout": 0.1},
    "num_classes": 2,
    "necks": [{"name": "SelectIndices", "indices": [0, 1]}, {"name": "SelectIndices", "indices": [1]}],
    "aux_decoders": [
        {"name": "a", "decoder": "IdentityDecoder", "decoder_args": {"head_dropout": 0.1}},
        AuxiliaryHead("b", "IdentityDecoder", {"decoder_out_index": 0}),
    ],
}


def put(arguments: dict, path: tuple, value: object) -> None:
    place = arguments
    for step in path[:-1]:
        place = vars(place)[step] if isinstance(place, AuxiliaryHead) else place[step]
    place[path[-1]] = value


UNREAD = {
    "zzz": (("zzz",), "unknown argument"),
    "backbone_kwargs.out_indces": (
        ("backbone_kwargs", "out_indces"),
        "unknown argument",
    ),
    "backbone_kwargs.num_classes": (
        ("backbone_kwargs", "num_classes"),
        "has no effect on a feature pyramid; it needs features_only=False",
    ),
    "backbone_width": (("backbone_width",), "backbone_kwargs is given as well: write 'width' in there"),
    "decoder_in_idx": (("decoder_in_idx",), "unknown argument; did you mean 'decoder_in_index'?"),
    "head_kwargs.dropuot": (("head_kwargs", "dropuot"), "unknown argument"),
    "necks[0].index": (("necks", 0, "index"), "unknown argument"),
    "necks[1].zzz": (("necks", 1, "zzz"), "unknown argument"),
    "aux_decoders[0].zzz": (("aux_decoders", 0, "zzz"), "unknown argument"),
    "aux_decoders[0].decoder_args.head_zzz": (("aux_decoders", 0, "decoder_args", "head_zzz"), "unknown argument"),
    "aux_decoders[1].decoder_args.zzz": (("aux_decoders", 1, "decoder_args", "zzz"), "unknown argument"),
}


def shapes(model) -> dict:
    return {key: value.shape for key, value in model.state_dict().items()}


EXPECTED = shapes(FACTORY.build_model(**copy.deepcopy(RIGHT)))


@settings(max_examples=settings.default.max_examples // 8)
@given(st.sets(st.sampled_from(sorted(UNREAD)), min_size=1))
def test_what_nothing_reads_is_an_error_or_dropped(paths) -> None:
    arguments = copy.deepcopy(RIGHT)
    for path in paths:
        put(arguments, UNREAD[path][0], 3)
    before = copy.deepcopy(arguments)
    expected = {path: UNREAD[path][1] for path in paths}
    for call in (FACTORY.build_model, FACTORY.validate_model):
        for policy in ({}, {"unused": "error"}):
            with pytest.raises(InvalidArgumentsError) as caught:
                call(**arguments, **policy)
            assert {problem.path: problem.message for problem in caught.value.problems} == expected
        with pytest.warns(UnusedArgumentWarning) as warned:
            built = call(**arguments, unused="warn")
        assert len(warned) == 1
        assert warned[0].filename == __file__
        assert {problem.path: problem.message for problem in warned[0].message.problems} == expected
        assert built is None or shapes(built) == EXPECTED
    assert arguments == before


@settings(max_examples=settings.default.max_examples // 5)
@given(st.sets(st.sampled_from(sorted(UNREAD)), min_size=1))
def test_other_mistakes_stay_errors(paths) -> None:
    arguments = copy.deepcopy(RIGHT) | {"num_classes": 0, "decoder_channels": "4", "unused": "warn"}
    for path in paths:
        put(arguments, UNREAD[path][0], 3)
    with pytest.warns(UnusedArgumentWarning) as warned, pytest.raises(InvalidArgumentsError) as caught:
        FACTORY.build_model(**arguments)
    assert {problem.path for problem in caught.value.problems} == {"num_classes", "decoder_channels"}
    assert {problem.path for problem in warned[0].message.problems} == paths


def test_the_warning_says_what_was_meant_and_travels() -> None:
    arguments = RIGHT | {"decoder_in_idx": 1, "zzz": 3, "unused": "warn"}
    with pytest.warns(UnusedArgumentWarning) as warned:
        FACTORY.validate_model(**arguments)
    message = warned[0].message
    assert issubclass(UnusedArgumentWarning, UserWarning)
    assert str(message) == (
        "2 arguments of 'EncoderDecoderFactory.build_model' that nothing reads, dropped; remove or correct what is listed\n"
        "  decoder_in_idx: unknown argument; did you mean 'decoder_in_index'?\n"
        "  zzz: unknown argument"
    )
    twin = pickle.loads(pickle.dumps(message))
    assert (str(twin), twin.component, twin.problems) == (str(message), COMPONENT, message.problems)


def test_right_arguments_give_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert shapes(FACTORY.build_model(**RIGHT, unused="warn")) == EXPECTED


@pytest.mark.parametrize(
    ("given", "dropped"),
    [
        ({"task": "embedding_generation", "decoder": "FCNDecoder"}, {"decoder"}),
        ({"task": "embedding_generation", "num_classes": 3, "head_dropout": 0.1}, {"num_classes", "head_dropout"}),
        (
            {"task": "classification", "decoder": "IdentityDecoder", "num_classes": 2, "image_size_out": (8, 8)},
            {"image_size_out"},
        ),
        (
            {"task": "segmentation", "decoder": "LinearDecoder", "decoder_upsampling_size": 2, "num_classes": 2}
            | {"head_dropout": 0.1},
            {"head_dropout"},
        ),
    ],
)
def test_what_a_task_or_decoder_does_not_read_is_dropped(given, dropped) -> None:
    if given.get("decoder", "FCNDecoder") not in MODEL_DECODERS:
        pytest.skip("the decoder is not registered")
    with pytest.warns(UnusedArgumentWarning) as warned:
        FACTORY.build_model(backbone="timm_test_resnet", **given, unused="warn")
    assert {problem.path for problem in warned[0].message.problems} == dropped


def _decoders() -> set[str]:
    from terraregistry.library import TERRATORCH_DECODER_REGISTRY

    return set(TERRATORCH_DECODER_REGISTRY)


MODEL_DECODERS = _decoders()


def test_a_policy_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        FACTORY.build_model(**RIGHT, unused="ignore")
    assert [str(problem) for problem in caught.value.problems] == [
        "unused: expected Literal['error', 'warn'], got str 'ignore'"
    ]


class Stub(PlanningFactory):
    """A factory whose model is its arguments.

    Args:
        early: The problems of the first stage, for arguments that are there.
        late: Those of the second.
        built: What building raises.
    """

    def __init__(self, early=(), late=(), built: Exception | None = None) -> None:
        self.early, self.late, self.built = early, late, built
        self.tries: list[dict] = []

    def build_model(self, **arguments) -> dict:
        return self._build(arguments)

    def draft(self, arguments) -> Draft:
        self.tries.append(dict(arguments))
        given = self.tries[-1]

        class Built:
            @staticmethod
            def build() -> dict:
                if self.built is not None:
                    raise self.built
                return given

        left = [problem for problem in self.late if problem.parameter in given]
        return Draft([problem for problem in self.early if problem.parameter in given], Built(), lambda: Fit(left))


def test_what_turns_out_when_the_model_runs_is_dropped_as_well() -> None:
    early, late = (Problem(name, ProblemKind.UNUSED, detail="nobody") for name in ("early", "late"))
    stub = Stub([early], [late])
    with pytest.warns(UnusedArgumentWarning) as warned:
        assert stub.build_model(unused="warn", early=0, late=1, **{"a.b": 2}) == {"unused": "warn", "a.b": 2}
    assert [each.message.problems for each in warned] == [(early, late)]
    assert warned[0].filename == __file__
    assert [set(given) - {"unused"} for given in stub.tries] == [{"early", "late", "a.b"}, {"late", "a.b"}, {"a.b"}]


@pytest.mark.parametrize(
    "path",
    [("gone",), ("list", 9, "x"), ("list", "x"), ("list", 0), ("map", "gone"), ("map", 0), ("a",), ("list", 0, "x", 1)],
)
def test_what_is_not_there_cannot_be_dropped(path) -> None:
    arguments = {"list": [{"x": 1}], "map": {"x": 1}, "a.b": 2}
    assert without(arguments, path) is None
    with pytest.raises(InvalidArgumentsError):
        Stub([Problem(("list", "nowhere"), ProblemKind.UNKNOWN)]).build_model(unused="warn", **arguments)
    assert arguments == {"list": [{"x": 1}], "map": {"x": 1}, "a.b": 2}


def test_errors_about_something_else_are_left_alone() -> None:
    other = InvalidArgumentsError("g", "r", (Problem("a", ProblemKind.UNKNOWN),))
    with pytest.raises(InvalidArgumentsError, match="'g'"):
        Stub(built=other).build_model(unused="warn", a=1)
