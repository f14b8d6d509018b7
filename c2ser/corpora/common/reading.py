"""Reads a corpus from its own folder: which utterances a map of labels leaves in, and what they are labelled."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Unusable
from c2ser.corpora.common.labels import LabelCounts
from c2ser.corpora.common.votes import with_votes
from c2ser.data.data_dir import DataDir
from c2ser.data.label_maps import OWN, LabelMap
from c2ser.data.skipped import Skipped
from c2ser.data.speakers import report_unknown_speakers
from c2ser.data.stubs import check_file
from c2ser.data.utterance import Utterance
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError

logger = logging.getLogger(__name__)


class CorpusReading:
    """Reads a corpus from its own folder, and notes which emotions it has.

    Args:
        corpus: what to read.
        source_dir: the corpus's folder.
        language: ISO 639-1, of utterances whose language the corpus does not tell.
        label_map: which emotion a label becomes.
        skip_bad: leave out files that cannot be used, and list them in the table ``skipped`` of a data directory.

    Raises:
        InputError: the corpus is read by means of EmoBox's metadata only, or the map names a label that it does not
            have.

    Example:
        >>> reading = CorpusReading(get_corpus("emodb"), Path("emodb"))  # doctest: +SKIP
        >>> reading.write(Path("data/all"))  # doctest: +SKIP
    """

    def __init__(
        self,
        corpus: Corpus,
        source_dir: Path,
        *,
        language: str | None = None,
        label_map: LabelMap = OWN,
        skip_bad: bool = False,
    ):
        if corpus.read is None:
            raise InputError(
                f"{corpus.name}: read by means of EmoBox's metadata only; use python -m c2ser.bin.import_emobox"
                f" --metadata_dir EmoBox/data/{corpus.name}"
            )
        self.corpus = corpus
        self.source_dir = source_dir
        self.language = language
        self.label_map = label_map
        self.skip_bad = skip_bad
        self.found: set[str] = set()  # as the corpus has them
        owners = Counter(corpus.labels.values())
        self.codes = {emotion: label for label, emotion in corpus.labels.items() if emotion and owners[emotion] == 1}
        if corpus.labels:
            self._check_map(corpus.emotions)

    def label_set(self) -> list[str]:
        """What the map makes of the corpus's emotions, or without labels of its own of those that were found.

        Raises:
            InputError: the map names a label that was not found.
        """
        if not self.corpus.labels:
            self._check_map(self.found)
        named = {self._emotion(emotion) for emotion in self.corpus.emotions or self.found}
        return [emotion for emotion in EMOTIONS if emotion in named]

    def write(self, directory: Path, sets: Iterable[str] = ()) -> None:
        """Writes a data directory of the corpus's own sets, or without ``sets`` of all of it.

        Raises:
            InputError: the corpus cannot be read, or a file of it cannot be used and may not be skipped.
        """
        labels, skipped = LabelCounts(), Skipped(allowed=self.skip_bad)
        utterances = self._mapped(usable(self.corpus.read(self.source_dir, *sets), skipped), labels)
        emotions = self.label_set() if self.corpus.labels else EMOTIONS
        votes = self.corpus.votes(self.source_dir) if self.corpus.votes else {}
        voted = with_votes(utterances, votes, emotion_of=self._emotion, emotions=emotions)
        count = DataDir(directory).write(voted, emotions)
        skipped.report(directory, num_utterances=count + len(skipped.reasons))
        labels.report(directory, self.label_map.name)
        logger.info("%s: %d utterances of %s", directory, count, self.corpus.name)
        report_unknown_speakers(directory)

    def _mapped(self, utterances: Iterable[Utterance], labels: LabelCounts) -> Iterator[Utterance]:
        """Yields what the map of labels does not leave out; unlabelled utterances stay unlabelled."""
        for utterance in utterances:
            own = emotion = utterance.emotion
            if own is not None:
                self.found.add(own)
                emotion = self._emotion(own)
                labels.add(own, emotion, renamed=emotion != own)
                if emotion is None:
                    continue
            yield replace(utterance, emotion=emotion, language=utterance.language or self.language)

    def _emotion(self, emotion: str) -> str | None:
        """What the map makes of an emotion, which it may call by the corpus's own label where only one has it."""
        return self.label_map.emotion([self.codes[emotion]] if emotion in self.codes else [], emotion)

    def _check_map(self, emotions: Iterable[str]) -> None:
        self.label_map.check(
            {*emotions, *self.codes.values(), *self.corpus.words}, f"{self.corpus.name}, as prepare_corpus reads it"
        )


def usable(found: Iterable[Utterance | Unusable], skipped: Skipped) -> Iterator[Utterance]:
    """Yields the utterances whose audio file is there and is more than the stub of one.

    Args:
        found: what a reader of a corpus yields.
        skipped: collects all else, or raises.

    Raises:
        InputError: a file is missing, empty, a pointer of Git LFS or unusable, and files may not be skipped.

    Example:
        >>> list(usable([Unusable("a.wav", "a.wav: not audio")], Skipped(allowed=True)))
        []
    """
    for item in found:
        if isinstance(item, Unusable):
            skipped.add(item.name, item.reason)
            continue
        try:
            check_file(item.wav)
        except InputError as error:
            skipped.add(item.id, str(error))
        else:
            yield item
