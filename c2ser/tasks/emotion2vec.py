"""Pre-training of Emotion2Vec-S with ESPnet's trainer."""

import argparse
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated

import numpy as np
import torch
from espnet2.iterators.abs_iter_factory import AbsIterFactory
from espnet2.iterators.sequence_iter_factory import SequenceIterFactory
from espnet2.tasks.abs_task import IteratorOptions
from espnet2.train.abs_espnet_model import AbsESPnetModel
from espnet2.train.collate_fn import CommonCollateFn
from espnet2.utils.nested_dict_action import NestedDictAction
from espnet2.utils.types import int_or_none, str_or_none

from c2ser.annotations import KeywordsOf
from c2ser.checkpoints.weights import load_weights
from c2ser.data.names import WAV_SCP
from c2ser.data.tables import read_table
from c2ser.emotion2vec.encoder import Emotion2VecConfig
from c2ser.emotion2vec.losses import UNLABELLED
from c2ser.emotion2vec.model import Emotion2Vec, encoder_config
from c2ser.emotion2vec.pretraining import Emotion2VecPretraining, PretrainingConfig
from c2ser.emotions import read_emotions
from c2ser.errors import InputError
from c2ser.settings import build_from_mapping
from c2ser.tasks.batches import EmotionBatchSampler
from c2ser.tasks.corpus_mix import add_mix_arguments, mixed_sampler, mixes_corpora
from c2ser.tasks.crops import CroppedIterFactory, Crops
from c2ser.tasks.datasets import AUDIO
from c2ser.tasks.lengths import check_lengths
from c2ser.tasks.passes import add_passes_argument, lengthen
from c2ser.tasks.processes import own_process
from c2ser.tasks.sequential import reads_sequentially, sequential_factory
from c2ser.tasks.task import InterruptibleTask
from c2ser.tasks.votes import category_labels, check_majorities

logger = logging.getLogger(__name__)


class ESPnetEmotion2Vec(AbsESPnetModel):
    """What ESPnet's trainer asks of a model, around `Emotion2VecPretraining`."""

    def __init__(self, model: Emotion2VecPretraining):
        super().__init__()
        self.model = model

    def forward(self, speech, speech_lengths, emotion, **_):
        """Returns loss, statistics and weight of a batch, each of one dimension for ESPnet's distributed averaging."""
        outputs = self.model(speech, speech_lengths, emotion.squeeze(1))
        weight = speech.new_tensor([len(speech)])
        # Copies, because the trainer divides the loss in place.
        stats = {name: value.detach().clone().reshape(1) for name, value in outputs.items()}
        if stats["category_accuracy"].isnan():  # the same in all processes, which have to have the same statistics
            del stats["category_accuracy"]
        return outputs["loss"].reshape(1), stats, weight

    def collect_feats(self, **_):
        """Nothing is whitened: each waveform is normalised by itself."""
        return {}


