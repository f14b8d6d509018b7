"""SenseVoice's emotion tags, by FunASR's own code.

References:
    An et al.: FunAudioLLM: voice understanding and generation foundation models for natural interaction between humans
    and LLMs (arXiv 2407.04051).
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from c2ser.checkpoints.fingerprint import model_files_fingerprint
from c2ser.checkpoints.pickles import load_checkpoint
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.systems.recognition import Recognition
from c2ser.systems.recognizer import AUDIO, Speech
from c2ser.systems.restriction import most_probable

# Emotions that have a tag, such as <|HAPPY|>; a further one, <|EMO_UNKNOWN|>, names none.
TAGGED = ("angry", "happy", "neutral", "sad", "surprised", "disgusted", "fearful")
EMOTION_FRAME = 1  # before the words come language, emotion, event and style, a frame each


class SenseVoiceRecognizer:
    """Answers by the probabilities of the emotion tags; each utterance is a batch, so that none depends on others.

    The text is what SenseVoice writes: tags, with ``<|EMO_UNKNOWN|>`` where that is the most probable, and words. The
    emotion is the most probable one of the label set.

    Args:
        model: FunASR's ``SenseVoiceSmall``.
        settings: what FunASR's ``AutoModel.build_model`` returned with it: tokenizer, frontend and others.
        emotions: the label set; those that have no tag are never answered.
        files: what distinguishes its weights from others.

    Example:
        >>> recognizer = SenseVoiceRecognizer.load("SenseVoiceSmall", emotions=["angry", "sad"])  # doctest: +SKIP
        >>> recognizer.recognize([Speech(waveform)], "implicit")[0].text  # doctest: +SKIP
        '<|en|><|SAD|><|Speech|><|woitn|>i do not know'
    """

    needs = frozenset({AUDIO})
    encoder = None
    thresholds = None

    def __init__(self, model: Any, settings: Mapping[str, Any], *, emotions: Sequence[str], files: str = ""):
        self.model, self.settings, self.files = model, dict(settings), files
        self.emotions = tuple(emotion for emotion in EMOTIONS if emotion in emotions and emotion in TAGGED)
        if len(self.emotions) < 2:
            raise InputError(f"sensevoice: fewer than two of {', '.join(emotions)} have a tag; {', '.join(TAGGED)} do")
        self.settings["frontend"].dither = 0.0  # by default noise is added, and no two answers would be the same
        self._logits: list[torch.Tensor] = []
        self.model.ctc.ctc_lo.register_forward_hook(lambda _, inputs, output: self._logits.append(output))

    @classmethod
    def load(cls, model: str, *, emotions: Sequence[str], device: str = "cpu") -> "SenseVoiceRecognizer":
        """Loads a folder with SenseVoice's files; nothing is downloaded, and no code in the folder is executed.

        Raises:
            InputError: FunASR is not installed, or there is no SenseVoice in the folder.
        """
        folder = Path(model)
        if not (folder / "config.yaml").is_file() or not (folder / "model.pt").is_file():
            raise InputError(f"sensevoice '{model}': no folder with config.yaml and model.pt; download SenseVoiceSmall")
        try:
            from funasr import AutoModel
        except ImportError:
            raise InputError("sensevoice needs the package funasr; pip install funasr") from None
        loaded, settings = AutoModel.build_model(
            model=str(folder), device=device, ncpu=torch.get_num_threads(), trust_remote_code=False
        )
        if type(loaded).__name__ != "SenseVoiceSmall":
            raise InputError(f"sensevoice '{model}': config.yaml is of a {type(loaded).__name__}")
        _check_weights(loaded, folder / "model.pt")
        return cls(loaded, settings, emotions=emotions, files=model_files_fingerprint(folder))

    @torch.inference_mode()
    def recognize(self, batch: Sequence[Speech], mode: str) -> list[Recognition]:
        """Answers a batch; the mode plays no part."""
        return [self._recognize(speech) for speech in batch]

    def _recognize(self, speech: Speech) -> Recognition:
        audio = [torch.from_numpy(speech.audio)]
        ((answer,), _) = self.model.inference(audio, key=["utterance"], language="auto", **self.settings)
        tokenizer = self.settings["tokenizer"].sp
        tags = [tokenizer.piece_to_id(f"<|{emotion.upper()}|>") for emotion in self.emotions]
        shares = self._logits.pop()[0, EMOTION_FRAME, tags].float().softmax(0).tolist()
        found = most_probable(dict(zip(self.emotions, shares, strict=True)), speech)
        words = re.sub(r"<\|[^|]*\|>", "", answer["text"]).strip()
        return Recognition(found.emotion, answer["text"], found.scores, transcript=words)

    def identity(self) -> Mapping[str, Any]:
        """Returns what its answers depend on besides the input."""
        return {"system": "sensevoice", "files": self.files, "emotions": self.emotions}


def _check_weights(model: torch.nn.Module, path: Path) -> None:
    """Checks that all weights were in the file: FunASR leaves the others as they happen to be."""
    state = load_checkpoint(path)
    for key in ("state_dict", "model_state_dict", "model"):
        state = state[key] if isinstance(state, Mapping) and key in state else state
    known = {name.removeprefix("module.") for name in state} if isinstance(state, Mapping) else set()
    if missing := sorted(model.state_dict().keys() - known):
        raise InputError(f"{path}: {missing[0]} is missing ({len(missing)} such weights); download the model again")
