"""Speech encoders as frames, to be trained: those of transformers, Whisper, and Emotion2Vec."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
import yaml
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoFeatureExtractor,
    AutoModel,
    FeatureExtractionMixin,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from c2ser.checkpoints.pretrained import load_pretrained, read_pretrained
from c2ser.checkpoints.weights import load_weights
from c2ser.compatibility import checkpoint_activations
from c2ser.data.files import atomic_write
from c2ser.data.resample import SAMPLE_RATE
from c2ser.emotion2vec import Emotion2Vec, Emotion2VecEncoder
from c2ser.emotion2vec.model import encoder_config
from c2ser.encoders.augmentation import SpecAugment
from c2ser.encoders.utterance import NOT_FOR_INFERENCE, SHORTEST, is_of_transformers
from c2ser.encoders.whisper import SemanticEncoder, build_semantic_encoder
from c2ser.errors import InputError
from c2ser.nn import length_mask
from c2ser.settings import build_from_mapping, read_settings

SHORTEST_TRAINED = SAMPLE_RATE // 2  # samples: encoders of transformers mask spans that have to fit into a batch
LAST, WEIGHTED = "last", "weighted"
WHISPER_KEYS = ("spec_augment", "time_substitution", "mirror_end", "dropout")
EMOTION2VEC_KEYS = ("spec_augment", "dropout", "layerdrop")


class FrameEncoder(nn.Module, ABC):
    """An encoder in three parts, of which the lower ones may be frozen or learn more slowly.

    Attributes:
        width: D of its frames.
        layers: number L of hidden states that it returns of each frame.
        convolutions: what turns waveforms or spectra into features.
        blocks: of the Transformer, the lowest first.
        above: what follows the blocks, such as a last norm.
    """

    width: int
    layers: int
    convolutions: list[nn.Module]  # plain lists: the modules are registered where they belong
    blocks: list[nn.Module]
    above: list[nn.Module] = []

    @abstractmethod
    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Encodes a batch.

        Args:
            waveforms: (B, N) at 16 kHz, zero-padded.
            lengths: samples (B,).

        Returns:
            Hidden states (B, T, L, D), and the mask of valid frames (B, T).
        """

    @abstractmethod
    def save_configuration(self, folder: Path) -> None:
        """Writes what `build_frame_encoder` needs to build the encoder without its weights."""

    def parts(self) -> dict[str, int]:
        """Returns which part each parameter belongs to, by its name.

        0 are the convolutions, 1 what else is below the blocks, 2 the lowest block, and so on; what is above the blocks
        belongs to the highest.
        """
        lowest_first = [self.convolutions, (), *([block] for block in self.blocks)]
        numbered = [*enumerate(lowest_first), (len(self.blocks) + 1, self.above)]
        parts = {id(own): part for part, modules in numbered for module in modules for own in module.parameters()}
        return {name: parts.get(id(own), 1) for name, own in self.named_parameters()}


class TransformersFrames(FrameEncoder):
    """WavLM, HuBERT, wav2vec 2.0 and their relatives, with their own masks and LayerDrop in training.

    Args:
        model: the encoder.
        extractor: its feature extractor.
        all_layers: return all hidden states.
    """

    def __init__(self, model: PreTrainedModel, extractor: FeatureExtractionMixin, *, all_layers: bool):
        super().__init__()
        self.model, self.extractor, self.all_layers = model, extractor, all_layers
        self.width = model.config.hidden_size
        self.blocks = list(model.encoder.layers)
        self.layers = len(self.blocks) + 1 if all_layers else 1
        self.convolutions = [model.feature_extractor] if hasattr(model, "feature_extractor") else []
        if getattr(model.config, "do_stable_layer_norm", False):
            self.above = [model.encoder.layer_norm]

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        rows = [row[:length] for row, length in zip(waveforms.cpu().numpy(), lengths.tolist(), strict=True)]
        inputs = self.extractor(
            rows, sampling_rate=SAMPLE_RATE, padding=True, return_attention_mask=True, return_tensors="pt"
        ).to(waveforms.device)
        output = self.model(**inputs, output_hidden_states=self.all_layers)
        states = output.hidden_states if self.all_layers else [output.last_hidden_state]
        frames = torch.stack(tuple(states), dim=2)
        valid = self.model._get_feature_vector_attention_mask(frames.shape[1], inputs["attention_mask"]).bool()
        return frames, valid

    def save_configuration(self, folder: Path) -> None:
        self.model.config.save_pretrained(folder)
        self.extractor.save_pretrained(folder)


