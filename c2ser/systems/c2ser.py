"""C²SER as a recognizer: the audio language model on speech whose acoustic tokens are known."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from c2ser.acoustics.levels import ATTRIBUTES, UNKNOWN, Thresholds
from c2ser.alm.answers import LabelAnswers, answer_openings, label_answers
from c2ser.alm.experiments import load_experiment, trained_encoder
from c2ser.alm.model import C2SERModel
from c2ser.data.batches import consecutive
from c2ser.data.provenance import Provenance
from c2ser.data.resample import SAMPLE_RATE
from c2ser.errors import InputError
from c2ser.languages import LANGUAGES, language_of, read_emotion
from c2ser.lm.generation import Decoding
from c2ser.lm.weights import weights_digest
from c2ser.packing.format import DECODING, is_packed
from c2ser.packing.hub import locate
from c2ser.packing.packed_model import PackedModel
from c2ser.rationales.templates import (
    ANSWERS,
    explicit_beginnings,
    explicit_parts,
    explicit_target,
    implicit_target,
)
from c2ser.systems.choice import Choice, choose
from c2ser.systems.options import GENERATED, MEASURED, check_wording, packed_options
from c2ser.systems.recognition import Recognition
from c2ser.systems.recognizer import AUDIO, EMOTION2VEC_S, LEVELS, TRANSCRIPT, Speech
from c2ser.systems.restriction import conclude_within, restrict

# An implicit answer has fewer than ten words; an explicit one contains the transcript too.
MAX_NEW_TOKENS = {"explicit": 256, "implicit": 24}
# What each core of a CPU perceives at once: Whisper's states of more do not fit into its cache and take a fifth longer.
CORE_SAMPLES = 20 * SAMPLE_RATE
UNKNOWN_LEVELS = (UNKNOWN,) * len(ATTRIBUTES)

Scores = dict[str, float]


class C2SERRecognizer:
    """An audio language model that answers batches of speech.

    Args:
        model: the model.
        emotions: the label set.
        num_beams: 1 is greedy search; the release uses 4.
        top_k: most probable tokens that each beam or sample chooses from; 0 is all, the release's decoding comes to 2.
        repetition_penalty: of tokens that an answer already has; 1 is none, the release uses 1.05.
        temperature: 0 takes the most probable token; above 0, tokens are sampled.
        top_p: probability mass of the tokens that are sampled from.
        seed: of sampling; an utterance's answer depends on it and on the utterance's id.
        max_new_tokens: greatest length of an answer; by default that of `MAX_NEW_TOKENS`.
        end_tokens: ids of the tokens that end an answer; by default the tokenizer's end mark.
        answers: how the model words implicit answers, by language, see `c2ser.rationales.templates.ANSWERS`; empty
            where that is not known. A model that answers in one language has only this, whatever is asked for.
        reasons: of explicit answers: `GENERATED`, or `MEASURED`, which lets the model conclude from levels and words
            that `Speech` has. They are worded as the targets of the training are, in `explicit_target`.
        scores: compute the emotions' probabilities: those of the label set's answers in the language that the utterance
            is to be answered in, or in its own one, given that the answer is one of them. Where neither is known, it is
            the language whose implicit answers are together the most probable ones; reasons are in English then. Of
            generated reasons: those of the conclusions, given the reasons; none where the answer has no conclusion.
        constrained: give the most probable of these answers, so that such an answer always names one emotion of the
            label set. The search is exhaustive; beams, penalty, sampling and length play no part.
        prompt: what the model is asked in both modes, instead of its own prompts.
        llm_float32: compute the language model in float32 if it has another type, so that its rounding, which in
            bfloat16 differs from batch to batch, changes no answer; takes twice the memory.

    Raises:
        InputError: an option is out of range, or scores or constrained answers are asked for and ``answers`` is empty.

    Example:
        >>> recognizer = C2SERRecognizer.load("exp/packed")  # doctest: +SKIP
        >>> recognizer.recognize([Speech(waveform, tokens)], "implicit")[0].emotion  # doctest: +SKIP
        'happy'
    """

    def __init__(
        self,
        model: C2SERModel,
        emotions: Sequence[str],
        *,
        num_beams: int = 1,
        top_k: int = 0,
        repetition_penalty: float = 1.0,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        max_new_tokens: int | None = None,
        end_tokens: Sequence[int] = (),
        answers: Mapping[str, str] = ANSWERS,
        reasons: str = GENERATED,
        scores: bool = False,
        constrained: bool = False,
        prompt: str | None = None,
        llm_float32: bool = False,
    ):
        self.model = model.eval()
        if prompt is not None:
            model.set_prompt(prompt)
        if llm_float32:
            model.llm.float()
        self.encoder: Provenance | None = None
        self.thresholds: Thresholds | None = None
        self.emotions = list(emotions)
        self.max_new_tokens = max_new_tokens
        self.decoding = {
            mode: Decoding(
                max_new_tokens or bound,
                num_beams,
                repetition_penalty,
                temperature,
                top_p,
                top_k=top_k,
                end_tokens=tuple(end_tokens),
            )
            for mode, bound in MAX_NEW_TOKENS.items()
        }
        self.seed = seed
        self.answers = dict(answers)
        self._take_reasons(reasons)
        self.scores = scores or constrained
        self.constrained = constrained
        _check_end_tokens(end_tokens, model)
        check_wording(answers, needed=self.scores and reasons == GENERATED, model="the model")
        self._implicit_answers = cache(self._word_implicit_answers)
        self._openings = cache(self._language_openings)

    def _take_reasons(self, reasons: str) -> None:
        """Sets the reasons of explicit answers; after measured ones only the emotion is left to say."""
        measured = reasons == MEASURED
        self.reasons = reasons
        self.needs = frozenset({AUDIO, EMOTION2VEC_S} | ({LEVELS, TRANSCRIPT} if measured else set()))
        longest = self.max_new_tokens or MAX_NEW_TOKENS["implicit" if measured else "explicit"]
        self.decoding = self.decoding | {"explicit": replace(self.decoding["explicit"], max_new_tokens=longest)}

    @classmethod
    def load(
        cls, path: str | Path, *, device: str = "cpu", checkpoint: str | None = None, **options: Any
    ) -> "C2SERRecognizer":
        """Loads an experiment of ``alm_train`` or a packed model.

        Args:
            path: folder of the experiment, or folder or hub id of the packed model.
            device: where to compute.
            checkpoint: of an experiment, see `load_experiment`.
            options: keywords of this class; a packed model has its own defaults for decoding.

        Raises:
            InputError: there is no such model, or no such checkpoint.
        """
        if Path(path).is_dir() and not is_packed(path):
            recognizer = cls(*load_experiment(path, checkpoint=checkpoint), **options)
            recognizer.encoder = trained_encoder(path, recognizer.model.config)
        else:
            folder = locate(path)
            if checkpoint is not None:
                raise InputError(f"{path}: a packed model has no checkpoints; leave --checkpoint {checkpoint} out")
            options = packed_options(folder, options)
            packed = PackedModel.load(folder)
            recognizer = cls(packed.model, packed.emotions, **options)
            recognizer.encoder, recognizer.thresholds = packed.encoder, packed.thresholds
        recognizer.model.to(device)
        return recognizer

    def varied(
        self,
        *,
        prompt: str | None = None,
        reasons: str | None = None,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
    ) -> "C2SERRecognizer":
        """Returns a recognizer of the same weights that is asked something else, or whose answers are drawn.

        Args:
            prompt: what it is asked; None for what this one is.
            reasons: of explicit answers, see the class; None for those of this one.
            temperature: above 0, tokens are sampled, and beams play no part; at 0, decoding is that of this one.
            top_p: of the samples.
            seed: of the samples.

        Example:
            >>> recognizer.varied(prompt="How does the speaker feel?")  # doctest: +SKIP
        """
        varied = copy(self)
        if prompt is not None:
            varied.model = copy(self.model)
            varied.model.set_prompt(prompt)
        if reasons is not None:
            varied._take_reasons(reasons)
        if temperature:
            varied.decoding = {
                mode: replace(own, temperature=temperature, top_p=top_p, num_beams=1)
                for mode, own in self.decoding.items()
            }
            varied.seed = seed
        return varied

    def packed_decoding(self) -> dict[str, Any]:
        """Returns the keywords of decoding that a packed model stores, without those that leave things as they are."""
        decoding = self.decoding["implicit"]
        chosen = {name: getattr(decoding, name) for name in DECODING} | {"max_new_tokens": self.max_new_tokens}
        return {name: list(value) if name == "end_tokens" else value for name, value in chosen.items() if value}

    def identity(self) -> dict[str, Any]:
        """Returns what the answers depend on besides the input; see `Recognizer`."""
        weights = (weight.cpu() for weight in self.model.trainable_state_dict().values())
        return {
            "weights": sha256(weights_digest(weights).numpy().tobytes()).hexdigest(),
            "config": repr(self.model.config),
            "llm_dtype": str(self.model.llm.get_input_embeddings().weight.dtype),
            "emotions": self.emotions,
            "decoding": repr(self.decoding),
            "seed": self.seed,
            "answers": self.answers,
            "reasons": self.reasons,
            "scores": self.scores,
            "constrained": self.constrained,
        }

    def recognize(
        self,
        batch: Sequence[Speech],
        mode: str,
        *,
        scores: bool = False,
        speech_embeddings: Sequence[Tensor] | None = None,
    ) -> list[Recognition]:
        """Answers a batch; see `Recognizer`.

        Args:
            batch: utterances with all that `needs` names.
            mode: ``implicit`` or ``explicit``.
            scores: compute the emotions' probabilities, whatever the recognizer was built with.
            speech_embeddings: (S, W) per utterance, which the language model reads instead of what `perceive` makes of
                the batch; audio and acoustic tokens are not needed then.

        Raises:
            InputError: a language is asked for, and the wording of the model's answers is not known.
        """
        asked = next((speech.answer_language for speech in batch if speech.answer_language), None)
        if asked and not self.answers and self.reasons == GENERATED:
            raise InputError(
                f"language '{asked}': the wording of the model's answers is not known, so none can be begun; leave the "
                "language out, or write the wording as 'answers' into the model's config.yaml"
            )
        scored = self.scores or scores
        if speech_embeddings is None:
            speech_embeddings = self.perceive(batch)
        wordings = self._wordings(batch, mode, scored)
        if wordings is None:
            texts, shares = self._generate(batch, speech_embeddings, mode=mode), None
        else:
            texts, shares = self._choose(batch, speech_embeddings, mode, wordings=wordings, scored=scored)
        texts, concluded = conclude_within(
            self.model,
            speech_embeddings,
            mode=mode,
            texts=texts,
            allowed=[speech.emotions for speech in batch],
            emotions=self.emotions,
            end_tokens=self.decoding[mode].end_tokens,
            scored=scored and wordings is None,
        )
        return [
            Recognition(read_emotion(text, speech.emotions or self.emotions), text, row)
            for speech, text, row in zip(batch, texts, shares or concluded, strict=True)
        ]

    @torch.inference_mode()
    def perceive(
        self, batch: Sequence[Speech], *, encode: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None
    ) -> list[Tensor]:
        """Returns what the language model hears of each utterance, (S, W).

        Args:
            batch: utterances with audio and acoustic tokens.
            encode: see `C2SERModel.perceive`; is given all utterances at once.
        """
        if encode is not None or self.model.speech_marks.weight.device.type != "cpu":
            return self._perceive(batch, encode)
        room = torch.get_num_threads() * CORE_SAMPLES
        size = max(1, room // max(1, *(speech.num_samples for speech in batch)))
        return [row for part in consecutive(batch, size) for row in self._perceive(part, None)]

    def _perceive(
        self, batch: Sequence[Speech], encode: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None
    ) -> list[Tensor]:
        device = self.model.speech_marks.weight.device
        lengths = torch.tensor([speech.num_samples for speech in batch], device=device)
        waveforms = pad_sequence([torch.as_tensor(speech.audio) for speech in batch], batch_first=True)
        tokens = torch.from_numpy(np.stack([np.asarray(speech.emotion2vec_s) for speech in batch]))
        return self.model.perceive(waveforms.to(device), lengths, tokens.to(device), encode=encode)

    def _generate(
        self,
        batch: Sequence[Speech],
        speech_embeddings: Sequence[Tensor],
        answers: Sequence[LabelAnswers] = (),
        *,
        mode: str,
    ) -> list[str]:
        """Generates whole answers, or what follows the beginnings that answers of the label set have."""
        if not batch:
            return []
        options: dict[str, Any] = {"seeds": [_seed(speech.utterance, self.seed) for speech in batch]}
        if any(row.beginning for row in answers):
            options["beginnings"] = [row.beginning for row in answers]
        elif any(speech.answer_language for speech in batch):
            options["openings"] = [self._openings(mode, speech.answer_language) for speech in batch]
        texts = self.model.generate(speech_embeddings, mode, decoding=self.decoding[mode], **options)
        return [row.complete(text) for row, text in zip(answers, texts, strict=True)] if answers else texts

    def _choose(
        self,
        batch: Sequence[Speech],
        speech_embeddings: Sequence[Tensor],
        mode: str,
        *,
        wordings: Sequence[Sequence[LabelAnswers]],
        scored: bool,
    ) -> tuple[list[str], list[Scores | None]]:
        """Returns the answers, and the emotions' probabilities where they are asked for.

        What is not one of the label set's answers is generated; finding out takes one pass of the language model.
        """
        longest = max(len(ending) for row in wordings for answers in row for ending in answers.endings)
        foreseen = self.decoding[mode].is_greedy and longest <= self.decoding[mode].max_new_tokens
        texts: list[str | None] = [None] * len(batch)
        shares: list[Scores | None] = [None] * len(batch)
        if scored or foreseen:
            choices = self._judge(speech_embeddings, mode, wordings)
            if foreseen:
                texts = [choice.greedy for choice in choices]
            if scored:
                rows = (dict(zip(self.emotions, choice.shares, strict=True)) for choice in choices)
                restricted = [restrict(row, speech.emotions) for row, speech in zip(rows, batch, strict=True)]
                shares = [*restricted]
                if self.constrained:
                    best = (self.emotions.index(max(row, key=row.__getitem__)) for row in restricted)
                    texts = [choice.answers.texts[index] for choice, index in zip(choices, best, strict=True)]
        rest = [row for row, text in enumerate(texts) if text is None]
        embeddings, answers = [speech_embeddings[row] for row in rest], [wordings[row][0] for row in rest]
        generated = iter(self._generate([batch[row] for row in rest], embeddings, answers, mode=mode))
        return [next(generated) if text is None else text for text in texts], shares

    def _judge(
        self, speech_embeddings: Sequence[Tensor], mode: str, wordings: Sequence[Sequence[LabelAnswers]]
    ) -> list[Choice]:
        """What the model makes of the possible answers of each utterance."""
        probabilities, greedy = self.model.score_candidates(
            speech_embeddings,
            mode,
            candidates=[[ending for answers in row for ending in answers.endings] for row in wordings],
            end_tokens=self.decoding[mode].end_tokens,
            beginnings=[row[0].beginning for row in wordings],
        )
        rows = zip(wordings, probabilities.tolist(), greedy.tolist(), strict=True)
        return [choose(row, shares, greedy=matches) for row, shares, matches in rows]

    def _wordings(self, batch: Sequence[Speech], mode: str, scored: bool) -> list[list[LabelAnswers]] | None:
        """The answers that name each emotion of the label set; None where their wording is open.

        Of an utterance whose language is not known, those in all languages if they are to be scored.
        """
        if mode == "explicit":
            return [[self._conclusions(speech)] for speech in batch] if self.reasons == MEASURED else None
        if not self.answers:
            return None
        languages = (speech.answer_language or speech.language for speech in batch)
        unknown = list(self.answers) if scored else [None]
        return [[self._implicit_answers(code) for code in ([known] if known else unknown)] for known in languages]

    def _word_implicit_answers(self, language: str | None) -> LabelAnswers:
        end = self._end_token("implicit")
        return label_answers(self.model.tokenizer, self._label_texts(language), end_token=end)

    def _label_texts(self, language: str | None) -> list[str]:
        return [implicit_target(emotion, language, answers=self.answers) for emotion in self.emotions]

    def _conclusions(self, speech: Speech) -> LabelAnswers:
        """Explicit answers with the reasons of an utterance, as far as they are known."""
        language = speech.answer_language or speech.language
        levels, known = speech.levels or UNKNOWN_LEVELS, {"text": speech.transcript, "language": language}
        given, closing = explicit_parts(levels, **known)
        texts = [explicit_target(levels, emotion=emotion, **known) for emotion in self.emotions]
        end = self._end_token("explicit")
        return label_answers(self.model.tokenizer, texts, end_token=end, given=len(given), closing=closing)

    def _end_token(self, mode: str) -> int:
        end, *_ = self.decoding[mode].end_tokens or [self.model.tokenizer.eos_token_id]
        return end

    def _language_openings(self, mode: str, language: str | None) -> list[tuple[int, ...]]:
        """Token sequences that answers in a language begin with; none where the model chooses it, or has only one."""
        if language is None or len(self.answers) == 1:
            return []
        texts_in = explicit_beginnings if mode == "explicit" else self._label_texts
        texts = {code: texts_in(code) for code in LANGUAGES}
        return answer_openings(self.model.tokenizer, texts, language=language_of(language).code)


def _check_end_tokens(end_tokens: Sequence[int], model: C2SERModel) -> None:
    size = model.llm.get_input_embeddings().num_embeddings
    unknown = [token for token in end_tokens if token >= size]
    if unknown:
        raise InputError(f"end_tokens: {unknown[0]} is not in the language model's vocabulary of {size} tokens")


def _seed(utterance: str, seed: int) -> int:
    """A number that is the same in every process, batch and order of utterances."""
    return int.from_bytes(sha256(f"{seed} {utterance}".encode()).digest()[:7], "big")
