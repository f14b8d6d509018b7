"""Fine-tuning of a speech encoder with a classification head, with ESPnet's trainer."""

import argparse
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from espnet2.iterators.abs_iter_factory import AbsIterFactory
from espnet2.tasks.abs_task import IteratorOptions, optim_classes
from espnet2.train.abs_espnet_model import AbsESPnetModel
from espnet2.train.collate_fn import CommonCollateFn
from espnet2.train.reporter import SubReporter
from espnet2.train.trainer import Trainer
from espnet2.utils.types import str2bool, str_or_none
from torch import Tensor

from c2ser.annotations import convert
from c2ser.compatibility import cpu_has_bfloat16
from c2ser.data.names import UTT2EMO, WAV_SCP
from c2ser.data.tables import lines_by_key, table_lines
from c2ser.emotions import read_emotions
from c2ser.errors import InputError
from c2ser.finetuning.classifier import SpeechClassifier
from c2ser.finetuning.config import ClassifierConfig
from c2ser.finetuning.optimization import parameter_groups
from c2ser.settings import SettingsError, build_from_mapping
from c2ser.tasks.corpus_mix import padded_batches
from c2ser.tasks.datasets import AUDIO
from c2ser.tasks.labelled import leave_out_unlabelled
from c2ser.tasks.lengths import check_lengths
from c2ser.tasks.options import add_field_arguments
from c2ser.tasks.passes import add_passes_argument, lengthen
from c2ser.tasks.processes import own_process
from c2ser.tasks.selection import warn_of_ends
from c2ser.tasks.sequential import reads_sequentially, sequential_factory
from c2ser.tasks.task import InterruptibleTask
from c2ser.tasks.trainer import InterruptibleOptions, InterruptibleTrainer
from c2ser.tasks.votes import read_shares

logger = logging.getLogger(__name__)

LABELS, VOTES = "labels", "votes"


class EmotionTargets:
    """Preprocessor that turns an utterance's label into its class and the distribution that is learned.

    Args:
        emotions: the label set.
        votes: utterance -> share of each emotion in the listeners' votes, which is learned instead of the label.
    """

    def __init__(self, emotions: Sequence[str], votes: Mapping[str, Sequence[float]]):
        self.emotions, self.votes = list(emotions), votes

    def __call__(self, utt: str, data: dict) -> dict[str, np.ndarray]:
        emotion = self.emotions.index(data["emotion"])
        label = [float(place == emotion) for place in range(len(self.emotions))]
        target = np.array(self.votes.get(utt, label), np.float32)
        return {**data, "emotion": np.array([emotion]), "target": target}


class ESPnetClassifier(AbsESPnetModel):
    """What ESPnet's trainer asks of a model, around `SpeechClassifier`.

    Args:
        model: to be trained.
        class_weights: (C,) of the emotions in the loss.
        cpu_bfloat16: compute matrix products on a CPU in bfloat16, where it has instructions for it.
    """

    def __init__(self, model: SpeechClassifier, class_weights: Tensor, *, cpu_bfloat16: bool = False):
        super().__init__()
        self.model = model
        self.cpu_bfloat16 = cpu_bfloat16 and cpu_has_bfloat16()
        self.register_buffer("class_weights", class_weights, persistent=False)
        classes = len(model.emotions)
        self.register_buffer("confusion", torch.zeros(classes, classes), persistent=False)  # label, found: validation

    def forward(self, speech, speech_lengths, emotion, target, **_):
        """Returns loss, statistics and weight of a batch, each of one dimension for ESPnet's distributed averaging."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.cpu_bfloat16):
            logits = self.model(speech, speech_lengths)
        loss = F.cross_entropy(logits.float(), target, weight=self.class_weights)
        labels, found = emotion.squeeze(1), logits.argmax(1)
        if not self.training:
            self.confusion.index_put_((labels, found), torch.ones_like(found, dtype=torch.float), accumulate=True)
        accuracy = (labels == found).float().mean().reshape(1)
        weight = loss.new_tensor([len(speech)])
        return loss.reshape(1), {"loss": loss.detach().clone().reshape(1), "accuracy": accuracy}, weight

    def collect_feats(self, **_):
        """Nothing is standardized: encoders normalise waveforms by themselves."""
        return {}


class ValidatingTrainer(Trainer):
    """ESPnet's trainer, which after each validation also reports UA, WA and macro F1 of the whole set."""

    @classmethod
    @torch.no_grad()
    def validate_one_epoch(cls, model, *, reporter: SubReporter, **others) -> None:
        confusion = getattr(model, "module", model).confusion
        confusion.zero_()
        super().validate_one_epoch(model=model, reporter=reporter, **others)
        if torch.distributed.is_initialized():
            torch.distributed.all_reduce(confusion)
        reporter.register(confusion_figures(confusion))
        reporter.next()


