"""Dev utterances that a training's model answers after each epoch, as inference would answer them."""

import argparse
import logging
import random
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from math import ceil

import torch
from espnet2.train.dataset import ESPnetDataset

from c2ser.alm.answers import emotion_word
from c2ser.alm.model import C2SERModel
from c2ser.data.batches import length_batches, prefetch
from c2ser.data.label_sets import allowed_emotions, read_label_sets
from c2ser.data.resample import SAMPLE_RATE
from c2ser.data.tables import lines_by_key, read_table_if_there, values_of
from c2ser.emotions import read_emotions
from c2ser.errors import InputError
from c2ser.languages import read_rationale
from c2ser.systems.c2ser import MAX_NEW_TOKENS, C2SERRecognizer
from c2ser.systems.recognizer import Speech
from c2ser.tasks.answer_figures import WORST, answer_figures, ua_of
from c2ser.tasks.datasets import NamingDataset

logger = logging.getLogger(__name__)

BATCH_SECONDS = 60  # as little memory beside the optimizer as a batch of training, on a GPU and on a laptop
LONGER = 1.5  # than the longest target an answer may be; what is longer repeats itself
SHOWN = 2  # answers of each epoch in the log
_INPUTS = ("speech", "acoustic")


class DevAnswers:
    """Utterances of the validation set, drawn evenly over emotions, and what a model's answers to them are worth.

    Where the validation set has several corpora, they are drawn evenly over the emotions of each.

    Args:
        args: of an ``alm_train`` with ``answer_utterances`` above 0; all utterances of its shape files have targets.
        mode: ``explicit`` or ``implicit``.

    Raises:
        InputError: lengths of utterances are not known, a target names no emotion, or an utterance's corpus is not
            known where that of others is.

    Example:
        >>> DevAnswers(args, "implicit").figures(model, epoch=1)  # doctest: +SKIP
        {'answer_quality': 0.71, 'ua': 0.71, 'invalid_rate': 0.0}
    """

    def __init__(self, args: argparse.Namespace, mode: str):
        if not args.valid_shape_file:
            raise InputError("answer_utterances: give valid_shape_file, the lengths of utterances, or 0 utterances")
        shapes, tables = args.valid_shape_file[0], {row[1]: row for row in args.valid_data_path_and_name_and_type}
        self.mode = mode
        self.emotions = read_emotions(args.emotions)
        targets = _targets(shapes, tables[mode][0])
        emotions = {utt: _emotion(utt, text, self.emotions) for utt, text in targets}
        corpora = _corpora(args.valid_utt2corpus, emotions)
        classes = {utt: f"{corpora.get(utt, '')} {emotion}" for utt, emotion in emotions.items()}
        chosen = draw_evenly(classes, args.answer_utterances, seed=args.seed)
        self.corpora = {utt: corpus for utt, corpus in corpora.items() if utt in chosen}
        self.allowed = _allowed(args, self.emotions)
        self.targets = {utt: text for utt, text in _targets(shapes, tables[mode][0]) if utt in chosen}
        self.languages = {utt: read_rationale(text).language for utt, text in self.targets.items()}
        lengths = {utt: int(shape.partition(",")[0]) for _, utt, shape in lines_by_key(shapes) if utt in chosen}
        self.batches = list(length_batches(lengths, BATCH_SECONDS * SAMPLE_RATE))
        inputs = [tables[name] for name in _INPUTS]
        self.dataset = NamingDataset(ESPnetDataset(inputs, keys_to_load=chosen), inputs)

    def figures(self, model: C2SERModel, *, epoch: int) -> dict[str, float]:
        """Answers the utterances, those of a distributed training each in one of its processes.

        Args:
            model: to be evaluated.
            epoch: its number, for the log.

        Returns:
            The figures, the same in all processes; see `c2ser.tasks.answer_figures.answer_figures`.
        """
        begin = time.monotonic()
        answers = self.answers(model)
        figures = answer_figures(self.mode, answers, targets=self.targets, emotions=self.emotions, corpora=self.corpora)
        seconds = time.monotonic() - begin
        said = ", ".join(f"{name}={value:.3f}" for name, value in figures.items())
        logger.info("epoch %d: %d %s answers in %.1f s: %s", epoch, len(answers), self.mode, seconds, said)
        for utt, target in islice(self.targets.items(), SHOWN):
            logger.info("epoch %d: '%s': said %r, target %r", epoch, utt, answers[utt], target)
        return figures

    def worst_figures(self) -> dict[str, float]:
        """Returns the figures of a model that is not eligible, worse than any."""
        return WORST | dict.fromkeys(map(ua_of, sorted(set(self.corpora.values()))), WORST["ua"])

    def answers(self, model: C2SERModel) -> dict[str, str]:
        """Returns utterance -> answer, of all utterances in each process.

        Args:
            model: to be evaluated.
        """
        rank, processes = 0, 1
        if torch.distributed.is_initialized():
            rank, processes = torch.distributed.get_rank(), torch.distributed.get_world_size()
        recognizer = C2SERRecognizer(model, self.emotions, max_new_tokens=self._max_new_tokens(model))
        own: dict[str, str] = {}
        for batch in prefetch(self._read, self.batches[rank::processes]):
            answers = recognizer.recognize(batch, self.mode)
            own |= {speech.utterance: answer.text for speech, answer in zip(batch, answers, strict=True)}
        shares = [own]
        if processes > 1:
            shares = [{}] * processes
            torch.distributed.all_gather_object(shares, own)
        return {utt: text for share in shares for utt, text in share.items()}

    def _max_new_tokens(self, model: C2SERModel) -> int:
        longest = max(len(tokens) for tokens in model.tokenizer(list(self.targets.values())).input_ids)
        return min(MAX_NEW_TOKENS[self.mode], ceil(LONGER * longest))

    def _read(self, utterances: Sequence[str]) -> list[Speech]:
        batch = []
        for utt in utterances:
            _, data = self.dataset[utt]
            speech, tokens = data["speech"], data["acoustic"]
            known = {"language": self.languages[utt], "utterance": utt, "emotions": self.allowed.get(utt)}
            batch.append(Speech(speech, tokens, **known))
        return batch


