"""Published models that hear and chat, asked for the emotion: Qwen2-Audio and Qwen2.5-Omni.

References:
    Chu et al.: Qwen2-Audio technical report (arXiv 2407.10759).
    Xu et al.: Qwen2.5-Omni technical report (arXiv 2503.20215).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch
from transformers import (
    AutoProcessor,
    AutoTokenizer,
    BatchFeature,
    PreTrainedModel,
    ProcessorMixin,
    Qwen2_5OmniProcessor,
    Qwen2_5OmniThinkerForConditionalGeneration,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    WhisperFeatureExtractor,
)

from c2ser.checkpoints.fingerprint import model_files_fingerprint
from c2ser.checkpoints.pretrained import load_pretrained, read_pretrained
from c2ser.data.resample import SAMPLE_RATE
from c2ser.errors import InputError
from c2ser.systems.questions import Question
from c2ser.systems.recognition import Recognition
from c2ser.systems.recognizer import AUDIO, Speech


class AudioChatRecognizer:
    """Asks a model about each utterance, of which it hears as much as its feature extractor takes.

    Subclasses say which model.

    Args:
        model: the model.
        processor: turns text and audio into its inputs.
        emotions: the label set.
        question: what it is asked.
        files: what distinguishes its weights from others.

    Attributes:
        system: name of the system.
        model_class: class of the model in transformers.
    """

    system: str
    model_class: type[PreTrainedModel]
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
    ) -> "AudioChatRecognizer":
        """Loads a hub id or a folder, in the type that its weights have.

        Raises:
            InputError: there is no such model, or its weights are not all there.
        """
        processor = cls.load_processor(model)
        loaded = load_pretrained(cls.model_class, model, role=cls.system, dtype="auto")
        files = model_files_fingerprint(model)
        return cls(loaded.to(device), processor, emotions=emotions, question=question, files=files)

    @classmethod
    def load_processor(cls, model: str) -> ProcessorMixin:
        """Loads what turns text and audio into the model's inputs.

        Raises:
            InputError: there is none, or it takes no audio.
        """
        raise NotImplementedError

    @torch.inference_mode()
    def recognize(self, batch: Sequence[Speech], mode: str) -> list[Recognition]:
        """Answers a batch by the most probable tokens; the mode plays no part."""
        inputs = self.inputs(batch)
        tokens = self.model.generate(**inputs, do_sample=False, max_new_tokens=self.question.max_new_tokens)
        answers = self.processor.batch_decode(tokens[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        return [
            Recognition(self.question.emotion(text, speech.emotions or self.emotions), text.strip())
            for text, speech in zip(answers, batch, strict=True)
        ]

    def inputs(self, batch: Sequence[Speech]) -> BatchFeature:
        """Returns question and audio of a batch as the model takes them, the tokens padded on the left.

        Args:
            batch: utterances with audio.
        """
        inputs = self.processor(
            text=[self._prompt(speech) for speech in batch],
            audio=[speech.audio for speech in batch],
            sampling_rate=SAMPLE_RATE,
            padding=True,
            return_tensors="pt",
        )
        return inputs.to(self.model.device, self.model.dtype)

    def _prompt(self, speech: Speech) -> str:
        messages = self.question.messages(speech.emotions or self.emotions)
        return self.processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)

    def identity(self) -> Mapping[str, Any]:
        """Returns what its answers depend on besides the input."""
        return {
            "system": self.system,
            "files": self.files,
            "emotions": self.emotions,
            "question": asdict(self.question),
        }


class Qwen2AudioRecognizer(AudioChatRecognizer):
    """Qwen2-Audio; it hears the first 30 s.

    Example:
        >>> options = {"emotions": ["angry", "sad"], "question": read_question("qwen2_audio.yaml")}  # doctest: +SKIP
        >>> recognizer = Qwen2AudioRecognizer.load("Qwen/Qwen2-Audio-7B-Instruct", **options)  # doctest: +SKIP
        >>> recognizer.recognize([Speech(waveform)], "implicit")[0].text  # doctest: +SKIP
        'The speaker sounds sad.'
    """

    system = "qwen2_audio"
    model_class = Qwen2AudioForConditionalGeneration

    @classmethod
    def load_processor(cls, model: str) -> ProcessorMixin:
        """See `AudioChatRecognizer.load_processor`."""
        processor = read_pretrained(AutoProcessor, model, role=cls.system)
        if getattr(processor, "audio_token", None) is None:
            raise InputError(f"{cls.system} '{model}': not a Qwen2-Audio; its processor has no token for audio")
        return processor


class Qwen25OmniRecognizer(AudioChatRecognizer):
    """Qwen2.5-Omni's thinker, which writes; what would speak is not loaded.

    Example:
        >>> options = {"emotions": ["angry", "sad"], "question": read_question("qwen2_5_omni.yaml")}  # doctest: +SKIP
        >>> recognizer = Qwen25OmniRecognizer.load("Qwen/Qwen2.5-Omni-7B", **options)  # doctest: +SKIP
    """

    system = "qwen2_5_omni"
    model_class = Qwen2_5OmniThinkerForConditionalGeneration

    @classmethod
    def load_processor(cls, model: str) -> ProcessorMixin:
        """See `AudioChatRecognizer.load_processor`.

        Audio and text become inputs as in Qwen2-Audio; its own processor would want torchvision for images.
        """
        tokenizer = read_pretrained(AutoTokenizer, model, role=cls.system)
        extractor = read_pretrained(WhisperFeatureExtractor, model, role=cls.system)
        settings, _ = Qwen2_5OmniProcessor.get_processor_dict(model)
        template = settings.get("chat_template") or tokenizer.chat_template
        if getattr(tokenizer, "audio_token", None) is None or template is None:
            raise InputError(f"{cls.system} '{model}': not a Qwen2.5-Omni; it has no token for audio or chat template")
        return Qwen2AudioProcessor(feature_extractor=extractor, tokenizer=tokenizer, chat_template=template)