class FinetuningTrainer(InterruptibleTrainer, ValidatingTrainer):
    """`InterruptibleTrainer`, which saves an epoch after its figures; warns of a best epoch at either end."""

    @classmethod
    def run(cls, trainer_options: InterruptibleOptions, distributed_option, **parts) -> None:
        super().run(trainer_options=trainer_options, distributed_option=distributed_option, **parts)
        if distributed_option.dist_rank in (None, 0):
            for phase, name, _ in trainer_options.best_model_criterion:
                warn_of_ends(trainer_options.output_dir, f"{phase}.{name}", first=1)


def confusion_figures(confusion: Tensor) -> dict[str, float]:
    """Returns UA, WA and macro F1, over the emotions that some utterance has.

    Args:
        confusion: utterances of each emotion (rows) in which each emotion was found (columns), (C, C).

    Example:
        >>> confusion_figures(torch.tensor([[3.0, 1.0], [0.0, 2.0]]))["ua"]
        0.875
    """
    right, labelled, found = confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    there = labelled > 0
    recall, f1 = (right / labelled)[there], (2 * right / (labelled + found))[there]
    figures = {"ua": recall.mean(), "wa": right.sum() / labelled.sum(), "macro_f1": f1.mean()}
    return {name: value.item() for name, value in figures.items()}