class WhisperFrames(FrameEncoder):
    """Whisper's encoder on the true length of speech; what lies beyond 30 s is cut off.

    Args:
        encoder: with the hidden states that are wanted.
    """

    def __init__(self, encoder: SemanticEncoder):
        super().__init__()
        self.encoder = encoder
        self.width, self.layers = encoder.width, len(encoder.layers)
        self.convolutions = [encoder.encoder.conv1, encoder.encoder.conv2]
        self.blocks = list(encoder.encoder.layers)
        self.above = [encoder.encoder.layer_norm]

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        states, counts = self.encoder(waveforms, lengths)
        return states, length_mask(counts, states.shape[1])

    def save_configuration(self, folder: Path) -> None:
        self.encoder.encoder.config.save_pretrained(folder)


class Emotion2VecFrames(FrameEncoder):
    """Emotion2Vec; in training spans and channels of its local features may be masked.

    Args:
        encoder: the encoder.
        spec_augment: keywords of `SpecAugment`; None for no masks.
    """

    layers = 1

    def __init__(self, encoder: Emotion2VecEncoder, spec_augment: Mapping | None = None):
        super().__init__()
        self.encoder = encoder
        self.width = encoder.config.dim
        self.convolutions = [encoder.local]
        self.blocks = list(encoder.blocks)
        self.masks = None
        if spec_augment is not None:
            self.masks = build_from_mapping(SpecAugment, spec_augment, name="encoder_conf.spec_augment")

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        shortest = self.encoder.config.minimum_samples
        waveforms = F.pad(waveforms, (0, max(0, shortest - waveforms.shape[1])))
        features, valid = self.encoder.features(waveforms, lengths.clamp(min=shortest))
        if self.masks is not None:
            features = self.masks(features.transpose(1, 2), valid.sum(1)).transpose(1, 2)
        return self.encoder.encode(features, valid).frames.unsqueeze(2), valid

    def save_configuration(self, folder: Path) -> None:
        sizes = asdict(self.encoder.config)
        sizes["conv_layers"] = [list(layer) for layer in sizes["conv_layers"]]
        with atomic_write(folder / "config.yaml") as file:
            yaml.safe_dump(sizes, file, sort_keys=False)


def build_frame_encoder(
    name: str | Path,
    *,
    layers: str = LAST,
    settings: Mapping[str, Any] | None = None,
    pretrained: bool = True,
    gradient_checkpointing: bool = False,
) -> FrameEncoder:
    """Builds an encoder.

    Args:
        name: hub id or folder of a speech encoder of transformers, or what `Emotion2Vec.from_pretrained` reads.
        layers: ``last`` for the encoder's output, ``weighted`` for all hidden states.
        settings: of its training: fields of the configuration of an encoder of transformers, such as
            ``mask_time_prob`` and ``layerdrop``; for Whisper `WHISPER_KEYS` and for Emotion2Vec `EMOTION2VEC_KEYS`.
        pretrained: with its weights; False for random ones, from a folder of `FrameEncoder.save_configuration`.
        gradient_checkpointing: compute the blocks' activations anew in the backward pass of a training.

    Raises:
        InputError: there is no such encoder, it is not one of speech at 16 kHz, or it has no such setting or layers.

    Example:
        >>> build_frame_encoder("microsoft/wavlm-base", settings={"mask_time_prob": 0.1}).width  # doctest: +SKIP
        768
    """
    settings = settings or {}
    if not is_of_transformers(name):
        if layers != LAST or gradient_checkpointing:
            raise InputError(f"{name}: layers {WEIGHTED} and gradient_checkpointing are for encoders of transformers")
        return _emotion2vec(name, settings, pretrained)
    config = read_pretrained(AutoConfig, str(name), role="encoder")
    if config.model_type == "whisper":
        _check_keys(settings, WHISPER_KEYS)
        chosen = range(config.encoder_layers + 1) if layers == WEIGHTED else (-1,)
        if not pretrained:
            return WhisperFrames(SemanticEncoder(WhisperEncoder(config), chosen, **_kept(settings, "mirror_end")))
        checkpointing = {"gradient_checkpointing": gradient_checkpointing}
        return WhisperFrames(build_semantic_encoder(str(name), chosen, **checkpointing, **settings))
    encoder = _of_transformers(name, config, settings, all_layers=layers == WEIGHTED, pretrained=pretrained)
    if gradient_checkpointing:
        checkpoint_activations(encoder.model)
    return encoder


