"""What the audio language model is made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from c2ser.errors import InputError
from c2ser.rationales.prompts import PROMPTS

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
        emotion_weight: weight of the emotion's tokens in the loss; all others weigh 1. One token in forty carries the
            emotion of an explicit answer, and the mean of the loss would hardly reflect it.
        answer_dropout: share of the answer's tokens that are hidden from those after them in training (word dropout).
            A model trained on little speech otherwise infers the emotion from the transcript and the levels that it
            is given, instead of from the audio, which is all it has at inference.
        distillation_weight: weight, relative to the cross-entropy of the emotion's first token, of the divergence of
            the implicit answer's distribution over emotions from the explicit answer's; see `C2SERModel.forward`.
        prompts: what the model is asked, by mode.

    References:
        S. R. Bowman et al., "Generating sentences from a continuous space", CoNLL 2016 (word dropout).

    Example:
        >>> ALMConfig(whisper="openai/whisper-medium", llm="Qwen/Qwen2-7B", acoustic_width=768).perception
        ('semantic', 'acoustic')
    """

    whisper: str | dict
    llm: str
    acoustic_width: int
    whisper_conf: dict = field(default_factory=dict)
    connector_conf: dict = field(default_factory=dict)
    lora_conf: dict = field(default_factory=dict)
    llm_dtype: str = "float32"
    llm_rounding: str | None = None
    gradient_checkpointing: bool = False
    perception: Sequence[str] = PERCEPTIONS
    trained: Sequence[str] = PARTS
    emotion_weight: float = 1.0
    answer_dropout: float = 0.0
    distillation_weight: float = 0.0
    prompts: dict[str, str] = field(default_factory=PROMPTS.copy)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "ALMConfig":
        """Takes the fields of this class from a larger mapping, such as a training configuration.

        Args:
            mapping: names of fields and other names -> values.

        Raises:
            InputError: a field without default is missing.
        """
        names = {item.name for item in fields(cls)}
        try:
            return cls(**{name: value for name, value in mapping.items() if name in names})
        except TypeError as error:
            raise InputError(f"not the configuration of an audio language model ({error})") from None

    def check(self) -> None:
        """Checks the names in lists and mappings.

        Raises:
            InputError: one is unknown, or prompts or perception are incomplete.
        """
        _check_names("trained", self.trained, PARTS)
        _check_names("perception", self.perception, PERCEPTIONS)
        _check_names("prompts", self.prompts, PROMPTS)
        if not self.perception or len(self.prompts) < len(PROMPTS):
            raise InputError("perception must not be empty, and prompts needs one for each of " + ", ".join(PROMPTS))


def _check_names(option: str, names: Iterable[str], known: Iterable[str]) -> None:
    if names is None or isinstance(names, str):
        raise InputError(f"{option}: '{names}' is not a list; known are {', '.join(known)}")
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise InputError(f"{option}: unknown '{unknown[0]}'; known are {', '.join(known)}")
