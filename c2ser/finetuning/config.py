"""Settings of a speech encoder with a classification head."""

from dataclasses import dataclass, field

from c2ser.encoders.frames import LAST, WEIGHTED
from c2ser.settings import fractions, require

MEAN, MEAN_STD = "mean", "mean_std"
NOTHING, CONVOLUTIONS, ENCODER = "nothing", "convolutions", "encoder"


@dataclass(frozen=True)
class ClassifierConfig:
    """Architecture, and what of it is trained.

    Attributes:
        encoder: hub id or folder of a speech encoder of transformers (WavLM, HuBERT, wav2vec 2.0, Whisper, ...), or
            what extract_emotion2vec takes as --model
        encoder_conf: settings of the encoder for its training: of one of transformers, fields of its configuration,
            such as mask_time_prob, mask_feature_prob and layerdrop; of Whisper spec_augment, time_substitution,
            dropout; of Emotion2Vec spec_augment, dropout, layerdrop
        layers: last, the encoder's output, or weighted, a learned average of all hidden states, each layer-normalised;
            Emotion2Vec has last
        pooling: mean of the frames, or mean_std, with their standard deviation
        hidden_size: of a layer between pooling and classes; 0 for none
        dropout: of what is pooled, and of the hidden layer
        frozen: what is not trained: nothing; convolutions, which turn waveforms into features; or the whole encoder
        frozen_blocks: number of the lowest blocks, with all below them, that are not trained either
        gradient_checkpointing: compute activations anew in the backward pass, for less memory
    """

    encoder: str | None = None
    encoder_conf: dict = field(default_factory=dict)
    layers: str = LAST
    pooling: str = MEAN
    hidden_size: int = 0
    dropout: float = 0.1
    frozen: str = CONVOLUTIONS
    frozen_blocks: int = 0
    gradient_checkpointing: bool = False

    def __post_init__(self):
        choices = {
            "layers": (LAST, WEIGHTED),
            "pooling": (MEAN, MEAN_STD),
            "frozen": (NOTHING, CONVOLUTIONS, ENCODER),
        }
        require(
            *(
                (getattr(self, name) in known, f"{name}: '{getattr(self, name)}' is not {' or '.join(known)}")
                for name, known in choices.items()
            ),
            *((getattr(self, name) >= 0, f"{name}: below 0") for name in ("hidden_size", "frozen_blocks")),
            *fractions(self, "dropout"),
        )
