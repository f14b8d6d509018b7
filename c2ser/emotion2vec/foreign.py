"""Checkpoints of other projects: FunASR's emotion2vec and emotion2vec+, and fairseq's data2vec 2.0 as C²SER ships it.

Both use the same names of weights, except for a prefix; FunASR stores the sizes in a separate configuration.
"""

import ast
import json
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from c2ser.checkpoints.foreign import count_layers, weight_shape
from c2ser.checkpoints.pickles import load_checkpoint
from c2ser.emotion2vec.encoder import Emotion2VecConfig
from c2ser.errors import InputError
from c2ser.settings import SettingsError

logger = logging.getLogger(__name__)

AUDIO = "modality_encoders.AUDIO."

# Keys under which training checkpoints store the weights.
_STATE_KEYS = ("state_dict", "model_state_dict", "model")

# Parts that are used in pre-training only: teacher, decoders and projections of data2vec 2.0.
_PRETRAINING = re.compile(rf"(_ema|ema|{re.escape(AUDIO)}decoder|shared_decoder|recon_proj|cls_proj)(\.|$)")

# Settings of data2vec 2.0 that are fixed in our encoder.
_BUILT_IN = {
    "layer_norm_first": False,
    "norm_affine": True,
    "norm_eps": 1e-5,
    "normalize": True,
}
_BUILT_IN_AUDIO = {
    "extractor_mode": "layer_norm",
    "use_alibi_encoder": True,
    "learned_alibi": False,
    "learned_alibi_scale_per_head": True,
    "learned_alibi_scale_per_layer": False,
    "conv_pos_pre_ln": False,
}

# (kernel, stride) of wav2vec 2.0's convolutions, which data2vec 2.0 keeps; strides cannot be inferred from weights.
_STANDARD_CONVOLUTIONS = tuple((kernel, stride) for _, kernel, stride in Emotion2VecConfig().conv_layers)

Pretrained = tuple[Emotion2VecConfig, dict[str, Tensor], list[str]]


def read_funasr(folder: Path, config: Mapping) -> Pretrained:
    """Reads a model of FunASR: ``config.yaml``, one ``.pt``, and ``tokens.txt`` or ``tokens.json``.

    Args:
        folder: the model.
        config: the contents of its ``config.yaml``.

    Returns:
        The sizes, the weights under this project's names, and the classifier's labels (empty without a classifier).

    Raises:
        InputError: the architecture differs, or a file is missing or broken.
    """
    sizes = funasr_config(config, folder / "config.yaml")
    path = _only_checkpoint(folder)
    weights = _weights(path)
    labels = _take_classifier(weights, _tokens(folder), path)
    return sizes, _renamed(weights, sizes, path), labels


def read_fairseq(path: Path) -> Pretrained:
    """Reads a fairseq checkpoint; sizes are inferred from the weights' shapes.

    Args:
        path: the checkpoint, or a folder with a single ``.pt``.

    Returns:
        As `read_funasr`, without labels.

    Raises:
        InputError: the checkpoint does not contain an emotion2vec of the known architecture.
    """
    path = _only_checkpoint(path) if path.is_dir() else path
    weights = _weights(path)
    labels = _take_classifier(weights, None, path)
    sizes = _inferred_config(weights, path)
    return sizes, _renamed(weights, sizes, path), labels


def funasr_config(config: Mapping, source: Path) -> Emotion2VecConfig:
    """Translates the configuration of FunASR's ``Emotion2vec``.

    Args:
        config: the configuration.
        source: its file, for messages.

    Raises:
        InputError: a setting is missing or implies another architecture; names it and ``source``.
    """
    try:
        model, audio = config["model_conf"], config["model_conf"]["modalities"]["audio"]
        _check_built_in(model, _BUILT_IN, f"{source}: model_conf")
        _check_built_in(audio, _BUILT_IN_AUDIO, f"{source}: model_conf.modalities.audio")
        if audio.get("num_alibi_heads", model["num_heads"]) != model["num_heads"]:
            raise InputError(f"{source}: num_alibi_heads of the audio encoder is not num_heads")
        return _build_config(
            source,
            conv_layers=parse_conv_layers(str(audio["feature_encoder_spec"])),
            dim=int(model["embed_dim"]),
            heads=int(model["num_heads"]),
            prenet_depth=int(audio["prenet_depth"]),
            depth=int(model["depth"]),
            mlp_ratio=float(model["mlp_ratio"]),
            position_layers=int(audio["conv_pos_depth"]),
            position_width=int(audio["conv_pos_width"]),
            position_groups=int(audio["conv_pos_groups"]),
            utterance_tokens=int(audio["num_extra_tokens"]),
        )
    except KeyError as error:
        raise InputError(f"{source}: no setting {error}; is it the configuration of an emotion2vec model?") from error
    except InputError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{source}: not the configuration of an emotion2vec model ({error})") from error


