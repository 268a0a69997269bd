"""Configs for the comparison of the schema with the validation: right ones from the index, and mistakes made in them."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass

from terraregistry.index import HEADS, SMP_ENCODERS, SMP_MODELS, ParameterKind

LIBRARY = "terraregistry.library:"
HEAD_OF = {
    "segmentation": "SegmentationHead",
    "regression": "RegressionHead",
    "classification": "ScalarHead",
    "scalar_regression": "ScalarHead",
}
CLASS_OF = {
    "segmentation": "SemanticSegmentationTask",
    "regression": "PixelwiseRegressionTask",
    "classification": "ClassificationTask",
    "scalar_regression": "ScalarRegressionTask",
}
WHOLE = ("ASPPSegmentationHead", "ASPPRegressionHead", "LinearDecoder", "SatMAEHead")
NOT_GIVEN = {"features_only", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path", "device", "dtype"}


@dataclass
class Case:
    """A config, and what was done to it."""

    config: dict
    mistake: str


class Corpus:
    """Makes configs from an index and a source of randomness."""

    def __init__(self, index, rng):
        self._index = index
        self._random = rng
        self._backbones = sorted(index.spellings(LIBRARY + "BACKBONE_REGISTRY"))
        self._decoders = sorted(index.spellings(LIBRARY + "DECODER_REGISTRY"))
        self._necks = sorted(index.spellings(LIBRARY + "NECK_REGISTRY"))

    def case(self):
        """A config, right or with one mistake."""
        config = self._config()
        mistake = self._random.choice([None, *MISTAKES])
        if mistake is not None:
            changed = copy.deepcopy(config)
            if mistake(self._random, changed):
                return Case(self._laid_out(changed), mistake.__name__)
        return Case(self._laid_out(config), "none")

    def _laid_out(self, config):
        if config.get("model_factory") == "FullModelFactory" and self._random.random() < 0.5:
            arguments = {name: value for name, value in config.items() if name != "model_factory"}
            init_args = {"model_factory": config["model_factory"], "model_args": arguments}
            return {"model": {"class_path": "terratorch.tasks.ReconstructionTask", "init_args": init_args}}
        if str(config.get("task")) not in CLASS_OF or "model_factory" not in config or self._random.random() < 0.7:
            return config
        arguments = dict(config)
        init_args = {"model_factory": arguments.pop("model_factory"), "model_args": arguments, "loss": "ce"}
        if self._random.random() < 0.5 and "aux_decoders" in arguments:
            init_args["aux_heads"] = arguments.pop("aux_decoders")
        task = arguments.pop("task")
        return {"trainer": {}, "model": {"class_path": f"terratorch.tasks.{CLASS_OF[task]}", "init_args": init_args}}

    def _config(self):
        return self._random.choice([self._composed] * 6 + [self._prithvi, self._smp, self._timm, self._full])()

    def _composed(self):
        task = self._random.choice([*HEAD_OF, "embedding_generation"])
        backbone = self._random.choice(self._backbones)
        config = {"model_factory": "EncoderDecoderFactory", "task": task, "backbone": backbone}
        self._add(config, "backbone", self._arguments(LIBRARY + "BACKBONE_REGISTRY", backbone, 0))
        if self._random.random() < 0.3:
            config["necks"] = [self._neck() for _ in range(self._random.randint(0, 2))]
        if task == "embedding_generation":
            return config
        self._decode(config, task)
        if self._random.random() < 0.3:
            config["image_size_out"] = [64, 64] if task in ("segmentation", "regression") else None
        if self._random.random() < 0.15:
            config["backbone_use_temporal"] = True
            if "backbone_kwargs" in config:
                config["backbone_kwargs"]["use_temporal"] = config.pop("backbone_use_temporal")
            else:
                config["backbone_temporal_pooling"] = "max"
        return config

    def _decode(self, config, task):
        decoder = self._random.choice(self._decoders)
        config["decoder"] = decoder
        whole = decoder.removeprefix("terratorch_") in WHOLE
        self._add(config, "decoder", self._arguments(LIBRARY + "DECODER_REGISTRY", decoder, 1, but=("num_classes",)))
        config["num_outputs" if "regression" in task else "num_classes"] = self._random.randint(1, 5)
        if not whole:
            self._add(config, "head", self._arguments(HEADS, HEAD_OF[task], 1, but=("num_classes", "num_outputs")))
        if self._random.random() < 0.25:
            config["aux_decoders"] = [{"name": "aux", "decoder": "FCNDecoder", "decoder_args": {"decoder_channels": 8}}]

    def _prithvi(self):
        task = self._random.choice(["segmentation", "classification"])
        backbone = self._random.choice([name for name in self._backbones if "prithvi_eo" in name])
        config = {"model_factory": "PrithviModelFactory", "task": task, "backbone": backbone, "pretrained": False}
        if self._random.random() < 0.5:
            config["bands"] = ["RED", "NIR_NARROW", 7]
        self._decode(config, task)
        for key in ("decoder_kwargs", "head_kwargs"):
            for name, value in config.pop(key, {}).items():
                config[key.removesuffix("kwargs") + name] = value
        if "num_outputs" in config:
            config["num_classes"] = config.pop("num_outputs")
        return config

    def _smp(self):
        model = self._random.choice(sorted(self._index.spellings(SMP_MODELS)))
        encoder = self._random.choice(sorted(self._index.spellings(SMP_ENCODERS)))
        config = {"model_factory": "SMPModelFactory", "task": "segmentation", "backbone": encoder, "model": model}
        own = ("encoder_name", "encoder_weights", "in_channels", "classes", "aux_params")
        prefix = self._random.choice(["", "smp_"])
        for name, value in self._arguments(SMP_MODELS, model, 0, but=own).items():
            config[prefix + name] = value
        if self._random.random() < 0.6:
            config["pretrained"] = self._random.choice([False, True, None, "imagenet", "ssl"])
        return config

    def _timm(self):
        backbone = self._random.choice(sorted(self._index.spellings(LIBRARY + "TIMM_BACKBONE_REGISTRY")))
        config = {"model_factory": "TimmModelFactory", "task": "classification", "backbone": backbone}
        config |= {"in_channels": 3, "num_classes": 4, "pretrained": False}
        own = ("in_chans", "num_classes", "pretrained", "out_indices", "feature_cls", "feature_location")
        arguments = self._arguments(LIBRARY + "TIMM_BACKBONE_REGISTRY", backbone, 0, but=own)
        return config | {f"backbone_{name}": value for name, value in arguments.items()}

    def _full(self):
        model = self._random.choice(sorted(self._index.spellings(LIBRARY + "FULL_MODEL_REGISTRY")))
        arguments = self._arguments(LIBRARY + "FULL_MODEL_REGISTRY", model, 0)
        return {"model_factory": "FullModelFactory", "model": model, **arguments}

    def _neck(self):
        name = self._random.choice(self._necks)
        return {"name": name, **self._arguments(LIBRARY + "NECK_REGISTRY", name, 1)}

    def _add(self, config, part, arguments):
        if self._random.random() < 0.5:
            config[f"{part}_kwargs"] = arguments
        else:
            config |= {f"{part}_{name}": value for name, value in arguments.items()}

    def _arguments(self, reference, name, leading, but=()):
        signature = self._index.find(reference, name).component.signature
        written = [
            each
            for each in signature.parameters[leading:]
            if each.kind in (ParameterKind.POSITIONAL_OR_KEYWORD, ParameterKind.KEYWORD_ONLY)
            and each.name not in (*but, *NOT_GIVEN)
        ]
        required = [each for each in written if each.default is None]
        others = [each for each in written if each.default is not None]
        chosen = [*required, *self._random.sample(others, min(len(others), self._random.randint(0, 3)))]
        found = {each.name: self._value(each) for each in chosen}
        return {name: value for name, value in found.items() if value is not NO_VALUE}

    def _value(self, parameter):
        if parameter.default not in (None, "...", "None") and self._random.random() < 0.6:
            return plain_value(ast.literal_eval(parameter.default))
        return value_of(self._random, ast.parse(parameter.accepts.text, mode="eval").body)


NO_VALUE = object()


def plain_value(value):
    return [plain_value(each) for each in value] if isinstance(value, (list, tuple)) else value


def value_of(rng, node):
    """A YAML value of a type; NO_VALUE for what YAML cannot write."""
    if isinstance(node, ast.BinOp):
        values = [value_of(rng, side) for side in (node.left, node.right)]
        written = [each for each in values if each is not NO_VALUE]
        return rng.choice(written) if written else NO_VALUE
    if isinstance(node, ast.Subscript):
        name = ast.unparse(node.value)
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "typing.Literal":
            return ast.literal_eval(rng.choice(inside))
        if name == "tuple" and not (len(inside) == 2 and ast.unparse(inside[1]) == "..."):
            items = [value_of(rng, each) for each in inside]
        elif name in ("tuple", "list", "collections.abc.Sequence"):
            items = [value_of(rng, inside[0]) for _ in range(rng.randint(1, 3))]
        elif name in ("dict", "collections.abc.Mapping"):
            return {}
        else:
            return NO_VALUE
        return NO_VALUE if any(each is NO_VALUE for each in items) else items
    plain = {
        "bool": True,
        "int": rng.randint(1, 4),
        "float": rng.choice([0.1, 1]),
        "str": "mean",
        "None": None,
        "typing.Any": "anything",
        "pathlib.Path": "a/path",
    }
    return plain.get(ast.unparse(node), NO_VALUE)


def _keys(config):
    """The keys of a config and of the dictionaries in it: pairs of the holder and the key."""
    for key, value in list(config.items()):
        yield config, key
        if isinstance(value, dict):
            yield from _keys(value)
        if isinstance(value, list):
            for each in value:
                if isinstance(each, dict):
                    yield from _keys(each)


def _typo(rng, word):
    at = rng.randrange(len(word))
    return word[:at] + "q" + word[at:]


def name_typo(rng, config):
    places = [(holder, key) for holder, key in _keys(config) if key in ("backbone", "decoder", "name", "model", "task")]
    places += [(config, "model_factory")]
    holder, key = rng.choice(places)
    if not holder.get(key):
        return False
    holder[key] = _typo(rng, holder[key])
    return True


def argument_typo(rng, config):
    holder, key = rng.choice([*_keys(config)])
    holder[_typo(rng, key)] = holder.pop(key)
    return True


def wrong_type(rng, config):
    places = [(holder, key) for holder, key in _keys(config) if not key.endswith("_kwargs")]
    holder, key = rng.choice(places)
    holder[key] = rng.choice([True, "text", 3, 0.5, [1, 2], ["a"], {}, {"a": 1}, None, -1])
    return True


def missing(rng, config):
    holder, key = rng.choice([*_keys(config)])
    del holder[key]
    return True


def further_argument(rng, config):
    words = ("backbone_drop_rate", "decoder_channels", "head_dropout", "head_num_classes", "num_classes", "num_outputs")
    more = ("indices", "backbone_temporal_pooling", "backbone_features_only", "rescale", "backbone_num_classes")
    config[rng.choice([*words, *more])] = rng.choice([1, False, True, 0.5, "mean", [1]])
    return True


def in_both_ways(rng, config):
    part = rng.choice(["backbone", "decoder", "head"])
    config[f"{part}_kwargs"] = {"dropout": 0.1}
    return True


def another_task(rng, config):
    config["task"] = rng.choice([*HEAD_OF, "embedding_generation", "Segmentation", "detection"])
    return True


MISTAKES = (name_typo, argument_typo, wrong_type, missing, further_argument, in_both_ways, another_task)
