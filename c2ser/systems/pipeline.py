"""C²SER for users: from audio files or arrays to emotions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from c2ser.data.audio import SAMPLE_RATE, resample
from c2ser.data.batches import READ_AHEAD, length_batches
from c2ser.data.full_scale import check_waveform
from c2ser.data.limits import check_seconds
from c2ser.data.location import AudioLocation
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.errors import InputError
from c2ser.languages import is_language_code
from c2ser.packing.hub import locate
from c2ser.packing.packed_model import PackedModel
from c2ser.systems.c2ser import MEASURED, C2SERRecognizer, packed_options
from c2ser.systems.given_features import GivenFeatures
from c2ser.systems.measuring import SpeechMeasurer
from c2ser.systems.recognizer import Recognition, Speech

Audio = str | Path | np.ndarray


class C2SER:
    """Emotion2Vec-S and the audio language model together.

    Args:
        emotion2vec: computes the acoustic tokens.
        recognizer: answers.
        measurer: finds out the reasons that the recognizer takes as measured; None where it takes none.

    Example:
        >>> model = C2SER.from_pretrained("exp/packed")  # doctest: +SKIP
        >>> model.recognize("happy.wav").emotion  # doctest: +SKIP
        'happy'
    """

    def __init__(
        self, emotion2vec: Emotion2Vec, recognizer: C2SERRecognizer, *, measurer: SpeechMeasurer | None = None
    ):
        self.emotion2vec = emotion2vec
        self.recognizer = recognizer
        self.measurer = measurer

    @classmethod
    def from_pretrained(
        cls, model: str | Path, *, revision: str | None = None, asr: str | None = None, **options: Any
    ) -> "C2SER":
        """Loads a packed model.

        Args:
            model: its folder, or the id of a repository on the Hugging Face hub.
            revision: branch, tag or commit of the repository; None for its main branch.
            asr: Whisper that recognises the words of measured reasons, see `SpeechMeasurer.load`.
            options: keywords of `C2SERRecognizer`; decoding is by default what the model was packed with.

        Raises:
            InputError: there is no packed model, a file of it is broken, it was written by a newer version, or it lacks
                what measured reasons need.
        """
        folder = locate(model, revision)
        options = packed_options(folder, options)
        measurer = SpeechMeasurer.load(folder, asr) if options.get("reasons") == MEASURED else None
        packed = PackedModel.load(folder)
        recognizer = C2SERRecognizer(packed.model, packed.emotions, **options)
        recognizer.thresholds = packed.thresholds
        return cls(packed.emotion2vec, recognizer, measurer=measurer)

    def save_pretrained(self, output_dir: str | Path) -> None:
        """Writes a folder that `from_pretrained` reads and that can be published; see `PackedModel.save`.

        Args:
            output_dir: the folder.

        Raises:
            InputError: ``output_dir`` holds something else.
        """
        recognizer = self.recognizer
        PackedModel(
            recognizer.model,
            self.emotion2vec,
            emotions=recognizer.emotions,
            decoding=recognizer.packed_decoding(),
            answers=recognizer.answers,
            thresholds=recognizer.thresholds,
        ).save(output_dir)

    def to(self, device: str | torch.device) -> "C2SER":
        """Moves the model to a device.

        Args:
            device: such as ``cuda``.
        """
        self.emotion2vec.to(device)
        self.recognizer.model.to(device)
        if self.measurer is not None:
            self.measurer.to(device)
        return self

    def recognize(
        self, audio: Audio | Sequence[Audio], mode: str = "implicit", *, language: str | None = None
    ) -> Recognition | list[Recognition]:
        """Recognizes the emotion of one utterance, or of each of a list, which is answered as one batch.

        Args:
            audio: a file that libsndfile reads, at any sampling rate, or a floating point array (N,) at 16 kHz with
                values from -1 to 1; or a list. Of at most two minutes.
            mode: ``implicit`` names the emotion directly, ``explicit`` gives reasons first.
            language: ISO 639-1 of what is said, which the answers are given in, ``zh`` in Chinese and all else in
                English; by default the model chooses.

        Returns:
            One recognition, or one per item of the list.

        Raises:
            InputError: a file or an array cannot be used, or is too long; names it. Or ``language`` is not a code, or
                cannot be asked for because the wording of the model's answers is not known.
        """
        _check_language(language)
        single = isinstance(audio, (str, Path, np.ndarray))
        items = [audio] if single else list(audio)
        batch = [self._speech(item, language, number=number) for number, item in enumerate(items, 1)]
        recognitions = self._answer(batch, mode)
        return recognitions[0] if single else recognitions

    def recognize_files(
        self,
        files: Iterable[str | Path],
        mode: str = "implicit",
        *,
        batch_samples: int = 60 * SAMPLE_RATE,
        features: GivenFeatures | None = None,
        language: str | None = None,
    ) -> Iterator[Recognition | InputError]:
        """Recognizes the emotions of files, in batches of similar length.

        Only as many files as some batches hold are in memory, whatever their number.

        Args:
            files: as in `recognize`.
            mode: ``implicit`` or ``explicit``.
            batch_samples: samples of a batch at 16 kHz, padding included; a longer file is a batch of its own.
            features: Emotion2Vec-S tokens by the files' names without suffix; by default they are computed.
            language: of all files, as in `recognize`.

        Yields:
            For each file, in the order given, the recognition, or the error that says why the file cannot be used.

        Raises:
            InputError: the features are of another encoder than the model's, or the language as in `recognize`.

        Example:
            >>> for recognition in model.recognize_files(["a.wav", "b.wav"]):  # doctest: +SKIP
            ...     print(recognition)
        """
        _check_language(language)
        if features is not None:
            features.check(feature_provenance(self.emotion2vec, "utterance"))
        window: list[Speech | InputError] = []
        samples = 0
        for file in files:
            try:
                tokens = features and features.read(Path(file).stem)
                window.append(replace(self._speech(file, language), emotion2vec_s=tokens))
                samples += len(window[-1].audio)
            except InputError as error:
                window.append(error)
            if samples >= READ_AHEAD * batch_samples:
                yield from self._answer_window(window, mode, batch_samples)
                window, samples = [], 0
        yield from self._answer_window(window, mode, batch_samples)

    def _answer_window(
        self, window: Sequence[Speech | InputError], mode: str, batch_samples: int
    ) -> list[Recognition | InputError]:
        """Replaces speech by its recognition."""
        results = list(window)
        lengths = {place: len(item.audio) for place, item in enumerate(window) if isinstance(item, Speech)}
        for batch in length_batches(lengths, batch_samples):
            for place, recognition in zip(batch, self._answer([window[place] for place in batch], mode), strict=True):
                results[place] = recognition
        return results

    def _answer(self, batch: Sequence[Speech], mode: str) -> list[Recognition]:
        """Answers speech as one batch; tokens are computed unless it has them."""
        if batch and batch[0].emotion2vec_s is None:
            outputs = self.emotion2vec.extract([speech.audio for speech in batch])
            batch = [replace(speech, emotion2vec_s=tokens["utterance"]) for speech, tokens in zip(batch, outputs)]
        if self.measurer is not None and mode == "explicit":
            batch = self.measurer.measure(batch)
        return self.recognizer.recognize(batch, mode) if batch else []

    def _speech(self, audio: Audio, language: str | None, *, number: int = 1) -> Speech:
        """Returns the speech of a file, or of the array that is the ``number``-th one given."""
        is_file = isinstance(audio, (str, Path))
        name = str(audio) if is_file else f"waveform {number}"
        if is_file:
            recording = AudioLocation.parse(audio).read()
            waveform = resample(recording.samples, recording.sample_rate)
        else:
            recording, waveform = None, check_waveform(audio, name)
        try:
            check_seconds(len(waveform) / SAMPLE_RATE)
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
        recording = recording if self.measurer is not None else None  # else it would only take memory
        return Speech(waveform, language=language, answer_language=language, recording=recording)


def _check_language(language: str | None) -> None:
    if language is not None and not is_language_code(language):
        raise InputError(f"language '{language}': not a code of ISO 639-1 such as en")
