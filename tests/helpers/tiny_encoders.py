"""Speech encoders of transformers with hardly any weights."""

from pathlib import Path

import numpy as np
import torch
import transformers

from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder

SAMPLES = (9000, 16000, 16000, 4100)  # an even number of frames for wav2vec2_bert, which takes them in pairs
BLOCKS = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
CONVOLUTIONS = {"conv_dim": [32] * 3, "conv_kernel": [10, 8, 4], "conv_stride": [5, 8, 8]}
POSITIONS = {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}
SPEECH = BLOCKS | CONVOLUTIONS | POSITIONS
STABLE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
WHISPER = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "num_mel_bins": 80,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "vocab_size": 60,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 3,
}
WITH_MASK = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True)
WITHOUT_MASK = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=False)
# name -> model, sizes, feature extractor, whether padding leaves its vectors alone
MODELS = {
    "wav2vec2_group": ("Wav2Vec2", SPEECH, WITHOUT_MASK, False),
    "wav2vec2_group_mask": ("Wav2Vec2", SPEECH, WITH_MASK, False),
    "wav2vec2_layer": ("Wav2Vec2", SPEECH | STABLE, WITH_MASK, True),
    "wav2vec2_layer_no_mask": ("Wav2Vec2", SPEECH | STABLE, WITHOUT_MASK, False),
    "hubert": ("Hubert", SPEECH, WITHOUT_MASK, False),
    "hubert_layer": ("Hubert", SPEECH | STABLE, WITH_MASK, True),
    "wavlm": ("WavLM", SPEECH, WITH_MASK, False),
    "wavlm_layer": ("WavLM", SPEECH | STABLE, WITH_MASK, True),
    # Its stacked convolutions for positions read what lies beyond the utterance.
    "data2vec": ("Data2VecAudio", SPEECH | {"num_conv_pos_embeddings": 5, "conv_pos_kernel_size": 9}, WITH_MASK, False),
    "wav2vec2_bert": ("Wav2Vec2Bert", BLOCKS, transformers.SeamlessM4TFeatureExtractor(), True),
}


def noise(samples: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=0.1, size=samples).astype(np.float32)


WAVEFORMS = [noise(samples, seed) for seed, samples in enumerate(SAMPLES)]


def load_extractor(folder: Path) -> transformers.FeatureExtractionMixin:
    return transformers.AutoFeatureExtractor.from_pretrained(folder)


def whisper(folder: Path) -> None:
    torch.manual_seed(0)
    transformers.WhisperModel(transformers.WhisperConfig(**WHISPER)).save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)


def emotion2vec(folder: Path) -> Emotion2Vec:
    torch.manual_seed(0)
    config = Emotion2VecConfig(
        conv_layers=((32, 10, 5), (32, 8, 8), (32, 4, 8)),
        dim=32,
        heads=2,
        prenet_depth=1,
        depth=1,
        position_layers=2,
        position_width=6,
        position_groups=2,
    )
    model = Emotion2Vec(Emotion2VecEncoder(config))
    model.save_pretrained(folder)
    return model


def save_encoder(name: str, folder: Path) -> Path:
    """Saves a tiny model of `MODELS` with random weights, and returns its folder."""
    family, sizes, extractor, _ = MODELS[name]
    torch.manual_seed(0)
    model = getattr(transformers, f"{family}Model")(getattr(transformers, f"{family}Config")(**sizes))
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    return folder
