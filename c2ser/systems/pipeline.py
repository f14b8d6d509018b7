"""C²SER for users: from audio files or arrays to emotions.

PyTorch and transformers take seconds to import. What uses them is imported with the first model, so that the class can
be named, and what is asked of it checked, without them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from c2ser.acoustics.attributes import check_installed
from c2ser.data.audio import SAMPLE_RATE
from c2ser.data.batches import READ_AHEAD, length_batches, prefetch
from c2ser.data.sources import Array, Audio, Source, is_single, sources
from c2ser.errors import InputError
from c2ser.packing.hub import locate
from c2ser.settings import torch_dtype
from c2ser.systems.given_features import GivenFeatures
from c2ser.systems.pieces import Piece, PieceReader, join
from c2ser.systems.recognition import Recognition, Segment
from c2ser.systems.request import Request
from c2ser.systems.segmentation import Segmentation

if TYPE_CHECKING:
    import torch

    from c2ser.emotion2vec import Emotion2Vec
    from c2ser.systems.answering import Answerer
    from c2ser.systems.c2ser import C2SERRecognizer
    from c2ser.systems.measuring import SpeechMeasurer
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
        emotion2vec: "Emotion2Vec",
        recognizer: "C2SERRecognizer",
        *,
        measurer: "SpeechMeasurer | None" = None,
        transcriber: "Transcriber | None" = None,
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
        device: "str | torch.device" = "cpu",
        dtype: "str | torch.dtype | None" = None,
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
        from c2ser.packing.packed_model import PackedModel
        from c2ser.systems.c2ser import C2SERRecognizer
        from c2ser.systems.measuring import SpeechMeasurer
        from c2ser.systems.options import MEASURED, packed_options
        from c2ser.transcription import Transcriber

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
        from c2ser.packing.packed_model import PackedModel

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

    def to(self, device: "str | torch.device", dtype: "str | torch.dtype | None" = None) -> "C2SER":
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

    @overload
    def recognize(
        self,
        audio: Array,
        mode: str = ...,
        *,
        rate: float | None = ...,
        language: str | None = ...,
        emotions: Sequence[str] | None = ...,
        scores: bool = ...,
        measure: bool = ...,
        segments: bool | Segmentation | None = ...,
    ) -> Recognition: ...

    @overload
    def recognize(  # type: ignore[overload-overlap]  # a text is an iterable, too
        self,
        audio: str | PathLike[str],
        mode: str = ...,
        *,
        rate: float | None = ...,
        language: str | None = ...,
        emotions: Sequence[str] | None = ...,
        scores: bool = ...,
        measure: bool = ...,
        segments: bool | Segmentation | None = ...,
    ) -> Recognition | Any: ...  # a list for a folder

    @overload
    def recognize(
        self,
        audio: Iterable[Audio],
        mode: str = ...,
        *,
        rate: float | None = ...,
        language: str | None = ...,
        emotions: Sequence[str] | None = ...,
        scores: bool = ...,
        measure: bool = ...,
        segments: bool | Segmentation | None = ...,
    ) -> list[Recognition]: ...

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
        segments: bool | Segmentation | None = None,
    ) -> Recognition | list[Recognition]:
        """Recognizes the emotion of one utterance, or of each of several, in batches of similar length.

        Args:
            audio: a file that libsndfile or ffmpeg reads, at any sampling rate; a floating point array (N,) with values
                from -1 to 1; a folder, whose audio files are taken with those in its folders; or a list of these.
            mode: ``implicit`` names the emotion directly, ``explicit`` gives reasons first.
            rate: sampling rate of arrays, Hz; None for 16 kHz.
            language: ISO 639-1 of what is said, which the answers are given in, ``zh`` in Chinese and all else in
                English; by default the model chooses.
            emotions: those of the label set that may be answered; None for all.
            scores: compute the probability of each emotion.
            measure: measure pitch, loudness and speaking rate, which needs the extra ``[recipe]``. The rate needs the
                words, of an explicit answer or a recogniser (``asr`` of `from_pretrained`), and their language.
            segments: answer in segments of speech, each with its time; True for all audio, False for none, which may
                have at most two minutes then, None for recordings of more than 30 s. A `Segmentation` is True, and says
                how they are cut.

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
        request = Request(mode, rate, language, emotions, scores, measure, segments)
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
        segments: bool | Segmentation | None = None,
    ) -> Iterator[Recognition | InputError]:
        """Recognizes the emotions of files, in batches of similar length.

        Only as many files as some batches hold are in memory, whatever their number. A thread reads the next ones.

        Args:
            files: as in `recognize`, or an iterator of them, which that thread advances.
            mode: ``implicit`` or ``explicit``.
            batch_samples: samples of a batch at 16 kHz, padding included; a longer file is a batch of its own.
            features: Emotion2Vec-S tokens by the files' names without suffix; by default they are computed.
            rate: as in `recognize`, and so are the following.
            language: of all files.
            emotions: that may be answered.
            scores: compute probabilities.
            measure: measure attributes.
            segments: answer in segments.

        Yields:
            For each file, in the order given, the recognition, or the error that says why the file cannot be used.

        Raises:
            InputError: the features are of another encoder than the model's, or as in `recognize` but for the files.

        Example:
            >>> for recognition in model.recognize_files(["a.wav", "b.wav"]):  # doctest: +SKIP
            ...     print(recognition)
        """
        request = Request(mode, rate, language, emotions, scores, measure, segments)
        return self._recognize(sources(files), request, batch_samples=batch_samples, features=features)

    def _recognize(
        self,
        items: Iterable[Source],
        request: Request,
        *,
        batch_samples: int = BATCH_SAMPLES,
        features: GivenFeatures | None = None,
    ) -> Iterator[Recognition | InputError]:
        """Answers what some batches hold, while a thread reads more, and puts the segments of recordings together."""
        request = request.checked(self.recognizer.emotions)
        if request.measure:
            check_installed()
        answerer = self._answerer()
        if features is not None:
            features.check(answerer.encoder)
        reader = PieceReader(request, self.measurer is not None or request.measure, features)
        pieces = chain.from_iterable(map(reader.read, items))
        segments: list[Segment] = []
        for ahead in prefetch(list, _ahead(pieces, READ_AHEAD * batch_samples)):
            answers = _answer(answerer, ahead, request, batch_samples=batch_samples)
            for place, piece in enumerate(ahead):
                path = piece.source.path
                if piece.span is not None:
                    segments.append(Segment(*piece.span, answers[place]))
                elif piece.error is not None:
                    yield piece.error
                    segments = []
                elif piece.speech is None:
                    yield join(segments, piece.seconds, path=path)
                    segments = []
                else:
                    yield replace(answers[place], path=path)

    def _answerer(self) -> "Answerer":
        from c2ser.systems.answering import Answerer

        return Answerer(self.emotion2vec, self.recognizer, self.measurer, self.transcriber)


def _answer(
    answerer: "Answerer", pieces: Sequence[Piece], request: Request, *, batch_samples: int
) -> dict[int, Recognition]:
    """Answers those pieces that are speech, by their places, in batches of similar length."""
    answers: dict[int, Recognition] = {}
    speech = {place: piece.speech for place, piece in enumerate(pieces) if piece.speech is not None}
    lengths = {place: item.num_samples for place, item in speech.items()}
    for batch in length_batches(lengths, batch_samples):
        recognitions = answerer.answer([speech[place] for place in batch], request)
        answers |= zip(batch, recognitions, strict=True)
    return answers


def _ahead(pieces: Iterable[Piece], samples: int) -> Iterator[list[Piece]]:
    """Yields as many pieces as have a number of samples together."""
    ahead: list[Piece] = []
    held = 0
    for piece in pieces:
        ahead.append(piece)
        held += 0 if piece.speech is None else piece.speech.num_samples
        if held >= samples:
            yield ahead
            ahead, held = [], 0
    if ahead:
        yield ahead
