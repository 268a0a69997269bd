"""Adapters of peft on backbones."""

from __future__ import annotations

import importlib.util
import pickle
import sys

import pytest
import torch
from torch import nn

from terraregistry.components.backbones.adapters import SeparateQKV
from terraregistry.errors import InvalidArgumentsError, SourceUnavailableError, UntrainedBackboneWarning
from terraregistry.library import MODEL_FACTORY_REGISTRY, TERRATORCH_BACKBONE_REGISTRY, TIMM_BACKBONE_REGISTRY

FACTORY = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
ARGUMENTS = {
    "task": "segmentation",
    "backbone": "timm_test_vit",
    "decoder": "FCNDecoder",
    "num_classes": 2,
    "decoder_channels": 4,
    "decoder_num_convs": 1,
}
LORA = {
    "method": "LORA",
    "replace_qkv": "qkv",
    "peft_config_kwargs": {"target_modules": ["qkv.q_linear", "qkv.v_linear", "mlp.fc1"], "r": 4},
}

needs_peft = pytest.mark.skipif(importlib.util.find_spec("peft") is None, reason="peft is not installed")


def problems(peft_config: object, **given) -> dict[str, str]:
    with pytest.raises(InvalidArgumentsError) as caught:
        FACTORY.validate_model(**ARGUMENTS, peft_config=peft_config, **given)
    return {problem.path: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize("bias", [True, False])
def test_queries_keys_and_values_are_those_of_one_layer(bias) -> None:
    layer = nn.Linear(6, 12, bias=bias, dtype=torch.float64)
    separate = SeparateQKV(layer)
    x = torch.randn(2, 5, 6, dtype=torch.float64)
    torch.testing.assert_close(separate(x), layer(x))
    assert [name for name, _ in separate.named_children()] == ["q_linear", "k_linear", "v_linear"]
    with pytest.raises(ValueError, match="13 outputs are no queries, keys and values of one width"):
        SeparateQKV(nn.Linear(6, 13))


@pytest.mark.parametrize("call", [FACTORY.validate_model, FACTORY.build_model])
def test_without_the_library_the_error_says_what_to_install(call, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(
        SourceUnavailableError, match=r"install or repair it: pip install 'terraregistry\[peft\]'"
    ) as caught:
        call(**ARGUMENTS, peft_config=LORA)
    assert caught.value.source == "peft"
    assert isinstance(caught.value.__cause__, ImportError)


def test_what_is_wrong_without_looking_into_the_library_is_named() -> None:
    assert problems({"metod": 3, "replace_qkv": 5}) == {
        "peft_config.metod": "unknown argument; did you mean 'method'?",
        "peft_config.method": "missing; expected str",
        "peft_config.replace_qkv": "expected str | None, got int 5",
    }
    assert problems("LORA") == {"peft_config": "expected Mapping[str, Any] | None, got str 'LORA'"}


@needs_peft
def test_only_adapters_are_trained() -> None:
    torch.manual_seed(0)
    with pytest.warns(UntrainedBackboneWarning):
        model = FACTORY.build_model(**ARGUMENTS, peft_config=LORA)
    trained = [name for name, parameter in model.encoder.named_parameters() if parameter.requires_grad]
    assert trained
    assert all(".lora_" in name for name in trained)
    assert any("qkv.q_linear" in name for name in trained)
    assert all(key.startswith("encoder.base_model.model.") for key in model.state_dict() if key.startswith("encoder."))
    model.eval()(torch.randn(1, 3, 160, 160)).output.sum().backward()
    assert model.decoder.convs[0][0].weight.grad is not None


@needs_peft
def test_what_is_wrong_with_a_method_is_named() -> None:
    assert problems({"method": "LORRA"}) == {"peft_config.method": "peft has no method 'LORRA'; did you mean 'LORA'?"}
    assert problems({"method": "lora", "peft_config_kwargs": {"target_module": ["a"], "r": "4"}, "zzz": 1}) == {
        "peft_config.zzz": "unknown argument (the arguments of the method are written under peft_config_kwargs in there)",
        "peft_config.peft_config_kwargs.target_module": "unknown argument; did you mean 'target_modules'?",
        "peft_config.peft_config_kwargs.r": "expected int, got str '4'; did you mean 4?",
    }
    with pytest.raises(InvalidArgumentsError, match="got 'qvk'; did you mean 'qkv'"):
        FACTORY.build_model(**ARGUMENTS | {"backbone": timm_vit()}, peft_config=LORA | {"replace_qkv": "qvk"})


UNTRAINED = (
    "backbone ('{name}') is not pretrained, and with {method} only adapters beside its random weights are trained; "
    "load weights with pretrained=True or from a file"
)


def timm_vit() -> nn.Module:
    return TIMM_BACKBONE_REGISTRY.build("test_vit")


@needs_peft
@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "timm_test_vit"),
        ({"backbone_pretrained": False}, "timm_test_vit"),
        ({"backbone": "prithvi_eo_tiny", "backbone_img_size": 32}, "prithvi_eo_tiny"),
        ({"backbone_use_temporal": True}, "timm_test_vit"),
    ],
)
def test_adapters_on_random_weights_are_warned_of(given, name) -> None:
    lora = {"method": "lora", "peft_config_kwargs": {"target_modules": ["qkv"], "r": 2}}
    FACTORY.validate_model(**(ARGUMENTS | given), peft_config=lora)
    with pytest.warns(UntrainedBackboneWarning) as caught:
        FACTORY.build_model(**(ARGUMENTS | given), peft_config=lora)
    (warning,) = [each.message for each in caught if isinstance(each.message, UntrainedBackboneWarning)]
    wrapper = " in TemporalWrapper" if "backbone_use_temporal" in given else ""
    assert str(warning) == UNTRAINED.format(name=name, method="lora").replace("')", "')" + wrapper, 1)
    assert warning.component == f"backbone ('{name}'){wrapper}"
    assert str(pickle.loads(pickle.dumps(warning))) == str(warning)


@needs_peft
def test_adapters_on_weights_that_are_loaded_are_not_warned_of(tmp_path) -> None:
    lora = {"method": "LORA", "peft_config_kwargs": {"target_modules": ["qkv"], "r": 2}}
    own = ARGUMENTS | {"backbone": "prithvi_eo_tiny", "backbone_img_size": 32}
    trained = TERRATORCH_BACKBONE_REGISTRY.build("prithvi_eo_tiny", img_size=32)
    torch.save(trained.state_dict(), tmp_path / "tiny.pt")
    model = FACTORY.build_model(**own, backbone_ckpt_path=tmp_path / "tiny.pt", peft_config=lora)
    torch.testing.assert_close(model.encoder.base_model.model.cls_token, trained.cls_token)
    FACTORY.build_model(**(ARGUMENTS | {"backbone": timm_vit()}), peft_config=lora)  # whoever made it knows what it has

    asked: list[bool] = []

    def loading(pretrained: bool = True) -> nn.Module:
        asked.append(pretrained)  # the model is run without weights first
        return timm_vit()

    def without() -> nn.Module:
        return timm_vit()

    with TERRATORCH_BACKBONE_REGISTRY.scope():
        for constructor in (loading, without):
            TERRATORCH_BACKBONE_REGISTRY.register(constructor)
            FACTORY.build_model(**(ARGUMENTS | {"backbone": constructor.__name__}), peft_config=lora)
    assert asked[-1]
