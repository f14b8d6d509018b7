"""C²SER for users: from audio files or arrays to emotions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from c2ser.acoustics.attributes import check_installed
from c2ser.data.audio import SAMPLE_RATE, resample
from c2ser.data.batches import READ_AHEAD, length_batches
from c2ser.data.decode import Recording
from c2ser.data.limits import check_seconds
from c2ser.data.sources import Audio, Source, is_single
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.errors import InputError
from c2ser.packing.hub import locate
from c2ser.packing.packed_model import PackedModel
from c2ser.settings import torch_dtype
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.given_features import GivenFeatures
from c2ser.systems.measuring import SpeechMeasurer, measure_recording, transcribe_speech
from c2ser.systems.options import MEASURED, packed_options
from c2ser.systems.recognition import Measured, Recognition
from c2ser.systems.recognizer import Speech
from c2ser.systems.request import Request
from c2ser.systems.sources import sources
from c2ser.transcription import Transcriber

BATCH_SAMPLES = 60 * SAMPLE_RATE  # of a batch by default, padding included


class C2SER:
    """Emotion2Vec-S and the audio language model together.

    Args:
        emotion2vec: computes the acoustic tokens.
        recognizer: answers.
        measurer: finds out the reasons that the recognizer takes as measured; None where it takes none.
        transcriber: recognises the words of what is answered without measured reasons; None for no transcripts but
            those in the answers.

    Example:
        >>> model = C2SER.from_pretrained("exp/packed")  # doctest: +SKIP
        >>> model.recognize("happy.wav").emotion  # doctest: +SKIP
        'happy'
    """

    def __init__(
        self,
        emotion2vec: Emotion2Vec,
        recognizer: C2SERRecognizer,
        *,
        measurer: SpeechMeasurer | None = None,
        transcriber: Transcriber | None = None,
    ):
        self.emotion2vec = emotion2vec
        self.recognizer = recognizer
        self.measurer = measurer
        self.transcriber = transcriber

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path,
        *,
        revision: str | None = None,
        device: str | torch.device = "cpu",
        dtype: str | torch.dtype | None = None,
        asr: str | None = None,
        **options: Any,
    ) -> "C2SER":
        """Loads a packed model.

        Args:
            model: its folder, or the id of a repository on the Hugging Face hub.
            revision: branch, tag or commit of the repository; None for its main branch.
            device: where to compute, such as ``cuda``.
            dtype: of the encoders and the language model, such as ``bfloat16``; None for the types that the model was
                packed with.
            asr: hub id or folder of a Whisper that recognises the words. By default there are those of explicit answers
                only, and measured reasons use `SpeechMeasurer.load`'s.
            options: keywords of `C2SERRecognizer`; decoding is by default what the model was packed with.

        Raises:
            InputError: there is no packed model, a file of it is broken, it was written by a newer version, or it lacks
                what measured reasons need.

        Example:
            >>> model = C2SER.from_pretrained("exp/packed", device="cuda", dtype="bfloat16")  # doctest: +SKIP
        """
        folder = locate(model, revision)
        options = packed_options(folder, options)
        measured = options.get("reasons") == MEASURED
        measurer = SpeechMeasurer.load(folder, asr) if measured else None
        transcriber = Transcriber.load(asr) if asr and not measured else None
        packed = PackedModel.load(folder)
        recognizer = C2SERRecognizer(packed.model, packed.emotions, **options)
        recognizer.thresholds = packed.thresholds
        return cls(packed.emotion2vec, recognizer, measurer=measurer, transcriber=transcriber).to(device, dtype)

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

    @property
    def emotions(self) -> tuple[str, ...]:
        """The label set."""
        return tuple(self.recognizer.emotions)

    def to(self, device: str | torch.device, dtype: str | torch.dtype | None = None) -> "C2SER":
        """Moves the model to a device.

        Args:
            device: such as ``cuda``.
            dtype: of the encoders and the language model; None to leave it as it is.

        Raises:
            InputError: there is no such type.
        """
        model = self.recognizer.model.to(device)
        self.emotion2vec.to(device)
        if dtype is not None:
            weights = torch_dtype(dtype, "dtype") if isinstance(dtype, str) else dtype
            self.emotion2vec.astype(weights)
            model.llm.to(weights)
            model.whisper.encoder.to(weights)
        transcriber = self.transcriber or (self.measurer and self.measurer.transcriber)
        if transcriber:
            transcriber.to(device)
        return self

    def recognize(
        self,
        audio: Audio | Iterable[Audio],
        mode: str = "implicit",
        *,
        rate: float | None = None,
        language: str | None = None,
        emotions: Sequence[str] | None = None,
        scores: bool = False,
        measure: bool = False,
    ) -> Recognition | list[Recognition]:
        """Recognizes the emotion of one utterance, or of each of several, in batches of similar length.

        Args:
            audio: a file that libsndfile or ffmpeg reads, at any sampling rate; a floating point array (N,) with values
                from -1 to 1; a folder, whose audio files are taken with those in its folders; or a list of these. An
                utterance has at most two minutes.
            mode: ``implicit`` names the emotion directly, ``explicit`` gives reasons first.
            rate: sampling rate of arrays, Hz; None for 16 kHz.
            language: ISO 639-1 of what is said, which the answers are given in, ``zh`` in Chinese and all else in
                English; by default the model chooses.
            emotions: those of the label set that may be answered; None for all.
            scores: compute the probability of each emotion.
            measure: measure pitch, loudness and speaking rate, which needs the extra ``[recipe]``. The rate needs the
                words, of an explicit answer or a recogniser (``asr`` of `from_pretrained`), and their language.

        Returns:
            One recognition of a file or an array; else a list.

        Raises:
            InputError: a file or an array cannot be used, or is too long; names it. Or ``language`` is not a code, or
                cannot be asked for because the wording of the model's answers is not known; or an emotion is not in the
                label set, or what measures is not installed.

        Example:
            >>> happy, sad = model.recognize(["happy.wav", "sad.wav"], scores=True)  # doctest: +SKIP
            >>> sad.emotion, sad.scores["sad"]  # doctest: +SKIP
            ('sad', 0.97)
        """
        request = Request(mode, rate, language, emotions, scores, measure)
        recognitions = []
        for recognition in self._recognize(sources(audio), request):
            if isinstance(recognition, InputError):
                raise recognition
            recognitions.append(recognition)
        return recognitions[0] if is_single(audio) else recognitions

    def recognize_files(
        self,
        files: Audio | Iterable[Audio],
        mode: str = "implicit",
        *,
        batch_samples: int = BATCH_SAMPLES,
        features: GivenFeatures | None = None,
        rate: float | None = None,
        language: str | None = None,
        emotions: Sequence[str] | None = None,
        scores: bool = False,
        measure: bool = False,
    ) -> Iterator[Recognition | InputError]:
        """Recognizes the emotions of files, in batches of similar length.

        Only as many files as some batches hold are in memory, whatever their number.

        Args:
            files: as in `recognize`, or an iterator of them.
            mode: ``implicit`` or ``explicit``.
            batch_samples: samples of a batch at 16 kHz, padding included; a longer file is a batch of its own.
            features: Emotion2Vec-S tokens by the files' names without suffix; by default they are computed.
            rate: as in `recognize`, and so are the following.
            language: of all files.
            emotions: that may be answered.
            scores: compute probabilities.
            measure: measure attributes.

        Yields:
            For each file, in the order given, the recognition, or the error that says why the file cannot be used.

        Raises:
            InputError: the features are of another encoder than the model's, or as in `recognize` but for the files.

        Example:
            >>> for recognition in model.recognize_files(["a.wav", "b.wav"]):  # doctest: +SKIP
            ...     print(recognition)
        """
        request = Request(mode, rate, language, emotions, scores, measure)
        return self._recognize(sources(files), request, batch_samples=batch_samples, features=features)

    def _recognize(
        self,
        items: Iterable[Source],
        request: Request,
        *,
        batch_samples: int = BATCH_SAMPLES,
        features: GivenFeatures | None = None,
    ) -> Iterator[Recognition | InputError]:
        """Reads ahead what some batches hold, and answers it."""
        request = request.checked(self.recognizer.emotions)
        if request.measure:
            check_installed()
        if features is not None:
            features.check(feature_provenance(self.emotion2vec, "utterance"))
        window: list[Speech | InputError] = []
        names: list[str | None] = []
        samples = 0
        for item in items:
            names.append(item.path)
            try:
                tokens = features and features.read(Path(item.name).stem)
                window.append(replace(self._speech(item, request), emotion2vec_s=tokens))
                samples += len(window[-1].audio)
            except InputError as error:
                window.append(error)
            if samples >= READ_AHEAD * batch_samples:
                yield from self._answer_window(window, names, request=request, batch_samples=batch_samples)
                window, names, samples = [], [], 0
        yield from self._answer_window(window, names, request=request, batch_samples=batch_samples)

    def _answer_window(
        self,
        window: Sequence[Speech | InputError],
        names: Sequence[str | None],
        *,
        request: Request,
        batch_samples: int,
    ) -> list[Recognition | InputError]:
        """Replaces speech by its recognition."""
        results = list(window)
        lengths = {place: len(item.audio) for place, item in enumerate(window) if isinstance(item, Speech)}
        for batch in length_batches(lengths, batch_samples):
            answers = self._answer([window[place] for place in batch], request)
            for place, recognition in zip(batch, answers, strict=True):
                results[place] = replace(recognition, path=names[place])
        return results

    def _answer(self, batch: Sequence[Speech], request: Request) -> list[Recognition]:
        """Answers speech as one batch; tokens are computed unless it has them."""
        if batch[0].emotion2vec_s is None:
            outputs = self.emotion2vec.extract([speech.audio for speech in batch])
            batch = [replace(speech, emotion2vec_s=tokens["utterance"]) for speech, tokens in zip(batch, outputs)]
        recordings = [speech.recording for speech in batch]
        if self.measurer is not None and request.mode == "explicit":
            batch = self.measurer.measure(batch)
        recognitions = self.recognizer.recognize(batch, request.mode, scores=request.scores)
        words = self._words(batch, recognitions)
        return [
            replace(
                recognition,
                transcript=transcript,
                seconds=len(speech.audio) / SAMPLE_RATE,
                measured=self._measure(recording, transcript, language) if request.measure else None,
            )
            for recognition, speech, recording, (transcript, language) in zip(
                recognitions, batch, recordings, words, strict=True
            )
        ]

    def _words(
        self, batch: Sequence[Speech], recognitions: Sequence[Recognition]
    ) -> list[tuple[str | None, str | None]]:
        """Transcripts and their languages: recognised ones, or the words that the answers quote."""
        if self.transcriber is not None:
            return [(said.text or None, said.language) for said in transcribe_speech(self.transcriber, batch)]
        return [
            (speech.transcript or " ".join(recognition.rationale.quotes) or None, speech.language)
            for speech, recognition in zip(batch, recognitions, strict=True)
        ]

    def _measure(self, recording: Recording, transcript: str | None, language: str | None) -> Measured:
        return measure_recording(recording, self.recognizer.thresholds, transcript=transcript, language=language)

    def _speech(self, item: Source, request: Request) -> Speech:
        """Reads the speech of a file or an array."""
        recording = item.read(request.rate)
        waveform = resample(recording.samples, recording.sample_rate)
        try:
            check_seconds(len(waveform) / SAMPLE_RATE)
        except InputError as error:
            raise InputError(f"{item.name}: {error}") from None
        kept = recording if self.measurer is not None or request.measure else None  # else it would only take memory
        return Speech(
            waveform,
            language=request.language,
            answer_language=request.language,
            recording=kept,
            emotions=request.emotions,
        )
