"""Training of the audio language model with ESPnet's trainer: explicit CoT, then self-distillation."""

import argparse
import itertools
import logging
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from espnet2.iterators.sequence_iter_factory import SequenceIterFactory
from espnet2.tasks.abs_task import IteratorOptions
from espnet2.train.abs_espnet_model import AbsESPnetModel
from espnet2.train.collate_fn import CommonCollateFn
from espnet2.train.trainer import Trainer
from espnet2.utils.nested_dict_action import NestedDictAction
from espnet2.utils.types import int_or_none, str_or_none

from c2ser.alm.answers import emotion_choices, encode_answer
from c2ser.alm.config import ALMConfig
from c2ser.alm.ctc import TranscriptCTC
from c2ser.alm.experiments import PREFIX
from c2ser.alm.losses import TRANSCRIPT, Answers
from c2ser.alm.model import C2SERModel
from c2ser.annotations import KeywordsOf
from c2ser.checkpoints.experiments import weights_below
from c2ser.data.features import read_feature
from c2ser.data.names import EMOTION2VEC_SCP, EXPLICIT, IMPLICIT, WAV_SCP
from c2ser.data.tables import lines_by_key, read_table, table_lines
from c2ser.emotions import read_emotions
from c2ser.errors import InputError
from c2ser.lm.loading import has_weights, load_tokenizer
from c2ser.rationales.schedule import ExplicitSchedule
from c2ser.tasks.deepspeed import adapt_to_deepspeed, uses_deepspeed
from c2ser.tasks.features import note_encoder
from c2ser.tasks.initialization import inherit_architecture, initial_weights
from c2ser.tasks.labelled import leave_out_unlabelled
from c2ser.tasks.limits import UtteranceLimits, apply_limits, positions_table
from c2ser.tasks.options import add_field_arguments
from c2ser.tasks.padded_batches import PaddedBatchSampler
from c2ser.tasks.selection import (
    SelectingTrainer,
    add_selection_arguments,
    check_selection,
    phase_schedule,
    phase_updates,
)
from c2ser.tasks.task import InterruptibleTask

logger = logging.getLogger(__name__)

MODES = ("explicit", "implicit")
_CHOICES = [f"{mode}_choices" for mode in MODES]
_CTC_PREFIX = "ctc."  # before the names of its weights in a training's checkpoints


