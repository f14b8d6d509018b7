"""Whisper as a recogniser: language and words from one pass of its encoder, decoded greedily."""

import zlib
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import (
    AutoConfig,
    DynamicCache,
    EncoderDecoderCache,
    GenerationConfig,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
)
from transformers.modeling_outputs import BaseModelOutput

from c2ser.checkpoints.fingerprint import computation_fingerprint
from c2ser.checkpoints.pretrained import load_pretrained, read_pretrained
from c2ser.compatibility import CACHE
from c2ser.data.audio import SAMPLE_RATE
from c2ser.encoders import log_mel, whisper
from c2ser.encoders.log_mel import CHUNK
from c2ser.encoders.whisper import SemanticEncoder
from c2ser.errors import InputError
from c2ser.settings import torch_dtype

# Limits beyond which OpenAI's code discards or re-decodes a window; here such windows are left empty. OpenAI's code
# accepts likely words in spite of NO_SPEECH, but "you" is likely in silence.
NO_SPEECH = 0.6  # maximum probability of no speech
LOG_PROBABILITY = -1.0  # minimum mean over the tokens
COMPRESSION_RATIO = 2.4  # maximum of the text by zlib; loops exceed it

TOKENS, TOKENS_PER_SECOND = 20, 20  # what a window may have, more than the fastest speech has; a loop has no end
SEARCH, FRAME = 5 * SAMPLE_RATE, SAMPLE_RATE // 10  # where a long recording may be cut, and how finely
ISO_CODES = {"jw": "jv"}  # where Whisper's differ


class Transcript(NamedTuple):
    """A transcript.

    Attributes:
        text: the words; empty if none were recognised.
        language: of the words, ISO 639-1; None without words.
    """

    text: str
    language: str | None


class Hypothesis(NamedTuple):
    """Output of the decoder.

    Attributes:
        tokens: of the words, and the end of text if it was reached.
        language: of the words, ISO 639-1.
        no_speech: probability of no speech.
        log_probability: mean over the tokens.
    """

    tokens: list[int]
    language: str
    no_speech: float
    log_probability: float


