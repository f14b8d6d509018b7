"""Levels and words of speech that are not generated: measured and recognised here, or read from a data directory."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from c2ser.acoustics.attributes import check_installed, measure_attributes, parse_attributes
from c2ser.acoustics.levels import UNKNOWN, Thresholds, parse_levels
from c2ser.data.data_dir import DataDir
from c2ser.data.decode import Recording
from c2ser.data.names import ATTRIBUTE_LEVELS, ATTRIBUTES
from c2ser.errors import InputError
from c2ser.packing.format import read_pack
from c2ser.rationales.targets import THRESHOLDS_NAME, Groups
from c2ser.systems.recognition import Measured
from c2ser.systems.recognizer import Speech
from c2ser.transcription import Transcriber
from c2ser.transcription.transcriber import Transcript

logger = logging.getLogger(__name__)


class SpeechMeasurer:
    """Measures and transcribes speech of which nothing is known but its audio.

    Args:
        thresholds: what low, medium and high are. Nothing is known of speakers, so the pooled ones are used.
        transcriber: recognises the words; None to leave out words and speaking rate.

    Raises:
        InputError: what measures is not installed.

    Example:
        >>> measurer = SpeechMeasurer.load("exp/packed", asr="openai/whisper-base")  # doctest: +SKIP
        >>> measurer.measure([Speech(waveform)])[0].levels  # doctest: +SKIP
        ('high', 'medium', 'low')
    """

    def __init__(self, thresholds: Thresholds, transcriber: Transcriber | None = None):
        check_installed()
        self.thresholds = thresholds
        self.transcriber = transcriber

    @classmethod
    def load(cls, folder: str | Path, asr: str | None = None) -> "SpeechMeasurer":
        """Loads what the reasons of a packed model need.

        Args:
            folder: the packed model's.
            asr: hub id or folder of a Whisper; by default the one whose encoder the packed model names by its hub id.

        Raises:
            InputError: the packed model has no thresholds, what measures is not installed, or there is no such Whisper.
        """
        pack = read_pack(folder)
        path = Path(folder) / THRESHOLDS_NAME
        if not path.is_file():
            raise InputError(
                f"{path}: no such file, so what is low or high is not known; copy that of the model's training set "
                "there, or pack the model again with --thresholds"
            )
        check_installed()  # before a Whisper is loaded
        asr = asr or (pack.alm.whisper if isinstance(pack.alm.whisper, str) else None)
        if asr is None:
            logger.warning(
                "%s: has no Whisper that transcribes; words and speaking rate are left out without asr", folder
            )
        return cls(Thresholds.load(path), Transcriber.load(asr) if asr else None)

    def measure(self, batch: Sequence[Speech]) -> list[Speech]:
        """Adds levels and, with a transcriber, words and the language of those for which it is not given."""
        if self.transcriber is not None and batch:
            batch = self._transcribe(batch)
        return [replace(speech, levels=self._levels(speech), recording=None) for speech in batch]

    def _transcribe(self, batch: Sequence[Speech]) -> list[Speech]:
        return [
            replace(speech, transcript=said.text or None, language=speech.language or said.language)
            for speech, said in zip(batch, transcribe_speech(self.transcriber, batch), strict=True)
        ]

    def _levels(self, speech: Speech) -> tuple[str, ...]:
        recording = speech.own_recording()
        attributes, _ = measure_attributes(
            recording.samples, recording.sample_rate, text=speech.transcript, language=speech.language
        )
        return self.thresholds.levels(attributes)


def transcribe_speech(transcriber: Transcriber, batch: Sequence[Speech]) -> list[Transcript]:
    """Transcribes a batch, each utterance in its language where the transcriber knows it.

    Args:
        transcriber: recognises the words.
        batch: utterances.

    Example:
        >>> transcribe_speech(Transcriber.load("openai/whisper-base"), [Speech(waveform)])[0].text  # doctest: +SKIP
        'Tomorrow it will rain.'
    """
    known = transcriber.languages
    languages = [speech.language if speech.language in known else None for speech in batch]
    return transcriber.transcribe([speech.audio for speech in batch], languages)


def measure_recording(
    recording: Recording,
    thresholds: Thresholds | None = None,
    *,
    transcript: str | None = None,
    language: str | None = None,
) -> Measured:
    """Measures the acoustic attributes of an utterance, and their levels.

    Args:
        recording: the audio, preferably at its own rate.
        thresholds: what low, medium and high are; None where that is not known.
        transcript: the words, which the speaking rate needs.
        language: of the words, ISO 639-1, which it needs too.

    Raises:
        InputError: what measures is not installed.

    Example:
        >>> measured = measure_recording(Recording(np.zeros(16000, np.float32), 16000))  # doctest: +SKIP
        >>> measured.undefined["pitch"]  # doctest: +SKIP
        'no voiced frame'
    """
    check_installed()
    attributes, undefined = measure_attributes(
        recording.samples, recording.sample_rate, text=transcript, language=language
    )
    levels = () if thresholds is None else zip(attributes._fields, thresholds.levels(attributes), strict=True)
    return Measured(attributes, {name: level for name, level in levels if level != UNKNOWN}, undefined)


def read_levels(data_dir: str | Path, thresholds: Thresholds | None = None) -> dict[str, tuple[str, ...]]:
    """Reads the levels of a data directory's utterances.

    Args:
        data_dir: has ``attributes`` and, where thresholds are grouped, the table of the groups; or, where no thresholds
            are given, ``attribute_levels``.
        thresholds: those of the model's training set; None to read the levels as they stand.

    Returns:
        Utterance -> the level of each attribute.

    Raises:
        InputError: the table is missing, faulty, or lacks an utterance.

    Example:
        >>> read_levels("dump/test")["anna-1"]  # doctest: +SKIP
        ('medium', 'low', 'high')
    """
    data = DataDir(data_dir)
    name, command = (ATTRIBUTE_LEVELS, "build_cot") if thresholds is None else (ATTRIBUTES, "extract_attributes")
    if not data.has(name):
        raise InputError(f"{data.table(name)}: no such file, so no reasons are measured; {command} makes it")
    if thresholds is None:
        return dict(data.iterate(name, parsers={name: parse_levels}))
    groups = Groups(data, thresholds.by)
    rows = data.iterate(name, optional=[groups.table], parsers={name: parse_attributes})
    return {utt: thresholds.levels(attributes, groups.of(value)) for utt, attributes, value in rows}
