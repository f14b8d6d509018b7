"""An Emotion2Vec-S with hardly any weights, and waveforms for it."""

from pathlib import Path

import numpy as np
import torch

from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder
from c2ser.emotion2vec.model import encoder_config
from c2ser.emotion2vec.pretraining import PretrainingConfig

SIZES = {
    "conv_layers": [[16, 40, 20], [16, 8, 4], [16, 4, 2], [16, 4, 2]],
    "dim": 24,
    "heads": 3,
    "prenet_depth": 1,
    "depth": 2,
    "position_layers": 2,
    "position_width": 14,
    "position_groups": 4,
    "dropout": 0.0,
}


CONFIG = encoder_config(SIZES)


PRETRAINING = PretrainingConfig(
    clones=2, average_top_k_layers=2, ema_decay=0.9, decoder_dim=24, decoder_layers=2, decoder_groups=4
)


def waveforms(*lengths: int, seed: int = 0) -> list[np.ndarray]:
    """Noise, each with a level and an offset of its own."""
    rng = np.random.default_rng(seed)
    levels = 0.2 * 10.0 ** rng.uniform(-1.5, 0, len(lengths))  # within full scale
    return [(level * (rng.normal(size=n) + 0.3)).astype(np.float32) for n, level in zip(lengths, levels)]


def padded(waves: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    rows = [torch.from_numpy(wave) for wave in waves]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), torch.tensor([len(wave) for wave in waves])


def save_emotion2vec(folder: Path, width: int, seed: int = 0) -> Path:
    """Saves an encoder of random weights, as a folder that `Emotion2Vec.from_pretrained` reads."""
    torch.manual_seed(seed)
    convolutions = ((16, 10, 5), *[(16, 3, 2)] * 4, *[(16, 2, 2)] * 2)
    sizes = Emotion2VecConfig(
        convolutions, dim=width, heads=2, prenet_depth=1, depth=1, position_groups=2, position_width=15
    )
    Emotion2Vec(Emotion2VecEncoder(sizes)).save_pretrained(folder)
    return folder