class Transcriber:
    """Transcribes speech with a Whisper of any size, multilingual or English only.

    Args:
        model: the model, with the generation configuration that it was published with.
        tokenizer: its tokenizer.

    Attributes:
        languages: the languages that it knows, ISO 639-1.

    Raises:
        InputError: the generation configuration does not tell languages and tasks.
    """

    def __init__(self, model: WhisperForConditionalGeneration, tokenizer: WhisperTokenizer):
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.encoder = SemanticEncoder(model.get_encoder()).eval().to(model.device)
        self.config = model.generation_config
        self._prompts = _prompts(self.config)
        self.languages = list(self._prompts)

    @classmethod
    def load(cls, name: str, dtype: str = "float32", *, device: str = "cpu") -> "Transcriber":
        """Loads a hub id or a folder.

        Raises:
            InputError: there is no Whisper, with a tokenizer, that can be used.
        """
        weights_dtype = torch_dtype(dtype, "dtype")
        kind = read_pretrained(AutoConfig, name, role="model").model_type
        if kind != "whisper":
            raise InputError(f"model '{name}': a {kind}, not a Whisper; give a hub id or a folder of a Whisper")
        model = load_pretrained(WhisperForConditionalGeneration, name, role="model", dtype=weights_dtype)
        tokenizer = read_pretrained(WhisperTokenizer, name, role="model")
        return cls(model.to(device), tokenizer)

    def to(self, device: str | torch.device) -> "Transcriber":
        """Moves the model to a device."""
        self.model.to(device)
        self.encoder.to(device)
        return self

    def computation(self) -> str:
        """Names what makes words from waveforms."""
        code = (__file__, whisper.__file__, log_mel.__file__)
        return computation_fingerprint(self.model, self.config.to_json_string(), code=code)

    def transcribe(self, waveforms: Sequence[np.ndarray], languages: Sequence[str | None]) -> list[Transcript]:
        """Transcribes a batch.

        What is longer than 30 s is cut into `windows`, which are transcribed one after the other, all in the language
        of the first in which words are heard.

        Args:
            waveforms: (samples,) each, at 16 kHz, of any length.
            languages: of each, one of `languages`; None to detect it.
        """
        texts, languages = [[] for _ in waveforms], list(languages)
        for parts in zip_longest(*map(windows, waveforms)):
            rows = [row for row, part in enumerate(parts) if part is not None]
            heard = self._transcribe_windows([parts[row] for row in rows], [languages[row] for row in rows])
            for row, transcript in zip(rows, heard):
                if transcript.text:
                    texts[row].append(transcript.text)
                    languages[row] = transcript.language
        return [Transcript(" ".join(words), language) for words, language in zip(texts, languages)]

    @torch.inference_mode()
    def _transcribe_windows(self, windows: Sequence[np.ndarray], languages: Sequence[str | None]) -> list[Transcript]:
        """Transcribes waveforms of at most 30 s, to which silence is added up to that, as Whisper was trained."""
        padded = np.stack([np.pad(window, (0, CHUNK - len(window))) for window in windows])
        padded = torch.from_numpy(padded).to(self.model.device)
        states, _ = self.encoder(padded, torch.full((len(padded),), CHUNK, device=padded.device))
        limits = [TOKENS + TOKENS_PER_SECOND * len(window) // SAMPLE_RATE for window in windows]
        return [self._believed(said) for said in self._decode(states[:, :, 0], languages, limits)]

    def _decode(self, states: Tensor, languages: Sequence[str | None], limits: Sequence[int]) -> list[Hypothesis]:
        """Decodes hidden states (B, T, D) of the encoder greedily, up to ``limits`` (B,) tokens."""
        config, device = self.config, states.device
        memory = BaseModelOutput(last_hidden_state=states)
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())

        def next_logits(tokens: Tensor) -> Tensor:
            output = self.model(encoder_outputs=memory, decoder_input_ids=tokens, use_cache=True, **{CACHE: cache})
            return output.logits[:, -1].float()

        logits = next_logits(torch.full((len(states), 1), config.decoder_start_token_id, device=device))
        no_speech = logits.softmax(-1)[:, config.no_timestamps_token_id - 1]
        detected = logits[:, [prompt[0] for prompt in self._prompts.values()]].argmax(-1).tolist()
        languages = [known or self.languages[index] for known, index in zip(languages, detected)]
        logits = next_logits(torch.tensor([self._prompts[language] for language in languages], device=device))
        logits[:, config.begin_suppress_tokens or []] = -torch.inf

        room = self.model.config.max_target_positions - cache.get_seq_length()
        limit = torch.tensor(limits, device=device).clamp(max=room)
        going = torch.ones_like(limit, dtype=torch.bool)
        lengths, total, tokens = torch.zeros_like(limit), torch.zeros_like(no_speech), []
        while True:
            logits[:, config.suppress_tokens or []] = -torch.inf
            log_probability, token = logits.log_softmax(-1).max(-1)
            tokens.append(token)
            lengths += going
            total += log_probability.masked_fill(~going, 0.0)
            going &= (token != config.eos_token_id) & (lengths < limit)
            if not going.any():
                break
            logits = next_logits(token.unsqueeze(1))
        said = [row[:length] for row, length in zip(torch.stack(tokens, 1).tolist(), lengths.tolist())]
        return [Hypothesis(*row) for row in zip(said, languages, no_speech.tolist(), (total / lengths).tolist())]

    def _believed(self, said: Hypothesis) -> Transcript:
        """Returns the words, or none where Whisper hears no speech, is not sure, or runs into a loop."""
        text = " ".join(self.tokenizer.decode(said.tokens, skip_special_tokens=True).split())
        words = any(map(str.isalnum, text))  # and not "..." or a note of music
        sure = said.no_speech <= NO_SPEECH and said.log_probability >= LOG_PROBABILITY
        loop = said.tokens[-1] != self.config.eos_token_id or _compression_ratio(text) > COMPRESSION_RATIO
        return Transcript(text if words and sure and not loop else "", said.language)


def windows(waveform: np.ndarray) -> Iterator[np.ndarray]:
    """Cuts a waveform (samples,) into such of at most 30 s, each at the quietest place of its last five seconds."""
    while len(waveform) > CHUNK:
        energies = np.square(waveform[CHUNK - SEARCH : CHUNK]).reshape(-1, FRAME).mean(axis=1)
        end = CHUNK - SEARCH + int(energies.argmin()) * FRAME + FRAME // 2
        yield waveform[:end]
        waveform = waveform[end:]
    yield waveform


def _prompts(config: GenerationConfig) -> dict[str, list[int]]:
    """Returns what the decoder is told after the first token, by language."""
    try:
        if not config.is_multilingual:
            return {"en": [config.no_timestamps_token_id]}
        codes = {token.strip("<|>"): index for token, index in config.lang_to_id.items()}
        task = [config.task_to_id["transcribe"], config.no_timestamps_token_id]
    except (AttributeError, KeyError) as error:
        raise InputError(f"the model's generation_config.json: {error}; take that of the original Whisper") from None
    codes = {ISO_CODES.get(code, code): index for code, index in codes.items()}
    return {code: [index, *task] for code, index in codes.items() if len(code) == 2}


def _compression_ratio(text: str) -> float:
    content = text.encode()
    return len(content) / len(zlib.compress(content))
