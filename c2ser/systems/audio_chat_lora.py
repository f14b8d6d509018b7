"""Published models that hear and chat, with LoRA that learns the targets of the recipes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import torch
from peft import LoraConfig
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import ProcessorMixin

from c2ser.annotations import KeywordsOf
from c2ser.checkpoints.experiments import experiment_config, experiment_weights
from c2ser.compatibility import checkpoint_activations
from c2ser.emotions import read_emotions
from c2ser.errors import InputError
from c2ser.lm.inputs import IGNORED
from c2ser.lm.loading import with_lora
from c2ser.lm.weights import ComposedModel, weights_digest
from c2ser.rationales.prompts import PROMPTS
from c2ser.settings import build_from_mapping, require
from c2ser.systems.audio_chat import AudioChatRecognizer, Qwen2AudioRecognizer, Qwen25OmniRecognizer
from c2ser.systems.questions import Question
from c2ser.systems.recognizer import Speech

CHATS = {chat.system: chat for chat in (Qwen2AudioRecognizer, Qwen25OmniRecognizer)}
EXPLICIT = "explicit"
PREFIX = "model."  # before the names of the weights in checkpoints of a training
MAX_NEW_TOKENS = 256


@dataclass(frozen=True)
class AudioChatConfig:
    """Which model learns, what it is asked, and what it answers.

    Attributes:
        chat_model: hub id or folder of the model
        system: what it is, qwen2_audio or qwen2_5_omni
        mode: explicit, reasons before the emotion, or implicit, the emotion alone: the targets of build_cot
        prompt: what it is asked; by default what the recipes' own models are asked in that mode
        lora_conf: fields of peft's LoraConfig
        gradient_checkpointing: compute activations anew in the backward pass, for less memory
    """

    chat_model: str
    system: str = Qwen2AudioRecognizer.system
    mode: str = EXPLICIT
    prompt: str | None = None
    lora_conf: Annotated[dict, KeywordsOf(LoraConfig)] = field(default_factory=dict)
    gradient_checkpointing: bool = False

    def __post_init__(self):
        require(
            (self.system in CHATS, f"system: '{self.system}' is not {' or '.join(CHATS)}"),
            (self.mode in PROMPTS, f"mode: '{self.mode}' is not {' or '.join(PROMPTS)}"),
            (bool(self.lora_conf), "lora_conf: is empty; give at least r and target_modules"),
        )

    @property
    def question(self) -> Question:
        """What the model is asked, and how its answers are read."""
        return Question(self.prompt or PROMPTS[self.mode], max_new_tokens=MAX_NEW_TOKENS)


class AdaptedChat(ComposedModel):
    """A model that hears and chats, whose adapters alone train and are saved.

    Args:
        config: which model.
        emotions: the label set.
        device: where to compute.

    Attributes:
        recognizer: answers by this model.

    Raises:
        InputError: there is no such model, or LoRA does not fit it.
    """

    def __init__(self, config: AudioChatConfig, emotions: Sequence[str], *, device: str = "cpu"):
        super().__init__()
        self.recognizer: AudioChatRecognizer = CHATS[config.system].load(
            config.chat_model, emotions=emotions, question=config.question, device=device
        )
        if config.gradient_checkpointing:
            checkpoint_activations(self.recognizer.model)
        self.chat = with_lora(self.recognizer.model, config.lora_conf, name=config.chat_model)
        self.recognizer.model = self.chat
        self.register_bases({"chat": config.chat_model})

    def forward(self, speech: Sequence[Speech], answers: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Reads questions, audio and answers.

        Args:
            speech: utterances with audio.
            answers: token ids (A,) per utterance, see `answer_tokens`.

        Returns:
            Logits (B, longest A, V) of each of the answers' tokens, given what stands before it, and the tokens (B,
            longest A), `IGNORED` after each answer's end.
        """
        inputs = self.recognizer.inputs(speech)
        tokens = pad_sequence(list(answers), batch_first=True, padding_value=IGNORED)
        there = tokens != IGNORED
        inputs["input_ids"] = torch.cat([inputs["input_ids"], tokens * there], 1)
        inputs["attention_mask"] = torch.cat([inputs["attention_mask"], there.to(inputs["attention_mask"].dtype)], 1)
        logits = self.chat(**inputs, use_cache=False).logits
        return logits[:, -tokens.shape[1] - 1 : -1].float(), tokens


class AdaptedRecognizer:
    """Loads what ``audio_chat_train`` trained."""

    @classmethod
    def load(cls, model: str, *, device: str = "cpu") -> AudioChatRecognizer:
        """Returns the recognizer of an experiment.

        Args:
            model: its folder.
            device: where to compute.

        Raises:
            InputError: it is not one, its training is not finished, or the model that it adapts is not there or is
                another one.

        Example:
            >>> AdaptedRecognizer.load("exp/Qwen2-Audio-7B-Instruct_lora", device="cuda")  # doctest: +SKIP
        """
        values = experiment_config(model)
        if "chat_model" not in values:
            raise InputError(f"{model}: not an experiment of audio_chat_train; its config.yaml names no chat_model")
        own = {field.name: values[field.name] for field in fields(AudioChatConfig)}
        config = build_from_mapping(AudioChatConfig, own, name="", file=Path(model) / "config.yaml")
        adapted = AdaptedChat(config, read_emotions(values["emotions"]), device=device)
        weights = experiment_weights(model, PREFIX)
        adapted.load_trainable_state_dict(weights, model)
        adapted.eval()
        adapted.recognizer.files = _fingerprint(adapted.recognizer.files, weights)
        return adapted.recognizer


def answer_tokens(processor: ProcessorMixin, question: Question, *, answer: str) -> list[int]:
    """Returns the tokens of an answer as the model's own template has them, with the mark that ends it.

    Args:
        processor: of the model.
        question: what is asked.
        answer: the text.

    Raises:
        InputError: the model's template does not put an answer behind its question.
    """
    messages = question.messages(())
    asked = processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    whole = processor.apply_chat_template([*messages, {"role": "assistant", "content": answer}], tokenize=False)
    if not whole.startswith(asked):
        raise InputError("the model's chat template puts no answer behind its question; use another model")
    return processor.tokenizer(whole[len(asked) :].rstrip(), add_special_tokens=False).input_ids


def _fingerprint(files: str, weights: Mapping[str, Tensor]) -> str:
    digest = weights_digest(weights[name] for name in sorted(weights))
    return sha256(files.encode() + digest.numpy().tobytes()).hexdigest()