def draw_evenly(emotions: Mapping[str, str], number: int, *, seed: int) -> set[str]:
    """Draws utterances, as many of each emotion as of the others as far as there are.

    Args:
        emotions: utterance -> emotion, or corpus and emotion.
        number: of utterances; where there are fewer, all are drawn.
        seed: of the draw.

    Example:
        >>> sorted(draw_evenly({"a": "sad", "b": "happy", "c": "sad", "d": "sad"}, 3, seed=0) - {"a", "c", "d"})
        ['b']
    """
    by_emotion = defaultdict(list)
    for utt, emotion in emotions.items():
        by_emotion[emotion].append(utt)
    draw = random.Random(seed)
    shuffled = {name: draw.sample(sorted(utts), len(utts)) for name, utts in sorted(by_emotion.items())}
    turns = sorted((place, emotion, utt) for emotion, utts in shuffled.items() for place, utt in enumerate(utts))
    return {utt for _, _, utt in turns[:number]}


def _targets(shapes: str, table: str) -> Iterator[tuple[str, str]]:
    """The utterances of a shape file with their lines of a table."""
    utterances = (utt for _, utt, _ in lines_by_key(shapes))
    return zip((utt for _, utt, _ in lines_by_key(shapes)), values_of(utterances, lines_by_key(table)), strict=True)


def _corpora(table: str | None, utterances: Collection[str]) -> dict[str, str]:
    """The corpora of utterances where there are several; else nothing."""
    known = read_table_if_there(table) if table else {}
    corpora = {utt: known[utt] for utt in utterances if utt in known}
    if corpora and len(corpora) < len(utterances):
        raise InputError(f"{table}: '{min(set(utterances) - corpora.keys())}' has no line; add its corpus")
    return corpora if len(set(corpora.values())) > 1 else {}


def _allowed(args: argparse.Namespace, emotions: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The emotions that utterances may have, where the label sets of corpora are given."""
    if not args.corpus_emotions:
        return {}
    return dict(allowed_emotions(args.valid_utt2corpus, read_label_sets(args.corpus_emotions), among=emotions))


def _emotion(utt: str, target: str, emotions: Sequence[str]) -> str:
    try:
        return emotion_word(target, emotions).name
    except InputError as error:
        raise InputError(f"utterance '{utt}': {error}") from None
