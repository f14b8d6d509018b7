"""LoRA of a model that hears and chats, with ESPnet's trainer, on the targets of the recipes."""

import argparse
import logging
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch.nn.functional as F
from espnet2.train.abs_espnet_model import AbsESPnetModel
from espnet2.train.collate_fn import CommonCollateFn
from espnet2.utils.types import str_or_none

from c2ser.checkpoints.experiments import weights_below
from c2ser.data.names import WAV_SCP
from c2ser.emotions import read_emotions
from c2ser.lm.inputs import IGNORED
from c2ser.settings import build_from_mapping
from c2ser.systems.audio_chat_lora import CHATS, PREFIX, AdaptedChat, AudioChatConfig, answer_tokens
from c2ser.systems.recognizer import Speech
from c2ser.tasks.datasets import AUDIO
from c2ser.tasks.labelled import leave_out_unlabelled
from c2ser.tasks.lengths import check_lengths
from c2ser.tasks.options import add_field_arguments
from c2ser.tasks.passes import add_passes_argument, lengthen
from c2ser.tasks.task import InterruptibleTask

logger = logging.getLogger(__name__)

ANSWER = "answer"


class ChatAnswers:
    """Preprocessor that turns an utterance's target into tokens.

    Args:
        config: which model, and what it is asked.
    """

    def __init__(self, config: AudioChatConfig):
        self.processor, self.question = CHATS[config.system].load_processor(config.chat_model), config.question

    def __call__(self, utt: str, data: dict) -> dict[str, np.ndarray]:
        return {**data, ANSWER: np.array(answer_tokens(self.processor, self.question, answer=data[ANSWER]))}


class ESPnetAudioChat(AbsESPnetModel):
    """What ESPnet's trainer asks of a model, around `AdaptedChat`.

    Args:
        model: to be trained.
    """

    def __init__(self, model: AdaptedChat):
        super().__init__()
        self.model = model

    def forward(self, speech, speech_lengths, answer, answer_lengths, **_):
        """Returns loss, statistics and weight of a batch, each of one dimension for ESPnet's distributed averaging."""
        rows = zip(speech.cpu().numpy(), speech_lengths.tolist(), strict=True)
        answers = [row[:length] for row, length in zip(answer, answer_lengths.tolist(), strict=True)]
        logits, tokens = self.model([Speech(row[:length]) for row, length in rows], answers)
        there = tokens != IGNORED
        loss = F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), ignore_index=IGNORED)
        right = (logits.argmax(2) == tokens)[there].float().mean()
        stats = {"loss": loss.detach().clone().reshape(1), "accuracy": right.detach().reshape(1)}
        return loss.reshape(1), stats, there.sum().float().reshape(1)

    def collect_feats(self, **_):
        """Nothing is standardized: the model has its own features."""
        return {}

    def to(self, *args, dtype=None, **kwargs):
        """Moves the model; its parts keep the types that they were published in, whatever the trainer asks for."""
        return super().to(*args, **kwargs)

    def state_dict(self, *args, **kwargs):
        """Leaves out the published weights: a checkpoint holds what was trained."""
        return {PREFIX + key: value for key, value in self.model.trainable_state_dict().items()}

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Counterpart of `state_dict`."""
        self.model.load_trainable_state_dict(weights_below(PREFIX, state_dict), "checkpoint")


class AudioChatTask(InterruptibleTask):
    """``audio_chat_train``: speech and target texts in, adapters of a model that hears and chats out."""

    tables = ((WAV_SCP, "speech", AUDIO),)
    annotations = {field.name: field.type for field in fields(AudioChatConfig)}

    @classmethod
    def add_task_arguments(cls, parser: argparse.ArgumentParser) -> None:
        group = parser.add_argument_group(description="Model that hears and chats")
        group.add_argument("--emotions", type=str_or_none, help="the label set, one name per line")
        add_field_arguments(group, AudioChatConfig)
        add_passes_argument(group)
        parser.set_defaults(required=["output_dir", "emotions", "chat_model"])

    @classmethod
    def prepare(cls, args: argparse.Namespace) -> None:
        if Path(args.chat_model).exists():  # an experiment is usable from any folder
            args.chat_model = str(Path(args.chat_model).resolve())
        for part in ("train", "valid"):
            data = getattr(args, f"{part}_data_path_and_name_and_type")
            if not any(name == ANSWER for _, name, _ in data):
                data.append((str(Path(data[0][0]).with_name(_config(args).mode)), ANSWER, "text"))
        check_lengths([*args.train_shape_file, *args.valid_shape_file])
        leave_out_unlabelled(args, [ANSWER])
        lengthen(args, {args.train_shape_file[0]: args.batch_bins})

    @classmethod
    def build_collate_fn(cls, args: argparse.Namespace, train: bool) -> Callable:
        return CommonCollateFn(float_pad_value=0.0, int_pad_value=0)

    @classmethod
    def build_preprocess_fn(cls, args: argparse.Namespace, train: bool) -> ChatAnswers:
        return ChatAnswers(_config(args))

    @classmethod
    def required_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        return ("speech", ANSWER)

    @classmethod
    def optional_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        return ()

    @classmethod
    def build_model(cls, args: argparse.Namespace) -> ESPnetAudioChat:
        config = _config(args)
        model = AdaptedChat(config, read_emotions(args.emotions))
        trained = sum(own.numel() for own in model.parameters() if own.requires_grad)
        every = sum(own.numel() for own in model.parameters())
        logger.info("%s: %.2f M of %.2f M parameters are trained", config.chat_model, trained / 1e6, every / 1e6)
        return ESPnetAudioChat(model)


def _config(args: argparse.Namespace) -> AudioChatConfig:
    own = {field.name: getattr(args, field.name) for field in fields(AudioChatConfig)}
    return build_from_mapping(AudioChatConfig, own, name="", file=args.config)
