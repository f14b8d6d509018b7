"""Training of the audio language model with ESPnet's trainer: explicit CoT, then self-distillation."""

import argparse
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from espnet2.iterators.abs_iter_factory import AbsIterFactory
from espnet2.iterators.sequence_iter_factory import SequenceIterFactory
from espnet2.tasks.abs_task import IteratorOptions
from espnet2.train.collate_fn import CommonCollateFn
from espnet2.train.trainer import Trainer
from espnet2.utils.nested_dict_action import NestedDictAction
from espnet2.utils.types import int_or_none, str2bool, str_or_none

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.alm.answers import emotion_choices, encode_answer, level_choices
from c2ser.alm.classifiers import rationale_classes
from c2ser.alm.config import ALMConfig
from c2ser.alm.losses import LevelTargets
from c2ser.alm.model import C2SERModel
from c2ser.annotations import KeywordsOf
from c2ser.data.features import read_feature
from c2ser.data.names import EMOTION2VEC_SCP, EXPLICIT, IMPLICIT, WAV_SCP
from c2ser.data.tables import lines_by_key, read_table, table_lines
from c2ser.emotions import read_emotions
from c2ser.encoders.cache import StatesCache
from c2ser.errors import InputError
from c2ser.languages import read_emotion
from c2ser.lm.loading import has_weights, load_tokenizer
from c2ser.tasks.alm_model import ESPnetALM
from c2ser.tasks.corpus_mix import add_mix_arguments, mixed_sampler, mixes_corpora, padded_batches
from c2ser.tasks.datasets import AUDIO
from c2ser.tasks.deepspeed import adapt_to_deepspeed, uses_deepspeed
from c2ser.tasks.features import note_encoder
from c2ser.tasks.initialization import inherit_architecture, initial_weights
from c2ser.tasks.labelled import leave_out_unlabelled
from c2ser.tasks.limits import UtteranceLimits, apply_limits, positions_table
from c2ser.tasks.options import add_field_arguments
from c2ser.tasks.padded_batches import PaddedBatchSampler
from c2ser.tasks.passes import add_passes_argument, lengthen
from c2ser.tasks.processes import own_process
from c2ser.tasks.selection import (
    SelectingTrainer,
    add_selection_arguments,
    check_selection,
    phase_schedule,
    phase_updates,
)
from c2ser.tasks.sequential import reads_sequentially, sequential_factory
from c2ser.tasks.task import InterruptibleTask
from c2ser.tasks.votes import check_votes, read_shares

logger = logging.getLogger(__name__)

MODES = ("explicit", "implicit")
_LEVELS = [f"level_{field}" for field in LevelTargets._fields]
_NOT_SEQUENCES = ["acoustic", "classes", "emotion_shares", *(f"{mode}_choices" for mode in MODES), *_LEVELS]


class AnswerTokens:
    """Preprocessor that turns target texts into tokens and marks what each of them tells.

    Args:
        llm: whose tokenizer is used.
        emotions: the label set.
        choices: also find the tokens that the emotion could begin with, for distillation and shares.
        classes: also read the classes that `PooledClassifiers` learns.
        shares: also find what share of the target each emotion is: all for the label's, where nobody voted. With
            ``classes``, the same of levels, and which token each of them would be.
        votes: utterance -> share of each emotion in the listeners' votes.
        votes_weight: share of the votes in the target, from 0 to 1; the rest is the label's.
    """

    def __init__(
        self,
        llm: str,
        emotions: list[str],
        *,
        choices: bool,
        classes: bool,
        shares: bool = False,
        votes: Mapping[str, Sequence[float]] | None = None,
        votes_weight: float = 0.0,
    ):
        self.tokenizer = load_tokenizer(llm)
        self.emotions = emotions
        self.choices = choices
        self.classes = classes
        self.shares = shares
        self.votes = votes or {}
        self.votes_weight = votes_weight

    def __call__(self, utt: str, data: dict) -> dict[str, np.ndarray]:
        if self.shares:
            data["emotion_shares"] = self._emotion_shares(utt, read_emotion(data["implicit"], self.emotions))
        if self.classes:
            data["classes"] = rationale_classes(data["explicit"])
            if self.shares:
                data |= self._level_targets(data["explicit"], data["classes"][: len(ATTRIBUTES)])
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

    def _level_targets(self, explicit: str, levels: np.ndarray) -> dict[str, np.ndarray]:
        """Fields of `LevelTargets`, of one utterance."""
        places, choices = level_choices(self.tokenizer, explicit, emotions=self.emotions)
        shares = (levels[:, None] == np.arange(len(LEVELS))).astype(np.float32)
        return dict(zip(_LEVELS, (places, choices, shares), strict=True))

    def _emotion_shares(self, utt: str, label: str) -> np.ndarray:
        """The share of each emotion of the label set in the target (L,)."""
        own = np.array([float(emotion == label) for emotion in self.emotions], np.float32)
        votes = np.array(self.votes.get(utt, own), np.float32)
        return own + self.votes_weight * (votes - own)


