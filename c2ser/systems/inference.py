"""Answers of a system for a data directory."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from c2ser.data.batches import audio_batches
from c2ser.data.features import read_feature
from c2ser.data.fingerprint import fingerprint
from c2ser.data.jobs import AudioBatch, resumable_map, utterance_keys
from c2ser.data.journal import open_journal
from c2ser.data.label_sets import read_allowed_emotions
from c2ser.data.limits import MAX_SECONDS
from c2ser.data.location import AudioLocation
from c2ser.data.names import EMOTION2VEC_SCP, TEXT, UTT2EMO, UTT2SCORES
from c2ser.data.provenance import Provenance, check_encoder, read_provenance
from c2ser.data.scores import format_scores
from c2ser.data.skipped import Skipped
from c2ser.data.tables import read_table, write_table
from c2ser.data.transcripts import read_languages, read_texts
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.emotions import INVALID
from c2ser.errors import InputError
from c2ser.systems.given_features import GivenFeatures
from c2ser.systems.measuring import read_levels
from c2ser.systems.recognition import Recognition
from c2ser.systems.recognizer import EMOTION2VEC_S, LEVELS, TRANSCRIPT, Recognizer, Speech

Answer = tuple[str, str | None, str | None]  # text, emotion, line of scores


def answer_data_dir(
    recognizer: Recognizer,
    data_dir: str | Path,
    *,
    output_dir: str | Path,
    mode: str,
    batch_samples: int,
    features: GivenFeatures | None = None,
    language: str | None = None,
    corpus_emotions: str | Path | None = None,
    journal: str | Path | None = None,
    skip_bad: bool = False,
    max_seconds: float = MAX_SECONDS,
) -> None:
    """Writes ``text`` (the answers) and, last, ``utt2emo`` (the emotions found in them, or `INVALID`).

    Where the recognizer gives scores it writes ``utt2scores`` too: ``<utterance> <emotion>=<probability> ...``, in the
    order of the label set. Each batch's answers are on disk as soon as they exist: the same call after an interruption
    does the rest, and ends with the bytes of a call that was never interrupted.

    Args:
        recognizer: the system.
        data_dir: has ``wav.scp``, for a recognizer that needs them ``emotion2vec_s.scp``, and ``utt2lang`` or
            ``utt2lang_asr`` where languages are known; ``utt2num_samples`` spares a look at each file. Of a recognizer
            that needs transcripts those that are known are used; one that needs levels takes
            `c2ser.systems.measuring.read_levels`.
        output_dir: where the files go.
        mode: ``explicit`` or ``implicit``.
        batch_samples: samples of a batch, padding included.
        features: Emotion2Vec-S tokens that are used instead of those of ``emotion2vec_s.scp``.
        language: ISO 639-1 of all utterances, which the answers are given in; by default the utterances' own languages
            are those of the data directory, and the system chooses what it answers in.
        corpus_emotions: label sets of corpora, see `c2ser.data.label_sets`; an utterance is then answered with an
            emotion of its corpus (``utt2corpus``).
        journal: file of finished utterances, see `open_journal`; by default ``output_dir/answers/1.jsonl``.
        skip_bad: leave out utterances whose audio cannot be used, and list them in the table ``skipped``.
        max_seconds: longer utterances cannot be used.

    Raises:
        InputError: a corpus has no label set, features are missing or of another encoder than the system's, or audio
            cannot be used.

    Example:
        >>> recognizer = load_recognizer("c2ser", "exp/packed")  # doctest: +SKIP
        >>> answer_data_dir(recognizer, "dump/test", output_dir="out", mode="implicit", batch_samples=1920000)
        ...  # doctest: +SKIP
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    audio = UtteranceAudio(data_dir, skipped=Skipped(allowed=skip_bad), max_seconds=max_seconds)
    needs_tokens = EMOTION2VEC_S in recognizer.needs
    locations = locate_features(data_dir, audio, expected=recognizer.encoder, given=features) if needs_tokens else {}
    languages = read_languages(data_dir)
    texts = read_texts(data_dir) if TRANSCRIPT in recognizer.needs else {}
    levels = read_levels(data_dir, recognizer.thresholds) if LEVELS in recognizer.needs else {}
    allowed = read_allowed_emotions(data_dir, corpus_emotions, among=recognizer.emotions)
    system = fingerprint(recognizer.identity())

    def key(utt: str, stamp: tuple) -> str:
        feature = AudioLocation.parse(locations[utt]).stamp() if needs_tokens else None
        known = (languages.get(utt), language, texts.get(utt), levels.get(utt), allowed.get(utt))
        return fingerprint(system, mode, utt, stamp, feature, *known)

    def tokens(utt: str) -> np.ndarray | None:
        if not needs_tokens:
            return None
        return read_feature(locations[utt]) if features is None else features.read(utt)

    def answer(batch: AudioBatch) -> Sequence[Answer]:
        speech = [
            Speech(
                waveform,
                tokens(utt),
                transcript=texts.get(utt),
                language=language or languages.get(utt),
                answer_language=language,
                utterance=utt,
                levels=levels.get(utt),
                emotions=allowed.get(utt),
            )
            for utt, waveform in zip(batch.utterances, batch.waveforms, strict=True)
        ]
        return [stored_answer(recognition) for recognition in recognizer.recognize(speech, mode)]

    with open_journal(journal or output_dir / "answers" / "1.jsonl", utterance_keys(audio, key)) as finished:
        batches = audio_batches(audio, batch_samples)
        resumable_map(answer, audio, batches=batches, store=finished, key=key, title=f"{data_dir}, {mode}")
    write_answers(output_dir, finished.done)
    audio.skipped.report(output_dir, num_utterances=len(audio.entries))