def parse_conv_layers(expression: str) -> tuple[tuple[int, int, int], ...]:
    """Parses data2vec's ``feature_encoder_spec`` without evaluating it as code.

    Args:
        expression: sums and multiples of lists of (channels, kernel, stride).

    Raises:
        ValueError: the expression is anything else.

    Example:
        >>> parse_conv_layers("[(512, 10, 5)] + [(512, 3, 2)] * 2")
        ((512, 10, 5), (512, 3, 2), (512, 3, 2))
    """
    try:
        layers = _evaluated(ast.parse(expression.strip(), mode="eval").body) if len(expression) < 1000 else None
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        layers = None
    triples = isinstance(layers, list) and all(isinstance(layer, tuple | list) and len(layer) == 3 for layer in layers)
    if not layers or not triples or not all(type(size) is int and size > 0 for layer in layers for size in layer):
        raise ValueError(f"feature_encoder_spec '{expression[:100]}' is not a list of (channels, kernel, stride)")
    return tuple((channels, kernel, stride) for channels, kernel, stride in layers)


def _evaluated(node: ast.expr) -> int | tuple | list:
    """Evaluates integers, tuples, lists, ``+`` and ``*`` (lists repeated at most 100 times)."""
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.Tuple(elts=items):
            return tuple(_evaluated(item) for item in items)
        case ast.List(elts=items):
            return [_evaluated(item) for item in items]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _evaluated(left) + _evaluated(right)
        case ast.BinOp(left=ast.List() as left, op=ast.Mult(), right=ast.Constant(value=int(times))) if times <= 100:
            return _evaluated(left) * times
    raise ValueError(ast.dump(node))


def _check_built_in(settings: Mapping, built_in: Mapping, where: str) -> None:
    for name, value in built_in.items():
        # YAML reads 1e-05 as text, hence the conversion.
        if name in settings and type(value)(settings[name]) != value:
            raise InputError(f"{where}.{name} is {settings[name]}; only emotion2vec's own, {value}, is supported")


def _inferred_config(weights: Mapping[str, Tensor], path: Path) -> Emotion2VecConfig:
    """Infers the sizes from the shapes of foreign weights."""
    convolutions = f"{AUDIO}local_encoder.conv_layers."
    count = count_layers(weights, convolutions)
    shapes = [_shape(weights, f"{convolutions}{layer}.0.weight", 3, path) for layer in range(count)]
    kernels = [kernel for _, _, kernel in shapes]
    if kernels != [kernel for kernel, _ in _STANDARD_CONVOLUTIONS]:
        raise InputError(f"{path}: convolutions with kernels {kernels}; only 10, 3, 3, 3, 3, 2, 2 are supported")
    scales = _shape(weights, f"{AUDIO}alibi_scale", 5, path)
    if scales != (1, 1, scales[2], 1, 1):
        raise InputError(f"{path}: alibi_scale of shape {scales}; only one scale per head is supported")
    positions = f"{AUDIO}relative_positional_encoder."
    dim, _ = _shape(weights, f"{AUDIO}project_features.2.weight", 2, path)
    _, group_size, kernel = _shape(weights, f"{positions}1.0.weight", 3, path)
    return _build_config(
        path,
        conv_layers=tuple((shape[0], *standard) for shape, standard in zip(shapes, _STANDARD_CONVOLUTIONS)),
        dim=dim,
        heads=scales[2],
        prenet_depth=count_layers(weights, f"{AUDIO}context_encoder.blocks."),
        depth=count_layers(weights, "blocks."),
        mlp_ratio=_shape(weights, "blocks.0.mlp.fc1.weight", 2, path)[0] / dim,
        position_layers=count_layers(weights, positions),
        position_width=kernel * count_layers(weights, positions),
        position_groups=dim // group_size,
        utterance_tokens=_shape(weights, f"{AUDIO}extra_tokens", 3, path)[1],
    )


def _shape(weights: Mapping[str, Tensor], name: str, dimensions: int, path: Path) -> tuple[int, ...]:
    return weight_shape(weights, name, dimensions=dimensions, source=path, model="an emotion2vec")


def _build_config(source: Path, **sizes) -> Emotion2VecConfig:
    """Builds the configuration of a model; ``source`` is named if its sizes do not fit each other."""
    try:
        return Emotion2VecConfig(**sizes)
    except SettingsError as error:
        raise InputError(f"{source}: {'; '.join(error.faults)}") from None


