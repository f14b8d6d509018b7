"""Batches of speech are answered: acoustic tokens, the answer, and what is measured and transcribed beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from c2ser.data.provenance import Provenance
from c2ser.data.resample import SAMPLE_RATE
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.measuring import SpeechMeasurer, measure_recording, transcribe_speech
from c2ser.systems.recognition import Recognition
from c2ser.systems.recognizer import Speech
from c2ser.systems.request import Request
from c2ser.transcription import Transcriber


@dataclass(frozen=True)
class Answerer:
    """The models that answer.

    Attributes:
        emotion2vec: computes the acoustic tokens.
        recognizer: answers.
        measurer: finds out the reasons that the recognizer takes as measured; None where it takes none.
        transcriber: recognises the words of what is answered without measured reasons; None to leave them to the
            answer.

    Example:
        >>> answerer = Answerer(emotion2vec, recognizer)  # doctest: +SKIP
        >>> answerer.answer([Speech(waveform)], Request("explicit"))[0].transcript  # doctest: +SKIP
        'Tomorrow it will rain.'
    """

    emotion2vec: Emotion2Vec
    recognizer: C2SERRecognizer
    measurer: SpeechMeasurer | None = None
    transcriber: Transcriber | None = None

    @property
    def encoder(self) -> Provenance:
        """What computes the acoustic tokens."""
        return feature_provenance(self.emotion2vec, "utterance")

    def answer(self, batch: Sequence[Speech], request: Request) -> list[Recognition]:
        """Answers speech as one batch.

        Args:
            batch: utterances; acoustic tokens are computed unless the first one has them.
            request: what is asked.
        """
        if batch[0].emotion2vec_s is None:
            outputs = self.emotion2vec.extract([speech.audio for speech in batch], None, batch_samples=None)
            batch = [replace(speech, emotion2vec_s=tokens["utterance"]) for speech, tokens in zip(batch, outputs)]
        recordings = [speech.own_recording() for speech in batch]
        if self.measurer is not None and request.mode == "explicit":
            batch = self.measurer.measure(batch)
        recognitions = self.recognizer.recognize(batch, request.mode, scores=request.scores)
        words = self._words(batch, recognitions)
        recognitions = [
            replace(recognition, transcript=transcript, seconds=speech.num_samples / SAMPLE_RATE)
            for recognition, speech, (transcript, _) in zip(recognitions, batch, words, strict=True)
        ]
        if not request.measure:
            return recognitions
        thresholds = self.recognizer.thresholds
        return [
            replace(recognition, measured=measure_recording(own, thresholds, transcript=said, language=language))
            for recognition, own, (said, language) in zip(recognitions, recordings, words, strict=True)
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