def locate_features(
    data_dir: Path, audio: UtteranceAudio, *, expected: Provenance | None, given: GivenFeatures | None = None
) -> dict[str, str]:
    """Returns where the Emotion2Vec-S tokens of each utterance are.

    Args:
        data_dir: has ``emotion2vec_s.scp``.
        audio: the utterances.
        expected: the encoder that they have to be of; None where it is not known.
        given: tokens that are used instead of those of the data directory.

    Raises:
        InputError: there are none, of an utterance or at all, or they are of another encoder.
    """
    if given is not None:
        given.check(expected)
        locations = {utt: str(path) for utt in audio.entries if (path := given.path(utt)).is_file()}
        table, remedy = given.folder, "put its tokens there as <utterance>.npy"
    else:
        table, remedy = data_dir / EMOTION2VEC_SCP, "make it again with extract_emotion2vec"
        if not table.is_file():
            encoder = expected.model if expected is not None else "ENCODER"
            raise InputError(
                f"{table}: no such file; make it with python -m c2ser.bin.extract_emotion2vec --model {encoder} "
                f"--data_dir {data_dir} --output_dir {data_dir}"
            )
        locations = read_table(table)
        if expected is not None:
            check_encoder(read_provenance(table), expected, features=table, user="the model")
    missing = next((utt for utt in audio.entries if utt not in locations), None)
    if missing is not None:
        raise InputError(f"{table}: no features of utterance '{missing}'; {remedy}")
    return locations


def stored_answer(recognition: Recognition) -> Answer:
    """Returns what is kept of an answer: its text in one line, its emotion, and its probabilities as a line.

    Example:
        >>> stored_answer(Recognition("sad", "I am\\nsad.", {"sad": 1.0}))
        ('I am sad.', 'sad', 'sad=1.000000')
    """
    scores = None if recognition.scores is None else format_scores(recognition.scores)
    return " ".join(recognition.text.split()), recognition.emotion, scores


def write_answers(output_dir: str | Path, answers: Mapping[str, Answer]) -> None:
    """Writes ``text``, ``utt2scores`` where there are any, and last ``utt2emo``.

    Args:
        output_dir: where they go.
        answers: utterance -> what `stored_answer` returned.
    """
    output_dir = Path(output_dir)
    scores = {utt: line for utt, (_, _, line) in answers.items() if line is not None}
    (output_dir / UTT2SCORES).unlink(missing_ok=True)  # those of a run before may be of another model
    if scores:
        write_table(output_dir / UTT2SCORES, scores)
    write_table(output_dir / TEXT, {utt: text for utt, (text, *_) in answers.items()})
    write_table(output_dir / UTT2EMO, {utt: emotion or INVALID for utt, (_, emotion, _) in answers.items()})