class EmotionLabels:
    """Preprocessor that adds the class number ``emotion`` of an utterance, `UNLABELLED` where it has none.

    Args:
        labels: utterance -> emotion.
        emotions: the label set.
    """

    def __init__(self, labels: Mapping[str, str], emotions: list[str]):
        self.labels = {utt: emotions.index(emotion) for utt, emotion in labels.items()}

    def __call__(self, utt: str, data: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        data["emotion"] = np.array([self.labels.get(utt, UNLABELLED)])
        return data


def long_enough(lengths: dict[str, int], encoder: Emotion2VecConfig) -> dict[str, int]:
    """Leaves out utterances of less than two frames, of which none could be masked, and says how many they are.

    Raises:
        InputError: none is left.
    """
    frames = encoder.frames(torch.tensor(list(lengths.values()))).tolist()
    left = {utt: samples for (utt, samples), count in zip(lengths.items(), frames, strict=True) if count > 1}
    if not left:
        raise InputError(f"training set: none of {len(lengths)} utterances has two frames of the encoder or more")
    if len(left) < len(lengths):
        logger.warning("%d utterances of less than two frames are left out of training", len(lengths) - len(left))
    return left


class Emotion2VecTask(InterruptibleTask):
    """``emotion2vec_train``: speech and, where known, emotions in; an encoder out."""

    tables = ((WAV_SCP, "speech", AUDIO),)
    annotations = {
        "encoder_conf": Annotated[dict, KeywordsOf(Emotion2VecConfig)],
        "pretraining_conf": Annotated[dict, KeywordsOf(PretrainingConfig)],
    }

    @classmethod
    def add_task_arguments(cls, parser: argparse.ArgumentParser) -> None:
        group = parser.add_argument_group(description="Emotion2Vec-S")
        group.add_argument("--emotions", type=str_or_none, help="the label set, one name per line")
        group.add_argument("--train_utt2emo", type=str_or_none, help="labels; utterances without one are unlabelled")
        group.add_argument("--valid_utt2emo", type=str_or_none, help="the same for the validation set")
        group.add_argument(
            "--min_majority",
            type=float,
            default=0.0,
            help="leave utterances out of the category loss unless this share of the listeners, and more than for any "
            "other emotion, voted for their label; those without votes stay. 0: votes do not count",
        )
        group.add_argument("--train_utt2votes", type=str_or_none, help="listeners' votes, for min_majority")
        group.add_argument("--valid_utt2votes", type=str_or_none, help="the same for the validation set")
        group.add_argument("--encoder_conf", action=NestedDictAction, default={}, help="fields of Emotion2VecConfig")
        group.add_argument(
            "--pretraining_conf", action=NestedDictAction, default={}, help="fields of PretrainingConfig"
        )
        group.add_argument(
            "--init_encoder",
            type=str_or_none,
            help="start from this encoder: what extract_emotion2vec takes as --model",
        )
        group.add_argument(
            "--crop_samples",
            type=int_or_none,
            help="crop the utterances of a training batch to the shortest and to this length, from a random start; by "
            "default they are padded",
        )
        add_passes_argument(group)
        add_mix_arguments(group)
        # Weights of matrices and convolutions decay, as in data2vec 2.0; norms, biases and ALiBi's scales do not.
        parser.set_defaults(exclude_weight_decay=True)
        parser.set_defaults(required=["output_dir", "emotions", "train_utt2emo", "valid_utt2emo"])

    @classmethod
    def prepare(cls, args: argparse.Namespace) -> None:
        check_lengths([*args.train_shape_file, *args.valid_shape_file])
        if args.min_majority:
            check_majorities(args)
        lengthen(args, {args.train_shape_file[0]: args.batch_bins}, most=args.crop_samples or math.inf)

    @classmethod
    def build_collate_fn(cls, args: argparse.Namespace, train: bool) -> Callable:
        return CommonCollateFn(float_pad_value=0.0, int_pad_value=UNLABELLED, not_sequence=["emotion"])

    @classmethod
    def build_preprocess_fn(cls, args: argparse.Namespace, train: bool) -> Callable:
        return EmotionLabels(category_labels(args, "train" if train else "valid"), read_emotions(args.emotions))

    @classmethod
    def required_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        return ("speech",)

    @classmethod
    def optional_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        return ()

    @classmethod
    def build_sequence_iter_factory(
        cls, args: argparse.Namespace, iter_options: IteratorOptions, mode: str
    ) -> AbsIterFactory:
        """For training, batches by length and emotion; `batch_bins` of the configuration limits their samples."""
        if mode != "train":
            return super().build_sequence_iter_factory(args, iter_options, mode)
        if iter_options.batch_type != "numel":
            raise InputError(
                f"batch_type is {iter_options.batch_type}; Emotion2Vec-S knows only numel, with batch_bins"
            )
        processes = own_process(iter_options.distributed)
        lengths = cls._training_lengths(args, iter_options.shape_files[0])
        emotions = category_labels(args, "train")
        options = {"batch_samples": iter_options.batch_bins, "world_size": processes["world_size"]}

        def make_batches(utterances: Sequence[str], seed: int) -> list[list[str]]:
            return EmotionBatchSampler({utt: lengths[utt] for utt in utterances}, emotions, **options).whole(seed)

        factory, collate = SequenceIterFactory, iter_options.collate_fn
        if args.crop_samples:
            factory, collate = CroppedIterFactory, Crops(collate, args.crop_samples, seed=args.seed)
        dataset = cls.build_dataset(args, iter_options, set(lengths))
        if reads_sequentially(args, mode):
            made = {"make_batches": make_batches, "processes": processes}
            return sequential_factory(args, iter_options, dataset=dataset, collate_fn=collate, **made)
        if mixes_corpora(args):  # by their weights, beside length and emotion
            sampler = mixed_sampler(args, list(lengths), make_batches=make_batches, **processes)
        else:
            sampler = EmotionBatchSampler(lengths, emotions, rank=processes["rank"], **options)
        return factory(
            dataset=dataset,
            batches=sampler,
            seed=args.seed,
            num_iters_per_epoch=iter_options.num_iters_per_epoch,
            shuffle=not mixes_corpora(args),  # those batches are in an order that is drawn already
            num_workers=args.num_workers,
            collate_fn=collate,
            pin_memory=args.ngpu > 0,
        )

    @staticmethod
    def _training_lengths(args: argparse.Namespace, shape_file: str) -> dict[str, int]:
        """Returns the samples of each utterance that is trained on, of a crop if utterances are cropped."""
        samples = {utt: int(shape.partition(",")[0]) for utt, shape in read_table(shape_file).items()}
        if args.crop_samples:
            samples = {utt: min(length, args.crop_samples) for utt, length in samples.items()}
        return long_enough(samples, encoder_config(args.encoder_conf))

    @classmethod
    def build_model(cls, args: argparse.Namespace) -> ESPnetEmotion2Vec:
        pretraining = build_from_mapping(PretrainingConfig, args.pretraining_conf, name="pretraining_conf")
        model = Emotion2VecPretraining(encoder_config(args.encoder_conf), pretraining)
        if args.init_encoder is not None:
            load_weights(
                model.student,
                Emotion2Vec.from_pretrained(args.init_encoder).encoder.state_dict(),
                source=args.init_encoder,
            )
            model.start_teacher()
        return ESPnetEmotion2Vec(model)

    @classmethod
    def build_optimizers(cls, args: argparse.Namespace, model: ESPnetEmotion2Vec) -> list[torch.optim.Optimizer]:
        optimizers = super().build_optimizers(args, model)
        optimizers[0].register_step_post_hook(lambda *_: model.model.update_teacher())
        optimizers[0].register_load_state_dict_pre_hook(partial(_check_groups, args.output_dir))
        return optimizers


def _check_groups(folder: str, optimizer: torch.optim.Optimizer, state: dict) -> None:
    """Refuses to resume a training whose weight decay applied to other parameters."""
    if len(state["param_groups"]) != len(optimizer.param_groups):
        raise InputError(
            f"{folder}: trained with another exclude_weight_decay, which is true by default; resume it with "
            "--exclude_weight_decay false, or start anew with another tag"
        )
