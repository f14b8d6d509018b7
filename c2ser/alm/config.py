"""What the audio language model is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from peft import LoraConfig
from transformers import WhisperConfig

from c2ser.acoustics.levels import MEDIUM_RATIO
from c2ser.alm.connector import EARLIER_FIELDS, ConnectorConfig
from c2ser.annotations import KeywordsOf
from c2ser.encoders.whisper import build_semantic_encoder
from c2ser.rationales.prompts import PROMPTS
from c2ser.settings import build_from_mapping, check_fields, fractions, positive, require

PARTS = ("whisper", "connector", "llm")
SEMANTIC, ACOUSTIC = PERCEPTIONS = ("semantic", "acoustic")


@dataclass(frozen=True)
class ALMConfig:
    """Architecture and loss of `c2ser.alm.model.C2SERModel`.

    Attributes:
        whisper: hub id or folder of a Whisper model; or a mapping of WhisperConfig for random weights.
        llm: hub id or folder of a causal language model.
        acoustic_width: width of Emotion2Vec-S's tokens.
        whisper_conf: keywords of `build_semantic_encoder`.
        connector_conf: fields of `ConnectorConfig`.
        lora_conf: fields of peft's LoraConfig; empty for no LoRA.
        llm_dtype: type of the language model's weights; ``auto`` for the one that they are published in.
        llm_rounding: type that the language model's weights are rounded to first; None for no rounding. A model that
            was trained on rounded weights needs them rounded also where it computes in higher precision.
        gradient_checkpointing: recompute the language model's activations in the backward pass: about a third more
            time, far less memory.
        perception: inputs that are used, of `PERCEPTIONS`: Whisper's frames, Emotion2Vec-S's tokens, or both.
        trained: the parts that train, of `PARTS`; ``llm`` means its LoRA if there is one.
        emotion_weight: weight of the emotion's tokens in the loss; those of the wording weigh 1. One token in forty
            carries the emotion of an explicit answer, and the mean of the loss would hardly reflect it.
        level_weight: weight of the tokens that tell a low or high level of pitch, volume or speaking rate. A medium
            level, which is more frequent, weighs `MEDIUM_RATIO` of what this is above 1, and 1.
        transcript_weight: weight of the tokens of the transcript that is quoted.
        answer_dropout: share of the answer's tokens that are hidden from those after them in training (word dropout).
            A model trained on little speech otherwise infers the emotion from the transcript and the levels that it
            is given, instead of from the audio, which is all it has at inference.
        mark_deviation: standard deviation of the two speech marks before training; None for that of the words of the
            explicit prompt. The release has 1.
        distillation_weight: weight, relative to the cross-entropy of the emotion's first token, of the divergence of
            the implicit answer's distribution over emotions from the explicit answer's; see `C2SERModel.forward`.
        votes_weight: share, from 0 to 1, of the target of the emotion's first token that is the distribution of the
            listeners' votes, where an utterance has them; the rest is the label.
        prompts: what the model is asked, by mode.
        more_prompts: by mode, what it is asked in training as often as its own prompt, drawn anew for each utterance,
            so that answers hang less on the wording of the question.

    References:
        S. R. Bowman et al., "Generating sentences from a continuous space", CoNLL 2016 (word dropout).

    Example:
        >>> ALMConfig(whisper="openai/whisper-medium", llm="Qwen/Qwen2-7B", acoustic_width=768).perception
        ('semantic', 'acoustic')
    """

    whisper: str | Annotated[dict, KeywordsOf(WhisperConfig, unchecked=tuple(WhisperConfig().to_dict()))]
    llm: str
    acoustic_width: int
    whisper_conf: Annotated[dict, KeywordsOf(build_semantic_encoder, given=("whisper",))] = field(default_factory=dict)
    connector_conf: Annotated[dict, KeywordsOf(ConnectorConfig)] = field(default_factory=dict)
    lora_conf: Annotated[dict, KeywordsOf(LoraConfig)] = field(default_factory=dict)
    llm_dtype: str = "float32"
    llm_rounding: str | None = None
    gradient_checkpointing: bool = False
    perception: Sequence[Literal[PERCEPTIONS]] = PERCEPTIONS
    trained: Sequence[Literal[PARTS]] = PARTS
    emotion_weight: float = 1.0
    level_weight: float = 1.0
    transcript_weight: float = 1.0
    answer_dropout: float = 0.0
    mark_deviation: float | None = None
    distillation_weight: float = 0.0
    votes_weight: float = 0.0
    prompts: dict[str, str] = field(default_factory=PROMPTS.copy)
    more_prompts: dict[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self):
        check_fields(self)
        weights = ("emotion_weight", "level_weight", "transcript_weight", "distillation_weight")
        require(
            (len(self.perception) > 0, "perception: is empty; give semantic, acoustic or both"),
            *positive(self, "acoustic_width", *(["mark_deviation"] if self.mark_deviation is not None else [])),
            *fractions(self, "answer_dropout", "votes_weight"),
            *((getattr(self, name) >= 0, f"{name}: {getattr(self, name)} is below 0") for name in weights),
            *((mode in self.prompts, f"prompts: '{mode}' is missing") for mode in PROMPTS),
            *((mode in PROMPTS, f"prompts: unknown mode '{mode}'") for mode in self.prompts),
            *((mode in PROMPTS, f"more_prompts: unknown mode '{mode}'") for mode in self.more_prompts),
        )

    @property
    def part_weights(self) -> tuple[float, ...]:
        """Weight in the loss of a token of each `c2ser.languages.parts.Part`, in their order."""
        medium_weight = 1.0 + MEDIUM_RATIO * (self.level_weight - 1.0)
        return (1.0, self.emotion_weight, self.level_weight, self.transcript_weight, medium_weight)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], file: str | Path | None = None) -> "ALMConfig":
        """Takes the fields of this class from a larger mapping, such as a training configuration.

        Args:
            mapping: names of fields and other names -> values; None stands for a default. Fields of the connection
                module may have the names of earlier versions.
            file: the configuration's file, which messages name.

        Raises:
            SettingsError: a field without default is missing, or values are not valid; all of them are named.
        """
        names = {item.name for item in fields(cls)}
        given = {key: value for key, value in mapping.items() if key in names and value is not None}
        if isinstance(connector_conf := given.get("connector_conf"), Mapping):
            given["connector_conf"] = {EARLIER_FIELDS.get(key, key): value for key, value in connector_conf.items()}
        return build_from_mapping(cls, given, file=file)