def _of_transformers(
    name: str | Path, config: PretrainedConfig, settings: Mapping[str, Any], *, all_layers: bool, pretrained: bool
) -> TransformersFrames:
    extractor = read_pretrained(AutoFeatureExtractor, str(name), role="encoder")
    if getattr(extractor, "sampling_rate", None) != SAMPLE_RATE:
        raise InputError(f"encoder '{name}': not an encoder of speech at 16 kHz; give another one")
    unknown = [key for key in settings if not hasattr(config, key)]
    if unknown:
        raise InputError(f"encoder_conf: {unknown[0]} is no setting of a {config.model_type}; see its config.json")
    if not hasattr(config, "mask_feature_min_masks"):
        config.mask_feature_min_masks = 0  # WavLM's code reads it, and its configuration has no default
    if all_layers:  # a layer that is dropped has no hidden state
        if settings.get("layerdrop"):
            raise InputError(f"encoder_conf: layerdrop cannot be had with layers {WEIGHTED}; leave it out")
        config.layerdrop = 0.0
    config.update(dict(settings))
    if config.is_encoder_decoder:
        raise InputError(f"encoder '{name}': a {config.model_type} cannot be fine-tuned here; c2ser probe takes it")
    if pretrained:
        model = load_pretrained(
            AutoModel, str(name), role="encoder", optional=NOT_FOR_INFERENCE, config=config, dtype=torch.float32
        )
    else:
        model = AutoModel.from_config(config, dtype=torch.float32)
    if not hasattr(model, "_get_feature_vector_attention_mask"):
        raise InputError(f"encoder '{name}': a {config.model_type} cannot be fine-tuned here; c2ser probe takes it")
    return TransformersFrames(model, extractor, all_layers=all_layers)


def _emotion2vec(name: str | Path, settings: Mapping[str, Any], pretrained: bool) -> FrameEncoder:
    _check_keys(settings, EMOTION2VEC_KEYS)
    own = _kept(settings, "dropout", "layerdrop")
    if not pretrained:
        sizes = encoder_config(read_settings(Path(name) / "config.yaml"))
        return Emotion2VecFrames(Emotion2VecEncoder(replace(sizes, **own)))
    source = Emotion2Vec.from_pretrained(name).encoder
    encoder = Emotion2VecEncoder(replace(source.config, **own))
    load_weights(encoder, source.state_dict(), source=name)
    return Emotion2VecFrames(encoder, settings.get("spec_augment"))


def _kept(settings: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: settings[key] for key in keys if key in settings}


def _check_keys(settings: Mapping[str, Any], known: Sequence[str]) -> None:
    unknown = [key for key in settings if key not in known]
    if unknown:
        raise InputError(f"encoder_conf: unknown key '{unknown[0]}'; this encoder has {', '.join(known)}")


def pad_to(waveforms: Tensor, lengths: Tensor, *, training: bool) -> tuple[Tensor, Tensor]:
    """Extends waveforms that are too short for an encoder by silence.

    Args:
        waveforms: (B, N), zero-padded.
        lengths: samples (B,).
        training: make them as long as the masks of a training need it.

    Returns:
        Waveforms and lengths.
    """
    shortest = SHORTEST_TRAINED if training else SHORTEST
    return F.pad(waveforms, (0, max(0, shortest - waveforms.shape[1]))), lengths.clamp(min=shortest)