class ESPnetALM(AbsESPnetModel):
    """What ESPnet's trainer asks of a model, around `C2SERModel`; it also chooses the mode of each batch.

    Args:
        model: to be trained.
        schedule: of explicit and implicit targets.
        seed: of the choice of modes.
        alignment_updates: number of updates, the first ones, whose targets are the transcripts alone.
        ctc_weight: weight of a token of the transcript in the loss of `TranscriptCTC`, beside those of the answers; 0
            for none.
    """

    def __init__(
        self,
        model: C2SERModel,
        schedule: ExplicitSchedule,
        *,
        seed: int,
        alignment_updates: int = 0,
        ctc_weight: float = 0.0,
    ):
        super().__init__()
        self.model = model
        self.schedule = schedule
        self.seed = seed
        self.alignment_updates = alignment_updates
        self.ctc_weight = ctc_weight
        self.ctc = None
        if ctc_weight:
            words = model.llm.get_input_embeddings()
            self.ctc = TranscriptCTC(words.embedding_dim, words.num_embeddings)
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))

    def forward(self, speech, speech_lengths, acoustic, utt_id=None, **targets):
        """Returns loss, statistics and weight of a batch, each of one dimension for ESPnet's distributed averaging."""
        mode = self.choose_mode()
        distils = self.training and mode == "implicit" and self.model.config.distillation_weight > 0
        needs_explicit = mode != "implicit" or distils or self.ctc is not None
        explicit = _answers(targets, "explicit") if needs_explicit else None
        answers = _answers(targets, mode) if mode == "implicit" else explicit
        if mode == TRANSCRIPT:
            answers = explicit.transcript_alone()
        speech_embeddings = self.model.perceive(speech, speech_lengths, acoustic)
        outputs = self.model.loss(speech_embeddings, answers, explicit=explicit if distils else None)
        if self.ctc is not None:
            transcripts = explicit.transcripts()
            ctc_loss = self.ctc(self.model.frames(speech_embeddings, acoustic), transcripts)
            outputs["loss"] = outputs["loss"] + self.ctc_weight * ctc_loss / outputs["weight"]
            outputs["ctc_loss"] = ctc_loss / max(1, sum(map(len, transcripts)))
        weight = outputs.pop("weight").reshape(1)
        # Copies, because the trainer divides the loss in place.
        stats = {name: value.detach().clone().reshape(1) for name, value in outputs.items()}
        if self.training:
            stats["explicit_probability"] = speech.new_tensor([self._probability()])
            self.batches.add_(1)
        return outputs["loss"].reshape(1), stats, weight

    def choose_mode(self) -> str:
        """The same in all processes of a training, and in one that was interrupted."""
        if not self.training:
            return self.schedule.final_mode
        if self.updates.item() < self.alignment_updates:
            return TRANSCRIPT
        draw = np.random.default_rng((self.seed, self.batches.item())).random()
        return "explicit" if draw < self._probability() else "implicit"

    def _probability(self) -> float:
        return self.schedule.probability(self.updates.item())

    def to(self, *args, dtype=None, **kwargs):
        """Moves the model. Each part keeps the dtype that it is configured with, whatever the trainer asks of all."""
        return super().to(*args, **kwargs)

    def collect_feats(self, speech, speech_lengths, **_):
        """Whisper's hidden states of the chosen layers side by side, (B, T, L * D), to be standardised."""
        self.eval()  # the trainer, which collects before it trains, does not ask for it
        states, lengths = self.model.whisper(speech, speech_lengths)
        return {"states": states.flatten(2).float(), "states_lengths": lengths}

    def state_dict(self, *args, **kwargs):
        """Leaves out what is pretrained and frozen: a checkpoint holds what was trained."""
        own = {PREFIX + key: value for key, value in self.model.trainable_state_dict().items()}
        head = {} if self.ctc is None else self.ctc.state_dict(prefix=_CTC_PREFIX)
        return {**own, **head, "updates": self.updates, "batches": self.batches}

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Counterpart of `state_dict`."""
        self.model.load_trainable_state_dict(weights_below(PREFIX, state_dict), "checkpoint")
        if self.ctc is not None:
            self.ctc.load_state_dict(weights_below(_CTC_PREFIX, state_dict))
        self.updates.copy_(state_dict["updates"])
        self.batches.copy_(state_dict["batches"])


def _answers(targets: dict[str, torch.Tensor], mode: str) -> Answers:
    """The answers of a batch in one mode, without padding."""
    lengths = targets[f"{mode}_lengths"].tolist()
    tokens, parts = (
        [row[:length] for row, length in zip(targets[name], lengths, strict=True)] for name in (mode, f"{mode}_parts")
    )
    return Answers(mode, tokens, parts, targets.get(f"{mode}_choices"))


class AnswerTokens:
    """Preprocessor that turns target texts into tokens and marks what each of them tells.

    Args:
        llm: whose tokenizer is used.
        emotions: the label set.
        choices: also find the tokens that the emotion could begin with, for distillation.
    """

    def __init__(self, llm: str, emotions: list[str], *, choices: bool):
        self.tokenizer = load_tokenizer(llm)
        self.emotions = emotions
        self.choices = choices

    def __call__(self, utt: str, data: dict) -> dict[str, np.ndarray]:
        for mode in MODES:
            text = data[mode]
            try:
                tokens, parts = encode_answer(self.tokenizer, text, emotions=self.emotions)
            except InputError as error:
                raise InputError(f"utterance '{utt}': {error}") from None
            data[mode], data[f"{mode}_parts"] = tokens, parts.astype(np.int64)
            if self.choices:
                data[f"{mode}_choices"] = emotion_choices(self.tokenizer, text, emotions=self.emotions)
        return data


class ALMTask(InterruptibleTask):
    """``alm_train``: speech, acoustic tokens and target texts in; an audio language model out."""

    trainer = SelectingTrainer
    tables = (
        (WAV_SCP, "speech", "sound"),
        (EMOTION2VEC_SCP, "acoustic", "kaldi_ark"),
        (EXPLICIT, "explicit", "text"),
        (IMPLICIT, "implicit", "text"),
    )
    annotations = {
        **{field.name: field.type for field in fields(ALMConfig)},
        "limits": Annotated[dict, KeywordsOf(UtteranceLimits)],
    }

    @classmethod
    def add_task_arguments(cls, parser: argparse.ArgumentParser) -> None:
        group = parser.add_argument_group(description="Audio language model")
        group.add_argument("--emotions", type=str_or_none, help="the label set, one name per line")
        add_field_arguments(group, ALMConfig)
        add_selection_arguments(group)
        group.add_argument(
            "--speech_stats",
            type=str_or_none,
            help="statistics of --collect_stats that standardize features",
        )
        group.add_argument(
            "--limits",
            action=NestedDictAction,
            default={},
            help="fields of UtteranceLimits; utterances beyond one of them are left out",
        )
        group.add_argument(
            "--batch_positions",
            type=int_or_none,
            help="with batch_type numel: the most positions of the language model in a batch, over all processes. No "
            "process then gets more than its share of them and of batch_bins, counting padding",
        )
        group.add_argument(
            "--alignment_updates",
            type=int,
            default=0,
            help="updates, the first of the training, whose targets are the transcripts alone: words before reasons",
        )
        group.add_argument(
            "--ctc_weight",
            type=float,
            default=0.0,
            help="weight of the transcript's tokens by CTC on the connected frames, beside those of the answers; for "
            "language models with few tokens",
        )
        group.add_argument("--init_exp", type=str_or_none, help="experiment whose weights training starts from")
        parser.set_defaults(required=["output_dir", "emotions", "whisper", "llm"])

    @classmethod
    def check_required_command_args(cls, args: argparse.Namespace) -> None:
        """Checks the options, after those that are not given are taken from ``init_exp``."""
        if args.init_exp:
            inherit_architecture(args, args.init_exp)
        super().check_required_command_args(args)

    @classmethod
    def prepare(cls, args: argparse.Namespace) -> None:
        for name in ("whisper", "llm"):  # an experiment is usable from any folder
            if isinstance(getattr(args, name), str) and Path(getattr(args, name)).is_dir():
                setattr(args, name, str(Path(getattr(args, name)).resolve()))
        check_selection(args)
        _check_words_first(args)
        note_encoder(args, "acoustic")
        leave_out_unlabelled(args, MODES)
        apply_limits(args, MODES)

    @classmethod
    def build_collate_fn(cls, args: argparse.Namespace, train: bool) -> Callable:
        return CommonCollateFn(float_pad_value=0.0, int_pad_value=0, not_sequence=["acoustic", *_CHOICES])

    @classmethod
    def build_preprocess_fn(cls, args: argparse.Namespace, train: bool) -> Callable:
        return AnswerTokens(args.llm, read_emotions(args.emotions), choices=train and args.distillation_weight > 0)

    @classmethod
    def required_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        return ("speech", "acoustic", *MODES)

    @classmethod
    def optional_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        return ()

    @classmethod
    def build_sequence_iter_factory(
        cls, args: argparse.Namespace, iter_options: IteratorOptions, mode: str
    ) -> SequenceIterFactory:
        """As ESPnet does, but with ``batch_positions`` a batch is also limited in positions of the language model."""
        if args.batch_positions is None or mode == "plot_att":
            return super().build_sequence_iter_factory(args, iter_options, mode)
        if iter_options.batch_type != "numel":
            raise InputError(f"batch_type is {iter_options.batch_type}; batch_positions goes with numel alone")
        rank, world_size = 0, 1
        if iter_options.distributed:
            rank, world_size = torch.distributed.get_rank(), torch.distributed.get_world_size()
        positions = read_table(positions_table(args, mode))
        shapes = lines_by_key(iter_options.shape_files[0])
        sizes = {utt: (int(shape.partition(",")[0]), int(positions[utt])) for _, utt, shape in shapes}
        limits = (iter_options.batch_bins, args.batch_positions)
        sampler = PaddedBatchSampler(sizes, limits, rank=rank, world_size=world_size)
        logger.info("[%s] %d utterances in %d batches, over %d processes", mode, len(sizes), len(sampler), world_size)
        return SequenceIterFactory(
            dataset=cls.build_dataset(args, iter_options, set(itertools.chain(*sampler))),
            batches=sampler,
            seed=args.seed,
            num_iters_per_epoch=iter_options.num_iters_per_epoch,
            shuffle=iter_options.train,
            num_workers=args.num_workers,
            collate_fn=iter_options.collate_fn,
            pin_memory=args.ngpu > 0,
        )

    @classmethod
    def build_model(cls, args: argparse.Namespace) -> ESPnetALM:
        width = cls._acoustic_width(args)
        if args.acoustic_width is None:
            args.acoustic_width = width
        if args.acoustic_width != width:
            source = f"{args.init_exp} was trained" if args.init_exp else "acoustic_width asks for training"
            raise InputError(f"the data has tokens of width {width}; {source} on tokens of width {args.acoustic_width}")
        if args.lora_conf and not has_weights(args.llm):
            logger.warning("llm '%s' has no weights, so LoRA adapts random ones; is its download whole?", args.llm)
        model = C2SERModel(ALMConfig.from_mapping(vars(args), args.config))
        if args.speech_stats:
            model.connector.mix.set_statistics(*read_statistics(args.speech_stats, model.connector.mix.mean.shape))
        if args.init_exp:
            model.load_trainable_state_dict(initial_weights(args.init_exp), args.init_exp)
            logger.info("Starting from %s", args.init_exp)
        return ESPnetALM(
            model,
            phase_schedule(args),
            seed=args.seed,
            alignment_updates=args.alignment_updates,
            ctc_weight=args.ctc_weight,
        )

    @classmethod
    def build_optimizers(cls, args: argparse.Namespace, model: ESPnetALM) -> list[torch.optim.Optimizer]:
        optimizers = super().build_optimizers(args, model)
        if uses_deepspeed(args):
            adapt_to_deepspeed(model, args)
            cls.trainer = Trainer  # the only one that ESPnet exchanges for its DeepSpeed trainer
        else:
            optimizers[0].register_step_post_hook(lambda *_: model.updates.add_(1))
        return optimizers

    @staticmethod
    def _acoustic_width(args: argparse.Namespace) -> int:
        """The width of the first utterance's acoustic tokens."""
        scp = next(path for path, name, _ in args.train_data_path_and_name_and_type if name == "acoustic")
        _, _, location = next(table_lines(scp))
        return read_feature(location).shape[1]


