"""Qwen2-Audio as it is published, asked for the emotion; prompt and words for emotions are in a file.

References:
    Chu et al.: Qwen2-Audio technical report (arXiv 2407.10759).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import AutoProcessor, PreTrainedModel, ProcessorMixin, Qwen2AudioForConditionalGeneration

from c2ser.checkpoints.fingerprint import model_files_fingerprint
from c2ser.checkpoints.pretrained import load_pretrained, read_pretrained
from c2ser.data.resample import SAMPLE_RATE
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.languages import read_emotion
from c2ser.settings import build_from_mapping, read_settings
from c2ser.systems.recognition import Recognition
from c2ser.systems.recognizer import AUDIO, Speech

EMOTIONS_PLACE = "{emotions}"


@dataclass(frozen=True)
class Question:
    """What a model that hears is asked, and how its answer is read.

    Attributes:
        prompt: the question; ``{emotions}`` in it becomes the label set.
        system: message of the system; None for the model's own.
        words: word or phrase of an answer -> emotion, beside the words that `c2ser.languages.read_emotion` knows.
        max_new_tokens: greatest length of an answer.

    Example:
        >>> Question("Which emotion?", words={"chirpy": "happy"}).emotion("Chirpy.", ["happy", "sad"])
        'happy'
    """

    prompt: str
    system: str | None = None
    words: dict[str, str] = field(default_factory=dict)
    max_new_tokens: int = 64

    def __post_init__(self):
        unknown = [emotion for emotion in self.words.values() if emotion not in EMOTIONS]
        if unknown:
            raise ValueError(f"words: unknown emotion '{unknown[0]}'; known are {', '.join(EMOTIONS)}")

    def emotion(self, answer: str, emotions: Sequence[str]) -> str | None:
        """Returns the emotion that an answer names.

        Args:
            answer: of the model.
            emotions: those that it may name.

        Returns:
            What `read_emotion` finds where the emotions stand in the place of ``words``; None where it names none.
        """
        for word, emotion in self.words.items():
            answer = re.sub(rf"\b{re.escape(word)}\b", emotion, answer, flags=re.IGNORECASE)
        return read_emotion(answer, emotions)


def read_question(path: str | Path) -> Question:
    """Reads a YAML file of the fields of `Question`.

    Raises:
        InputError: a field is unknown, missing or of a wrong type.
    """
    return build_from_mapping(Question, read_settings(path), name="", file=path)


class Qwen2AudioRecognizer:
    """Asks the model about each utterance; it hears the first 30 s.

    Args:
        model: the model.
        processor: its processor.
        emotions: the label set.
        question: what it is asked.
        files: what distinguishes its weights from others.

    Example:
        >>> options = {"emotions": ["angry", "sad"], "question": read_question("qwen2_audio.yaml")}  # doctest: +SKIP
        >>> recognizer = Qwen2AudioRecognizer.load("Qwen/Qwen2-Audio-7B-Instruct", **options)  # doctest: +SKIP
        >>> recognizer.recognize([Speech(waveform)], "implicit")[0].text  # doctest: +SKIP
        'The speaker sounds sad.'
    """

    needs = frozenset({AUDIO})
    encoder = None
    thresholds = None

    def __init__(
        self,
        model: PreTrainedModel,
        processor: ProcessorMixin,
        *,
        emotions: Sequence[str],
        question: Question,
        files: str = "",
    ):
        self.model, self.processor = model.eval(), processor
        self.emotions, self.question, self.files = tuple(emotions), question, files
        self.processor.tokenizer.padding_side = "left"

    @classmethod
    def load(
        cls, model: str, *, emotions: Sequence[str], question: Question, device: str = "cpu"
    ) -> "Qwen2AudioRecognizer":
        """Loads a hub id or a folder, in the type that its weights have.

        Raises:
            InputError: there is no such model, or its weights are not all there.
        """
        processor = read_pretrained(AutoProcessor, model, role="qwen2_audio")
        if getattr(processor, "audio_token", None) is None:
            raise InputError(f"qwen2_audio '{model}': not a Qwen2-Audio; its processor has no token for audio")
        loaded = load_pretrained(Qwen2AudioForConditionalGeneration, model, role="qwen2_audio", dtype="auto")
        files = model_files_fingerprint(model)
        return cls(loaded.to(device), processor, emotions=emotions, question=question, files=files)

    @torch.inference_mode()
    def recognize(self, batch: Sequence[Speech], mode: str) -> list[Recognition]:
        """Answers a batch by the most probable tokens; the mode plays no part."""
        inputs = self.processor(
            text=[self._prompt(speech) for speech in batch],
            audio=[speech.audio for speech in batch],
            sampling_rate=SAMPLE_RATE,
            padding=True,
            return_tensors="pt",
        ).to(self.model.device, self.model.dtype)
        tokens = self.model.generate(**inputs, do_sample=False, max_new_tokens=self.question.max_new_tokens)
        answers = self.processor.batch_decode(tokens[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        return [
            Recognition(self.question.emotion(text, speech.emotions or self.emotions), text.strip())
            for text, speech in zip(answers, batch, strict=True)
        ]

    def _prompt(self, speech: Speech) -> str:
        words = ", ".join(speech.emotions or self.emotions)
        content = [{"type": "audio"}, {"type": "text", "text": self.question.prompt.replace(EMOTIONS_PLACE, words)}]
        system = [] if self.question.system is None else [{"role": "system", "content": self.question.system}]
        return self.processor.apply_chat_template(
            [*system, {"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
        )

    def identity(self) -> Mapping[str, Any]:
        """Returns what its answers depend on besides the input."""
        return {
            "system": "qwen2_audio",
            "files": self.files,
            "emotions": self.emotions,
            "question": asdict(self.question),
        }
