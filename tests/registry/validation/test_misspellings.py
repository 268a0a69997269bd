"""Every misspelling by one letter of every parameter of real constructors is refused, and the right name is suggested."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import timm.models as models
from torch import nn

from terraregistry import DECODER_REGISTRY, Registry
from terraregistry.errors import ProblemKind
from terraregistry.registry.arguments import ArgumentValidator
from terraregistry.registry.signatures import effective_signature
from terraregistry.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

CONSTRUCTORS: list[Any] = [
    *(nn.Conv2d, nn.TransformerEncoderLayer, nn.MultiheadAttention, nn.LSTM),
    *(models.ResNet, models.VisionTransformer, models.SwinTransformer, models.ConvNeXt),
    *(DECODER_REGISTRY.find_class(f"terratorch_{name}") for name in ("FCNDecoder", "UNetDecoder", "UperNetDecoder", "MLPDecoder")),
]  # fmt: skip


def one_edit(name: str, other: str) -> bool:
    """Whether two names are one deletion, insertion, substitution or transposition of neighbours apart."""
    if abs(len(name) - len(other)) > 1:
        return False
    if len(name) == len(other):
        differ = [place for place in range(len(name)) if name[place] != other[place]]
        return len(differ) == 1 or (
            len(differ) == 2
            and differ[1] == differ[0] + 1
            and (name[differ[0]], name[differ[1]]) == (other[differ[1]], other[differ[0]])
        )
    short, long = sorted((name, other), key=len)
    return any(long[:place] + long[place + 1 :] == short for place in range(len(long)))


def misspellings(name: str) -> Iterator[str]:
    """One edit each; the letters are by turns one that hardly a name has and one that many have."""
    for place in range(len(name) + 1):
        head, tail, letter = name[:place], name[place:], "qe"[place % 2]
        yield head + letter + tail
        if tail:
            yield head + tail[1:]
            yield head + letter + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


@pytest.mark.parametrize("constructor", CONSTRUCTORS, ids=lambda constructor: constructor.__name__)
def test_every_misspelling_is_refused_and_the_name_suggested(constructor: Any) -> None:
    signature = effective_signature(constructor).signature
    validator = ArgumentValidator(signature)
    names = list(signature.parameters)
    seen: Counter[str] = Counter()
    for name in names:
        for wrong in dict.fromkeys(misspellings(name)):
            if not wrong or wrong in names:
                continue
            problems = validator.check((), {wrong: object()})[2]
            (problem,) = [each for each in problems if each.kind is ProblemKind.UNKNOWN]
            near = [other for other in names if one_edit(wrong, other)]
            assert problem.path == wrong
            suggestions = problem.suggestions
            assert name in suggestions or len(near) > 3, (name, wrong, suggestions)
            if near == [name]:
                assert suggestions[0] == name, (wrong, suggestions)
                seen["first"] += 1
            seen["all"] += 1
    assert str(problem) == f"{problem.path}: unknown argument{did_you_mean(suggestions)}"
    assert seen["first"] > seen["all"] // 2 > 10


def test_a_name_that_is_given_already_is_not_suggested_again() -> None:
    registry = Registry[Any](Conv2d=nn.Conv2d)
    with pytest.raises(TypeError, match="kernel_sze: unknown argument") as caught:
        registry.build("Conv2d", 3, 3, kernel_size=1, kernel_sze=1)
    assert "did you mean" not in str(caught.value)