class ALMTask(InterruptibleTask):
    """``alm_train``: speech, acoustic tokens and target texts in; an audio language model out."""

    trainer = SelectingTrainer
    tables = (
        (WAV_SCP, "speech", AUDIO),
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
        group.add_argument(
            "--corpus_emotions",
            type=str_or_none,
            help="label sets of corpora, one '<corpus> <emotion> ...' per line, within which dev utterances are "
            "answered (valid_utt2corpus)",
        )
        group.add_argument("--valid_utt2corpus", type=str_or_none, help="the corpus of each validation utterance")
        add_field_arguments(group, ALMConfig)
        add_selection_arguments(group)
        add_passes_argument(group)
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
        group.add_argument(
            "--pooled_weight",
            type=float,
            default=0.0,
            help="weight of the levels and the emotion by linear classifiers of Whisper's pooled features, beside "
            "those of the answers; see pooled in connector_conf",
        )
        group.add_argument(
            "--cpu_bfloat16",
            type=str2bool,
            default=False,
            help="compute matrix products in bfloat16 on a CPU that has instructions for it: faster; on others, and on "
            "a GPU, nothing changes",
        )
        group.add_argument(
            "--states_cache",
            type=float,
            default=0.0,
            help="GiB of each process's memory for Whisper's states of utterances, which are then computed once and "
            "not in each epoch; for a Whisper that is frozen and without augmentation",
        )
        for part in ("train", "valid"):
            group.add_argument(
                f"--{part}_utt2votes", type=str_or_none, help=f"listeners' votes of {part}, for votes_weight"
            )
        add_mix_arguments(group)
        group.add_argument("--init_exp", type=str_or_none, help="experiment whose weights training starts from")
        group.add_argument(
            "--emotion2vec_exp",
            type=str_or_none,
            help="the Emotion2Vec-S that the acoustic features are of; those of another one are refused",
        )
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
        check_auxiliary(args)
        note_encoder(args, "acoustic")
        leave_out_unlabelled(args, MODES)
        apply_limits(args, MODES)
        if args.votes_weight:
            check_votes(args)
        limits = {args.train_shape_file[0]: args.batch_bins}
        if args.batch_positions is not None:
            limits[positions_table(args, "train")] = args.batch_positions
        lengthen(args, limits)

    @classmethod
    def build_collate_fn(cls, args: argparse.Namespace, train: bool) -> Callable:
        return CommonCollateFn(float_pad_value=0.0, int_pad_value=0, not_sequence=_NOT_SEQUENCES)

    @classmethod
    def build_preprocess_fn(cls, args: argparse.Namespace, train: bool) -> Callable:
        emotions, votes = read_emotions(args.emotions), None
        if args.votes_weight:
            votes = read_shares(args.train_utt2votes if train else args.valid_utt2votes, emotions)
        shares = votes is not None or (train and args.connector_conf.get("pooled_mixup", 0) > 0)
        return AnswerTokens(
            args.llm,
            emotions,
            choices=shares or (train and args.distillation_weight > 0),
            classes=args.pooled_weight > 0,
            shares=shares,
            votes=votes,
            votes_weight=args.votes_weight,
        )

    @classmethod
    def required_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        return ("speech", "acoustic", *MODES)

    @classmethod
    def optional_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        return ()

    @classmethod
    def build_sequence_iter_factory(
        cls, args: argparse.Namespace, iter_options: IteratorOptions, mode: str
    ) -> AbsIterFactory:
        """As ESPnet does, but with ``batch_positions`` a batch is also limited in positions of the language model.

        With weights of corpora, or a shuffle buffer, each process has its share of the limits, too.
        """
        mixes, sequential = mode == "train" and mixes_corpora(args), reads_sequentially(args, mode)
        if mode == "plot_att" or args.batch_positions is None and not mixes and not sequential:
            return super().build_sequence_iter_factory(args, iter_options, mode)
        if iter_options.batch_type != "numel":
            raise InputError(
                f"batch_type is {iter_options.batch_type}; batch_positions and weights of corpora go with numel alone"
            )
        processes = own_process(iter_options.distributed)
        sizes, limits = _sizes_and_limits(args, iter_options, mode)
        batches = padded_batches(sizes, limits, world_size=processes["world_size"])
        if sequential:
            dataset = cls.build_dataset(args, iter_options, set(sizes))
            return sequential_factory(args, iter_options, dataset=dataset, make_batches=batches, processes=processes)
        if mixes:
            sampler = mixed_sampler(args, list(sizes), make_batches=batches, **processes)
        else:
            sampler = PaddedBatchSampler(sizes, limits, **processes)
        logger.info(
            "[%s] %d utterances in %d batches, over %d processes",
            mode,
            len(sizes),
            len(sampler),
            processes["world_size"],
        )
        return SequenceIterFactory(
            dataset=cls.build_dataset(args, iter_options, set(sizes) if mixes else set(chain(*sampler))),
            batches=sampler,
            seed=args.seed,
            num_iters_per_epoch=iter_options.num_iters_per_epoch,
            shuffle=iter_options.train and not mixes,  # mixed batches are in an order that is drawn already
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
            pooled_weight=args.pooled_weight,
            cpu_bfloat16=args.cpu_bfloat16 and not args.ngpu,
            states_cache=StatesCache(model.whisper, int(args.states_cache * 2**30)) if args.states_cache else None,
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


def check_auxiliary(args: argparse.Namespace) -> None:
    """Refuses auxiliary losses that find nothing to learn from, and an alignment that leaves no updates for answers.

    Args:
        args: options of `ALMTask`.

    Raises:
        InputError: one of them is refused.
    """
    for name in ("alignment_updates", "ctc_weight", "pooled_weight", "states_cache"):
        if getattr(args, name) < 0:
            raise InputError(f"{name}: {getattr(args, name)} is below 0")
    if args.ctc_weight and "semantic" not in args.perception:
        raise InputError("ctc_weight: there are no frames without 'semantic' in perception; set it to 0")
    if args.ctc_weight and args.connector_conf.get("queries"):
        raise InputError("ctc_weight: there are no frames where queries of connector_conf read them; set it to 0")
    pooled = "semantic" in args.perception and args.connector_conf.get("pooled")
    if args.pooled_weight and not pooled:
        raise InputError(
            "pooled_weight: there are no pooled tokens without 'semantic' in perception and pooled: true in "
            "connector_conf; set it to 0"
        )
    if pooled and "connector" in args.trained and not args.pooled_weight:
        raise InputError(
            "connector_conf: pooled learns by pooled_weight alone; give it a weight, or set pooled to false"
        )
    changes = "whisper" in args.trained or {"spec_augment", "time_substitution"} & args.whisper_conf.keys()
    if args.states_cache and changes:
        raise InputError("states_cache: with augmentation, or a Whisper that trains, its states change; set it to 0")
    if not args.alignment_updates or args.num_iters_per_epoch is None:
        return
    updates = phase_updates(args)
    if args.alignment_updates >= updates:
        raise InputError(
            f"alignment_updates: {args.alignment_updates} of the training's {updates} leave none for answers; lower "
            "it, to 0 in a second phase"
        )


def _sizes_and_limits(args: argparse.Namespace, iter_options: IteratorOptions, mode: str) -> tuple[dict, tuple]:
    """Samples of each utterance and of a batch; with ``batch_positions`` positions, too."""
    shapes = lines_by_key(iter_options.shape_files[0])
    samples = {utt: int(shape.partition(",")[0]) for _, utt, shape in shapes}
    if args.batch_positions is None:
        return {utt: (number,) for utt, number in samples.items()}, (iter_options.batch_bins,)
    positions = read_table(positions_table(args, mode))
    sizes = {utt: (number, int(positions[utt])) for utt, number in samples.items()}
    return sizes, (iter_options.batch_bins, args.batch_positions)


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
