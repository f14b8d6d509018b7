"""Reads a corpus whose paths tell all of an utterance."""

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Unusable
from c2ser.corpora.common.labels import LabelCounts, find_label, is_label
from c2ser.corpora.common.layouts import Facts, read_path
from c2ser.data.audio_files import audio_files
from c2ser.data.files import same_content
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError

logger = logging.getLogger(__name__)


def read_named_files(corpus: Corpus, source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of all audio files below a folder, by their paths, and files that cannot be used.

    Such are files with other names than those of the corpus, and files with the name of another one.

    Files of which a layout says that they are no utterances, labels that are left out and copies of a file in another
    folder are counted in the log.

    Args:
        corpus: has layouts, labels and an example.
        source_dir: the corpus's folder, or one above it.

    Raises:
        InputError: there is no audio of the corpus.

    Example:
        >>> from c2ser.corpora import get_corpus
        >>> utterances = read_named_files(get_corpus("savee"), Path("downloads/savee"))
    """
    reader = _NamedFiles(corpus)
    for wav in audio_files(source_dir):
        found = reader.read(wav)
        if found is not None:
            yield found
    reader.report(source_dir)


class _NamedFiles:
    """Makes utterances of the audio files of one corpus, and counts those that are not used."""

    def __init__(self, corpus: Corpus):
        self.corpus = corpus
        self.wavs: dict[str, Path] = {}  # utterance -> its file
        self.left_out: Counter[str] = Counter()
        self.copies = 0
        self.labels = LabelCounts()

    def read(self, wav: Path) -> Utterance | Unusable | None:
        """Reads a file; None where it is left out on purpose."""
        facts = read_path(wav, self.corpus)
        if facts is None or (facts.label is None and facts.layout.left_out is None):
            reason = f"not a file of {self.corpus.title} such as {self.corpus.example}; move it elsewhere"
            return Unusable(_word(wav), f"{wav}: {reason}")
        if facts.layout.left_out:
            self.left_out[facts.layout.left_out] += 1
            return None
        if not is_label(facts.label, self.corpus.labels):
            known = ", ".join(self.corpus.labels)
            return Unusable(_word(wav), f"{wav}: unknown label '{facts.label}'; {self.corpus.name} has {known}")
        emotion = find_label(facts.label, self.corpus.labels)
        utterance = named_utterance(self.corpus, wav, facts=facts, emotion=emotion)
        first = self.wavs.setdefault(utterance.id, wav)
        if first is not wav:
            return self._same_name(utterance, first)
        self.labels.add(facts.label, emotion)
        return None if emotion is None else utterance

    def _same_name(self, utterance: Utterance, first: Path) -> Unusable | None:
        if same_content(first, utterance.wav):
            self.copies += 1
            return None
        reason = f"not the same audio as {first}, which has the same name; delete one of them"
        return Unusable(utterance.id, f"{utterance.wav}: {reason}")

    def report(self, source_dir: Path) -> None:
        """Logs what was not used.

        Raises:
            InputError: there was no audio at all.
        """
        corpus = self.corpus
        if not self.wavs and not self.left_out:
            where = f" from {corpus.url}" if corpus.url else ""
            raise InputError(
                f"{source_dir}: no audio of {corpus.title}, such as {corpus.example}; get it{where} ({corpus.access})"
                " and give its folder as --source_dir"
            )
        for what, count in sorted(self.left_out.items()):
            logger.info("%s: left out %d %s", source_dir, count, what)
        if self.copies:
            logger.warning("%s: left out %d copies of files that are in another folder too", source_dir, self.copies)
        if self.labels.left_out:
            counts = self.labels.left_out_labels()
            logger.info(
                "%s: left out %d of %d utterances without an emotion: %s",
                source_dir,
                self.labels.left_out,
                self.labels.total,
                counts,
            )


def named_utterance(corpus: Corpus, wav: Path, *, facts: Facts, emotion: str | None) -> Utterance:
    """Makes an utterance of what its path tells; its id begins with the corpus and the speaker, where it is known.

    Args:
        corpus: what it is an utterance of.
        wav: its file.
        facts: of the path.
        emotion: canonical name.

    Example:
        >>> from c2ser.corpora import get_corpus
        >>> wav, casia = Path("wangzhe/fear/201.wav"), get_corpus("casia")
        >>> named_utterance(casia, wav, facts=read_path(wav, casia), emotion="fearful").id
        'casia_wangzhe-fear-201'
    """
    speaker = None if facts.speaker is None else f"{corpus.name}_{facts.speaker}"
    name = f"{corpus.name}_{facts.name}" if speaker is None else f"{speaker}-{facts.name}"
    return Utterance(
        id=name,
        wav=wav,
        speaker=speaker or name,
        emotion=emotion,
        text=facts.text,
        language=facts.language,
        gender=facts.sex,
        age=facts.age,
        corpus=corpus.name,
    )


def _word(wav: Path) -> str:
    """Returns the end of a path as one word."""
    return "_".join("/".join(wav.parts[-3:]).split())