def _check_words_first(args: argparse.Namespace) -> None:
    """Refuses an alignment that leaves no updates for answers, such as one that a second phase takes from its base."""
    for name in ("alignment_updates", "ctc_weight"):
        if getattr(args, name) < 0:
            raise InputError(f"{name}: {getattr(args, name)} is below 0")
    if not args.alignment_updates or args.num_iters_per_epoch is None:
        return
    updates = phase_updates(args)
    if args.alignment_updates >= updates:
        raise InputError(
            f"alignment_updates: {args.alignment_updates} of the training's {updates} leave none for answers; lower "
            "it, to 0 in a second phase"
        )


def read_statistics(path: str | Path, shape: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Reads the sums that ``--collect_stats`` leaves: mean and standard deviation of ``shape`` (L, D).

    Raises:
        InputError: they are of other layers.
    """
    with np.load(path) as stats:
        mean = stats["sum"] / stats["count"]
        deviation = np.sqrt(np.maximum(stats["sum_square"] / stats["count"] - mean**2, 0.0))
    if mean.size != np.prod(shape):
        raise InputError(f"{path}: of {mean.size} features, not {shape[0]} layers x {shape[1]}; collect them again")
    return tuple(torch.from_numpy(value).float().view(shape) for value in (mean, deviation))