class FinetuningTask(InterruptibleTask):
    """``finetune``: labelled speech in, an encoder with a classification head out."""

    trainer = FinetuningTrainer
    tables = ((WAV_SCP, "speech", AUDIO), (UTT2EMO, "emotion", "text"))
    annotations = {field.name: field.type for field in fields(ClassifierConfig)}

    @classmethod
    def add_task_arguments(cls, parser: argparse.ArgumentParser) -> None:
        group = parser.add_argument_group(description="Speech encoder with a classification head")
        group.add_argument("--emotions", type=str_or_none, help="the label set, one name per line")
        add_field_arguments(group, ClassifierConfig)
        group.add_argument(
            "--class_weights",
            type=str2bool,
            default=True,
            help="weigh each emotion in the loss by the inverse of its share of the training set",
        )
        group.add_argument(
            "--targets",
            choices=(LABELS, VOTES),
            default=LABELS,
            help="what is learned: utt2emo, or the shares of the listeners' votes in utt2votes, where there are some",
        )
        for part in ("train", "valid"):
            group.add_argument(f"--{part}_utt2votes", type=str_or_none, help=f"listeners' votes of {part}")
        group.add_argument(
            "--head_factor", type=float, default=10.0, help="learning rate of the head, as a multiple of optim_conf's"
        )
        group.add_argument(
            "--layer_decay",
            type=float,
            default=1.0,
            help="learning rate of each block of the encoder as a multiple of that of the block above it",
        )
        group.add_argument(
            "--cpu_bfloat16",
            type=str2bool,
            default=False,
            help="compute matrix products in bfloat16 on a CPU that has instructions for it; nothing changes elsewhere",
        )
        add_passes_argument(group)
        parser.set_defaults(required=["output_dir", "emotions", "encoder"])

    @classmethod
    def prepare(cls, args: argparse.Namespace) -> None:
        if Path(args.encoder).exists():  # an experiment tells what it was made of from any folder
            args.encoder = str(Path(args.encoder).resolve())
        check_lengths([*args.train_shape_file, *args.valid_shape_file])
        emotions = read_emotions(args.emotions)
        for part in ("train", "valid"):
            _check_labels(_labels_of(args, part), emotions)
        leave_out_unlabelled(args, ["emotion"], remedy="label them, or give another set")
        if args.targets == VOTES and not read_shares(args.train_utt2votes, emotions):
            raise InputError(f"{args.train_utt2votes}: no votes for the label set; train on labels (--targets labels)")
        lengthen(args, {args.train_shape_file[0]: args.batch_bins})

    @classmethod
    def build_collate_fn(cls, args: argparse.Namespace, train: bool) -> Callable:
        return CommonCollateFn(float_pad_value=0.0, int_pad_value=0, not_sequence=["emotion", "target"])

    @classmethod
    def build_preprocess_fn(cls, args: argparse.Namespace, train: bool) -> EmotionTargets:
        emotions, votes = read_emotions(args.emotions), {}
        if args.targets == VOTES:
            votes = read_shares(args.train_utt2votes if train else args.valid_utt2votes, emotions)
        return EmotionTargets(emotions, votes)

    @classmethod
    def required_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        return ("speech", "emotion")

    @classmethod
    def optional_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        return ()

    @classmethod
    def build_sequence_iter_factory(
        cls, args: argparse.Namespace, iter_options: IteratorOptions, mode: str
    ) -> AbsIterFactory:
        """As ESPnet does, but with a shuffle buffer training batches are made of what it holds."""
        if not reads_sequentially(args, mode):
            return super().build_sequence_iter_factory(args, iter_options, mode)
        processes = own_process(iter_options.distributed)
        sizes = {utt: (int(shape.partition(",")[0]),) for _, utt, shape in lines_by_key(iter_options.shape_files[0])}
        return sequential_factory(
            args,
            iter_options,
            dataset=cls.build_dataset(args, iter_options, set(sizes)),
            make_batches=padded_batches(sizes, (iter_options.batch_bins,), world_size=processes["world_size"]),
            processes=processes,
        )

    @classmethod
    def build_model(cls, args: argparse.Namespace) -> ESPnetClassifier:
        emotions = read_emotions(args.emotions)
        own = {field.name: getattr(args, field.name) for field in fields(ClassifierConfig)}
        config = build_from_mapping(ClassifierConfig, own, name="", file=args.config)
        model = SpeechClassifier.from_config(config, emotions)
        model.save_configuration(args.output_dir)
        trained = sum(own.numel() for own in model.parameters() if own.requires_grad)
        logger.info("%s: %.2f M of %.2f M parameters are trained", config.encoder, *_millions(trained, model))
        weights = torch.ones(len(emotions))
        if args.class_weights:
            weights = class_weights(_labels_of(args, "train"), args.train_shape_file[0], emotions=emotions)
        return ESPnetClassifier(model, weights, cpu_bfloat16=args.cpu_bfloat16 and not args.ngpu)

    @classmethod
    def build_optimizers(cls, args: argparse.Namespace, model: ESPnetClassifier) -> list[torch.optim.Optimizer]:
        """Learning rates differ between parts of the model; those of ``onecyclelr`` keep their proportions."""
        conf, faults = dict(args.optim_conf), []
        lr = convert(conf.pop("lr", None), float, name="optim_conf.lr", faults=faults)
        if faults:
            raise SettingsError(faults)
        factors = {"head_factor": args.head_factor, "layer_decay": args.layer_decay}
        groups = parameter_groups(model.model, lr, weight_decay=conf.pop("weight_decay", 0.0), **factors)
        if args.scheduler == "onecyclelr" and not isinstance(args.scheduler_conf.get("max_lr"), list):
            highest = args.scheduler_conf["max_lr"]
            args.scheduler_conf["max_lr"] = [highest * group["lr"] / lr for group in groups]
        return [optim_classes[args.optim](groups, lr=lr, **conf)]


def class_weights(utt2emo: str | Path, shapes: str | Path, *, emotions: Sequence[str]) -> Tensor:
    """Returns weights of emotions that are inverse to their numbers of utterances, and 1 in the mean over utterances.

    Args:
        utt2emo: labels.
        shapes: table of the utterances that count, all of which have a label.
        emotions: the label set; one without utterances has weight 0.
    """
    chosen = {utt for _, utt, _ in lines_by_key(shapes)}
    counts = torch.zeros(len(emotions))
    for _, utt, emotion in table_lines(utt2emo):
        if utt in chosen:
            counts[emotions.index(emotion)] += 1
    there = counts > 0
    return torch.where(there, counts.sum() / (counts.clamp(min=1) * there.sum()), 0.0)


def _labels_of(args: argparse.Namespace, part: str) -> str:
    data = getattr(args, f"{part}_data_path_and_name_and_type")
    return next(path for path, name, _ in data if name == "emotion")


def _check_labels(utt2emo: str, emotions: Sequence[str]) -> None:
    for number, utt, emotion in table_lines(utt2emo):
        if emotion not in emotions:
            known = ", ".join(emotions)
            raise InputError(f"{utt2emo}:{number}: '{utt}': '{emotion}' is not in the label set, {known}")


def _millions(trained: int, model: SpeechClassifier) -> tuple[float, float]:
    return trained / 1e6, sum(own.numel() for own in model.parameters()) / 1e6