def _only_checkpoint(folder: Path) -> Path:
    found = sorted(folder.glob("*.pt"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise InputError(f"{folder}: exactly one .pt file is needed, found {names}")
    return found[0]


def _weights(path: Path) -> dict[str, Tensor]:
    """Reads a checkpoint's weights under their foreign names, without prefix and pre-training parts."""
    state = load_checkpoint(path)
    for key in _STATE_KEYS:
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
    names = [name for name in state if isinstance(name, str)] if isinstance(state, Mapping) else []
    anchors = [name for name in names if name.endswith(f"{AUDIO}alibi_scale")]
    if not anchors or len(names) != len(state):
        raise InputError(f"{path}: not the weights of an emotion2vec; {AUDIO}alibi_scale is missing")
    # The teacher's copy, if present, has a longer prefix.
    prefix = min(anchors, key=len).removesuffix(f"{AUDIO}alibi_scale")
    weights = {name.removeprefix(prefix): weight for name, weight in state.items()}
    weights = {name: weight for name, weight in weights.items() if not _PRETRAINING.match(name)}
    for name, weight in weights.items():
        if not isinstance(weight, Tensor):
            raise InputError(f"{path}: weight {name} is not a tensor")
    return weights


def _renamed(weights: Mapping[str, Tensor], sizes: Emotion2VecConfig, path: Path) -> dict[str, Tensor]:
    """Converts weights to this project's names and shapes."""
    modules = _module_names(sizes)
    renamed, unexpected = {}, []
    for name, weight in weights.items():
        module, _, kind = name.rpartition(".")
        if name == f"{AUDIO}extra_tokens":
            renamed["utterance_tokens"] = weight.squeeze(0)
        elif name == f"{AUDIO}alibi_scale":
            renamed["alibi_scale"] = weight.flatten()
        elif module in modules:
            renamed[f"{modules[module]}.{kind}"] = weight
        else:
            unexpected.append(name)
    if unexpected:
        raise InputError(f"{path}: unexpected weights for an emotion2vec of these sizes: {', '.join(unexpected[:3])}")
    return renamed


def _module_names(sizes: Emotion2VecConfig) -> dict[str, str]:
    """Maps foreign names of modules to ours."""
    names = {
        f"{AUDIO}project_features.1": "local_norm",
        f"{AUDIO}project_features.2": "local_proj",
        f"{AUDIO}context_encoder.norm": "norm",
        "proj": "head",
    }
    for layer in range(len(sizes.conv_layers)):
        names[f"{AUDIO}local_encoder.conv_layers.{layer}.0"] = f"local.convs.{layer}"
        names[f"{AUDIO}local_encoder.conv_layers.{layer}.2.1"] = f"local.norms.{layer}"
    for layer in range(sizes.position_layers):
        names[f"{AUDIO}relative_positional_encoder.{layer + 1}.0"] = f"positions.convs.{layer}"
    for number in range(sizes.prenet_depth + sizes.depth):
        depth = number - sizes.prenet_depth
        block = f"{AUDIO}context_encoder.blocks.{number}" if depth < 0 else f"blocks.{depth}"
        for module in ("attn.qkv", "attn.proj", "norm1", "mlp.fc1", "mlp.fc2", "norm2"):
            names[f"{block}.{module}"] = f"blocks.{number}.{module.rpartition('.')[2]}"
    return names


def _tokens(folder: Path) -> list[str] | None:
    """Reads the classes of FunASR's classifier from ``tokens.txt``, one per line, or ``tokens.json``; None without."""
    for path, parse in ((folder / "tokens.txt", str.splitlines), (folder / "tokens.json", json.loads)):
        if path.is_file():
            try:
                tokens = parse(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise InputError(f"{path}: neither UTF-8 text with one class per line nor JSON ({error})") from error
            if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
                raise InputError(f"{path}: not a list of strings")
            return tokens
    return None


def _take_classifier(weights: dict[str, Tensor], tokens: Sequence[str] | None, path: Path) -> list[str]:
    """Reduces a classifier to its classes in use and returns their labels; without class names, removes it.

    Classes whose token starts with ``unuse`` have no probability in FunASR. The label of a token such as ``生气/angry``
    is the part after the slash, and that of ``<unk>`` is ``unknown``, as in the model cards.
    """
    head = [name for name in ("proj.weight", "proj.bias") if name in weights]
    if not head:
        return []
    if tokens is None:
        logger.warning("%s: the classifier is ignored; there is no tokens.txt with its classes", path)
        for name in head:
            del weights[name]
        return []
    for name in head:
        if weights[name].shape[:1] != (len(tokens),):
            raise InputError(f"{path}: {len(tokens)} tokens, but {name} has the shape {tuple(weights[name].shape)}")
    used = [index for index, token in enumerate(tokens) if not token.startswith("unuse")]
    for name in head:
        weights[name] = weights[name][used]
    labels = ["unknown" if tokens[index] == "<unk>" else tokens[index].rpartition("/")[2].strip() for index in used]
    if len(set(labels)) != len(labels):
        raise InputError(f"{path}: duplicate class labels: {', '.join(labels)}")
    return labels
