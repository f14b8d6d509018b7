"""The audio language model of C²SER: two encoders, the connection module and a language model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from os.path import commonprefix
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import Cache, LogitsProcessorList, RepetitionPenaltyLogitsProcessor
from transformers.utils import ModelOutput

from c2ser.alm.connector import Connector, ConnectorConfig
from c2ser.checkpoints.experiments import load_weights, weights_digest
from c2ser.compatibility import CACHE, checkpoint_activations
from c2ser.encoders.whisper import build_semantic_encoder
from c2ser.errors import InputError
from c2ser.lm.loading import has_weights, load_llm, load_tokenizer
from c2ser.nn import align_right, positions
from c2ser.rationales.prompts import PROMPTS
from c2ser.settings import settings

IGNORED = -100
PARTS = ("whisper", "connector", "llm")
PERCEPTIONS = ("semantic", "acoustic")
BASES = ("whisper", "llm")  # the parts that may be pretrained


@dataclass(frozen=True)
class ALMConfig:
    """What the model is made of.

    Attributes:
        whisper: hub id, folder, or a WhisperConfig mapping for random weights.
        llm: hub id or folder of a causal language model.
        acoustic_width: width of Emotion2Vec-S's tokens.
        whisper_conf: keywords of `build_semantic_encoder`.
        connector_conf: fields of `ConnectorConfig`.
        lora_conf: fields of peft's LoraConfig; empty for no LoRA.
        llm_dtype: of the language model's weights; ``auto`` for the one that they are published in.
        llm_rounding: dtype that the language model's weights are rounded to first; None for no rounding. What was
            trained upon rounded weights needs them rounded also where it computes in higher precision.
        gradient_checkpointing: whether the language model computes activations anew in the backward pass: about a
            third more time, far less memory.
        perception: what is heard, of `PERCEPTIONS`: Whisper's frames, Emotion2Vec-S's tokens, or both.
        trained: the parts that train, of `PARTS`; ``llm`` means its LoRA where there is one.
        emotion_weight: weight of the emotion's tokens in the loss; all others weigh 1. One token in forty carries the
            emotion of an explicit answer, and the mean of the loss would hardly notice it.
        answer_dropout: share of the answer's tokens that those after them do not see while training (word dropout,
            Bowman et al., CoNLL 2016). Otherwise a model that learns from little speech reads the emotion off the
            transcript and the levels that it is given, and not off the audio that it has when it writes them itself.
        distillation_weight: weight, beside the cross-entropy of the emotion's first token, of the divergence of the
            implicit answer's distribution over emotions from the explicit answer's; see `C2SERModel.forward`.
        prompts: what the model is asked, by mode.
    """

    whisper: str | dict
    llm: str
    acoustic_width: int
    whisper_conf: dict = field(default_factory=dict)
    connector_conf: dict = field(default_factory=dict)
    lora_conf: dict = field(default_factory=dict)
    llm_dtype: str = "float32"
    llm_rounding: str | None = None
    gradient_checkpointing: bool = False
    perception: Sequence[str] = PERCEPTIONS
    trained: Sequence[str] = PARTS
    emotion_weight: float = 1.0
    answer_dropout: float = 0.0
    distillation_weight: float = 0.0
    prompts: dict[str, str] = field(default_factory=PROMPTS.copy)

    @classmethod
    def from_mapping(cls, mapping: dict) -> "ALMConfig":
        """Takes the fields of this class from a larger mapping, such as a training configuration."""
        return cls(**{item.name: mapping[item.name] for item in fields(cls) if item.name in mapping})


class Answers(NamedTuple):
    """What a batch is to say in one mode.

    Attributes:
        mode: ``explicit`` or ``implicit``.
        tokens: token ids of each answer with its end mark, (A,).
        emotion: booleans (A,) of each answer, True for tokens of the emotion's word.
        choices: (B, L) the token that the emotion's word would begin with, for each emotion of the label set; needed
            for distillation only.
    """

    mode: str
    tokens: Sequence[Tensor]
    emotion: Sequence[Tensor]
    choices: Tensor | None = None


class _Start(NamedTuple):
    """What a language model has read before it comes to where an utterance's possible answers part.

    Attributes:
        logits: (B, P + 1, V) after the input and each of the P tokens that the answers begin with, aligned right.
        cache: keys and values of all that was read.
        mask: of the same, (B, S).
        beginnings: those P tokens (B, P), aligned right, `IGNORED` before them.
        endings: the rest of each answer (B * L, A), `IGNORED` behind it.
    """

    logits: Tensor
    cache: Cache
    mask: Tensor
    beginnings: Tensor
    endings: Tensor

    def greedy(self) -> Tensor:
        """Booleans (B, L), True where all of the beginning and the first token after it are the likeliest."""
        likeliest = self.logits.argmax(2)
        begins = _agree(likeliest[:, :-1], self.beginnings).unsqueeze(1)
        return begins & (self.endings[:, 0].view(len(likeliest), -1) == likeliest[:, -1:])


class C2SERModel(nn.Module):
    """Speech and acoustic tokens in, text out.

    Raises:
        InputError: a part of the configuration does not fit, or a model that it names cannot be loaded.
    """

    def __init__(self, config: ALMConfig):
        super().__init__()
        _check_names("trained", config.trained, PARTS)
        _check_names("perception", config.perception, PERCEPTIONS)
        _check_names("prompts", config.prompts, PROMPTS)
        if not config.perception or len(config.prompts) < len(PROMPTS):
            raise InputError("perception must not be empty, and prompts has one for each of " + ", ".join(PROMPTS))
        self.config = config
        self.tokenizer = load_tokenizer(config.llm)
        self.whisper = settings(partial(build_semantic_encoder, config.whisper), config.whisper_conf, "whisper_conf")
        self.llm = load_llm(config.llm, config.lora_conf, config.llm_dtype, config.llm_rounding)
        self.prompts = {mode: self.tokenizer(prompt).input_ids for mode, prompt in config.prompts.items()}
        embed = self.llm.get_input_embeddings()
        width = embed.embedding_dim
        self.connector = Connector(
            len(self.whisper.layers),
            self.whisper.width,
            config.acoustic_width,
            width,
            settings(ConnectorConfig, config.connector_conf, "connector_conf"),
        )
        self.speech_marks = nn.Embedding(2, width)
        with torch.no_grad():  # of the size of words
            self.speech_marks.weight.mul_(embed(torch.tensor(self.prompts["explicit"])).std())
        for part in PARTS:
            if part not in config.trained:
                getattr(self, part).requires_grad_(False)
        if "semantic" not in config.perception:
            for unheard in (self.whisper, self.connector.mix, self.connector.downsampling):
                unheard.requires_grad_(False)
        if "acoustic" not in config.perception:
            self.connector.acoustic_proj.requires_grad_(False)
        if config.gradient_checkpointing:
            checkpoint_activations(self.llm)
        self._borrowed = self._named_elsewhere()
        for part in BASES:
            self.register_buffer(f"{part}_digest", self._digest(part))

    def train(self, mode: bool = True) -> "C2SERModel":
        """A frozen Whisper keeps its dropout off, not its augmentation."""
        super().train(mode)
        if "whisper" not in self.config.trained:
            self.whisper.encoder.eval()
        return self

    def own_state_dict(self, *args, **kwargs) -> dict[str, Tensor]:
        """The state without what is pretrained and frozen, which is loaded again by its name."""
        state = self.state_dict(*args, **kwargs)
        return {key: value for key, value in state.items() if key not in self._borrowed}

    def load_own_state_dict(self, state: dict[str, Tensor], source: str) -> None:
        """Loads `own_state_dict` as read from ``source``.

        Raises:
            InputError: weights are missing, unexpected or of another shape, or were trained upon other base models
                than those that the configuration's names lead to now.
        """
        digests = {f"{part}_digest": getattr(self, f"{part}_digest") for part in BASES}
        for part, (name, own) in zip(BASES, digests.items(), strict=True):
            saved = state.get(name)
            if saved is not None and own.any() and saved.any() and not torch.equal(own.cpu(), saved.cpu()):
                model = getattr(self.config, part)
                raise InputError(
                    f"{source}: trained upon other weights than {part} '{model}' has; name the same model and dtype"
                )
        load_weights(self, {**state, **digests}, source, not_saved=self._borrowed)
        self.adopt(state)

    def adopt(self, names: Iterable[str]) -> None:
        """Makes weights part of `own_state_dict`, although the model that they come from is loaded by its name."""
        adopted = self._borrowed.intersection(names)
        self._borrowed -= adopted
        for part in {name.partition(".")[0] for name in adopted}:
            getattr(self, f"{part}_digest").copy_(self._digest(part))

    def _named_elsewhere(self) -> set[str]:
        """Names of the frozen weights of models that are loaded by their names; a frozen LoRA is not among them."""
        # Tied weights have two names in a state dict, of which named_parameters gives one if it is not told otherwise.
        parameters = self.named_parameters(remove_duplicate=False)
        pretrained = {"whisper": isinstance(self.config.whisper, str), "llm": has_weights(self.config.llm)}
        parts = tuple(f"{part}." for part in BASES if pretrained[part])
        return {
            name
            for name, parameter in parameters
            if name.startswith(parts) and not parameter.requires_grad and "lora_" not in name
        }

    def _digest(self, part: str) -> Tensor:
        weights = getattr(self, part).named_parameters(part)
        return weights_digest(weight.cpu() for name, weight in weights if name in self._borrowed)

    def perceive(self, speech: Tensor, speech_lengths: Tensor, acoustic: Tensor) -> list[Tensor]:
        """Returns what the language model hears of each utterance, (S, W).

        Args:
            speech: waveforms (B, N) at 16 kHz, zero-padded.
            speech_lengths: samples (B,).
            acoustic: Emotion2Vec-S's utterance tokens (B, U, A).
        """
        states, lengths = None, torch.zeros_like(speech_lengths)
        if "semantic" in self.config.perception:
            with torch.set_grad_enabled(torch.is_grad_enabled() and "whisper" in self.config.trained):
                states, lengths = self.whisper(speech, speech_lengths)
        connected, lengths = self.connector(states, lengths, acoustic if "acoustic" in self.config.perception else None)
        return [utterance[:length] for utterance, length in zip(connected, lengths.tolist(), strict=True)]

    def forward(
        self,
        speech: Tensor,
        speech_lengths: Tensor,
        acoustic: Tensor,
        answers: Answers,
        explicit: Answers | None = None,
    ) -> dict[str, Tensor]:
        """Computes the loss of a batch on its answers.

        With ``explicit``, implicit answers are also distilled: the emotion's first token learns the distribution over
        the emotions that this very model concludes with where it has given its reasons (self-distillation as of soft
        targets, Hinton et al., 2015, beyond the paper's, which is of the data only).

        Args:
            speech, speech_lengths, acoustic: see `perceive`.
            answers: with L ``choices`` if distilled.
            explicit: the batch's explicit answers, with L ``choices``; None for no distillation.

        Returns:
            ``loss``: mean cross-entropy by token, those of the emotion weighted; ``weight``: of the tokens, in sum;
            ``emotion_accuracy``: share of answers whose emotion's tokens are all the likeliest given the words before
            them; ``token_accuracy``; ``divergence`` of the distilled distributions.
        """
        heard = self.perceive(speech, speech_lengths, acoustic)
        embeddings, mask = self._inputs(heard, answers.mode, answers.tokens)
        longest = max(len(answer) for answer in answers.tokens)
        logits = self._logits(embeddings, mask, longest + 1)[:, :-1].float()
        labels, is_emotion = align_right(answers.tokens, IGNORED), align_right(answers.emotion, False)
        answered = labels != IGNORED
        weight = torch.where(is_emotion, self.config.emotion_weight, 1.0) * answered
        token_loss = F.cross_entropy(
            logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none"
        ).view_as(labels)
        total = (token_loss * weight).sum()
        right = logits.detach().argmax(2) == labels
        outputs = {
            "weight": weight.sum(),
            "emotion_accuracy": (right | ~is_emotion).all(1).float().mean(),
            "token_accuracy": right[answered].float().mean(),
        }
        if explicit is not None:
            row, place = torch.arange(len(logits), device=logits.device), is_emotion.int().argmax(1)
            student = logits[row, place].gather(1, answers.choices).log_softmax(1)
            teacher = self._conclude([utterance.detach() for utterance in heard], explicit)
            divergence = F.kl_div(student, teacher, log_target=True, reduction="none").sum(1)
            total = total + self.config.distillation_weight * (divergence * weight[row, place]).sum()
            outputs["divergence"] = divergence.mean()
        return {"loss": total / outputs["weight"], **outputs}

    @torch.no_grad()
    def _conclude(self, heard: Sequence[Tensor], answers: Answers) -> Tensor:
        """Log-probabilities (B, L) of emotions where the answers have come to them, by the model without dropout."""
        training = self.training
        self.eval()
        reasons = [
            tokens[: int(marks.int().argmax())] for tokens, marks in zip(answers.tokens, answers.emotion, strict=True)
        ]
        logits = self._logits(*self._inputs(heard, answers.mode, reasons), 1)[:, -1].float()
        self.train(training)
        return logits.gather(1, answers.choices).log_softmax(1)

    @torch.inference_mode()
    def generate(
        self,
        heard: Sequence[Tensor],
        mode: str,
        max_new_tokens: int,
        num_beams: int = 1,
        repetition_penalty: float = 1.0,
    ) -> list[str]:
        """Answers a batch, until each answer ends or has ``max_new_tokens``.

        Args:
            heard: what `perceive` returned, (S, W) an utterance.
            mode: ``explicit`` or ``implicit``.
            num_beams: 1 is greedy.
            repetition_penalty: of tokens that the answer has already (Keskar et al., 2019); 1 is none.
        """
        embeddings, mask = self._inputs(heard, mode)
        # generate(repetition_penalty=...) takes the padding of the embeddings for tokens of the answer and spares as
        # many of them, so that what an utterance is answered depends on its batch. A processor of one's own does not.
        penalty = [RepetitionPenaltyLogitsProcessor(float(repetition_penalty))] if repetition_penalty != 1.0 else []
        tokens = self.llm.generate(
            inputs_embeds=embeddings,
            attention_mask=mask,
            max_new_tokens=max_new_tokens,
            num_beams=num_beams,
            repetition_penalty=1.0,
            logits_processor=LogitsProcessorList(penalty),
            do_sample=False,
            use_cache=True,
            eos_token_id=self.tokenizer.eos_token_id,
            pad_token_id=self.tokenizer.pad_token_id,
        )
        return [text.strip() for text in self.tokenizer.batch_decode(tokens, skip_special_tokens=True)]

    @torch.inference_mode()
    def choose(
        self, heard: Sequence[Tensor], mode: str, answers: Sequence[Sequence[list[int]]]
    ) -> tuple[Tensor, Tensor]:
        """Computes how likely each of an utterance's possible answers is, if it gives one of them.

        Prompt, speech and what all answers of an utterance begin with are computed once; only the rest of each answer
        is computed by itself, all of the batch at once.

        Args:
            heard: what `perceive` returned, (S, W) an utterance.
            mode: ``explicit`` or ``implicit``.
            answers: token ids with the end mark, L answers for each of B utterances.

        Returns:
            Probabilities (B, L) that sum to one over L, and what `foresee` returns.
        """
        start = self._start(heard, mode, answers)
        first = start.logits[:, -1].log_softmax(1).gather(1, start.endings[:, 0].view(len(heard), -1))
        greedy = start.greedy()
        following = start.endings[:, 1:]
        if not following.shape[1]:
            return first.softmax(1), greedy
        logits = self._continue(start, torch.arange(len(following), device=following.device))
        loss = F.cross_entropy(logits.flatten(0, 1), following.flatten(), ignore_index=IGNORED, reduction="none")
        probabilities = (first - loss.view(following.shape).sum(1).view(first.shape)).softmax(1)
        return probabilities, greedy & _agree(logits.argmax(2), following).view(first.shape)

    @torch.inference_mode()
    def foresee(self, heard: Sequence[Tensor], mode: str, answers: Sequence[Sequence[list[int]]]) -> Tensor:
        """Tells which of an utterance's possible answers, if any, is the one that `generate` would find greedily.

        It is that whose every token is the likeliest after those before it, which takes two passes of the language
        model; to generate it takes one for each token.

        Args:
            heard, mode, answers: see `choose`.

        Returns:
            Booleans (B, L).
        """
        start = self._start(heard, mode, answers)
        greedy = start.greedy().flatten()
        rows = greedy.nonzero().squeeze(1)
        if len(rows) and start.endings.shape[1] > 1:
            greedy[rows] = _agree(self._continue(start, rows).argmax(2), start.endings[rows, 1:])
        return greedy.view(len(heard), -1)

    def _start(self, heard: Sequence[Tensor], mode: str, answers: Sequence[Sequence[list[int]]]) -> _Start:
        """Reads the inputs of each utterance and what all of its answers begin with."""
        device = heard[0].device
        beginnings = [commonprefix([answer[:-1] for answer in row]) for row in answers]
        shared = [torch.tensor(beginning, dtype=torch.long, device=device) for beginning in beginnings]
        embeddings, mask = self._inputs(heard, mode, shared)
        outputs = self._read(embeddings, mask, max(map(len, beginnings)) + 1, use_cache=True)
        endings = [
            torch.tensor(answer[len(beginning) :], device=device)
            for beginning, row in zip(beginnings, answers, strict=True)
            for answer in row
        ]
        padded = pad_sequence(endings, batch_first=True, padding_value=IGNORED)
        return _Start(outputs.logits.float(), getattr(outputs, CACHE), mask, align_right(shared, IGNORED), padded)

    def _continue(self, start: _Start, rows: Tensor) -> Tensor:
        """Logits (R, A - 1, V) after each token but the last of R of the endings; takes the cache for itself."""
        said = start.endings[rows, :-1]
        utterances = rows // (len(start.endings) // len(start.mask))
        start.cache.batch_select_indices(utterances)
        mask = torch.cat([start.mask[utterances], (said != IGNORED).long()], dim=1)
        outputs = self.llm(
            input_ids=said.clamp(min=0),
            attention_mask=mask,
            position_ids=positions(mask)[:, -said.shape[1] :],
            use_cache=True,
            **{CACHE: start.cache},
        )
        return outputs.logits.float()

    def _inputs(
        self, heard: Sequence[Tensor], mode: str, answers: Sequence[Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Prompt, <speech>, speech, </speech> and the answer, aligned at their end: (B, S, W), and the mask (B, S)."""
        embed = self.llm.get_input_embeddings()
        device, dtype = heard[0].device, embed.weight.dtype
        prompt = embed(torch.tensor(self.prompts[mode], device=device))
        begin, end = self.speech_marks.weight.to(dtype).split(1)
        parts = [[prompt, begin, utterance.to(dtype), end] for utterance in heard]
        for row, answer in zip(parts, answers or (), strict=answers is not None):
            row.append(self._hide(embed(answer)))
        rows = [torch.cat(row) for row in parts]
        ones = [torch.ones(len(row), dtype=torch.long, device=device) for row in rows]
        return align_right(rows, 0.0), align_right(ones, 0)

    def _hide(self, answer: Tensor) -> Tensor:
        """While training, sets some of the embeddings (A, W) of an answer to zero, all of a token."""
        share = self.config.answer_dropout if self.training else 0.0
        if not share:
            return answer
        return answer * (torch.rand(len(answer), 1, device=answer.device) >= share)

    def _logits(self, embeddings: Tensor, mask: Tensor, count: int) -> Tensor:
        """Logits (B, count, V) of the last positions."""
        return self._read(embeddings, mask, count, use_cache=False).logits

    def _read(self, embeddings: Tensor, mask: Tensor, count: int, use_cache: bool) -> ModelOutput:
        """The language model's outputs of whole inputs (B, S, W), logits of the last ``count`` positions."""
        return self.llm(
            inputs_embeds=embeddings,
            attention_mask=mask,
            position_ids=positions(mask),
            logits_to_keep=count,
            use_cache=use_cache,
        )


def _check_names(option: str, names: Iterable[str], known: Iterable[str]) -> None:
    if names is None or isinstance(names, str):
        raise InputError(f"{option}: '{names}' is no list; known are {', '.join(known)}")
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise InputError(f"{option}: unknown '{unknown[0]}'; known are {', '.join(known)}")


def _agree(likeliest: Tensor, tokens: Tensor) -> Tensor:
    """Tells of each row (B,) whether all of its tokens (B, A) but `IGNORED` are the likeliest."""
    return ((likeliest == tokens) | (tokens == IGNORED)).all(1)
