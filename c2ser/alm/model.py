"""The audio language model of C²SER: two encoders, the connection module and a language model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from c2ser.alm.answers import decode_after, worded_answers
from c2ser.alm.classifiers import Pooled, loud_frames
from c2ser.alm.config import PARTS, ALMConfig
from c2ser.alm.connector import Connector, ConnectorConfig
from c2ser.alm.earlier import connector_class, with_power
from c2ser.alm.losses import TRANSCRIPT, AnswerLoss, Answers, drop_answer_tokens
from c2ser.compatibility import checkpoint_activations
from c2ser.encoders.whisper import build_semantic_encoder
from c2ser.lm.candidates import Candidates, score_candidates
from c2ser.lm.drafts import Drafts
from c2ser.lm.generation import Decoding, Openings, generate
from c2ser.lm.inputs import batch_inputs, read_inputs
from c2ser.lm.loading import has_weights, load_llm, load_tokenizer
from c2ser.lm.weights import ComposedModel
from c2ser.settings import build_from_mapping


class C2SERModel(ComposedModel):
    """Speech and acoustic tokens in, text out.

    Args:
        config: architecture and loss.
        tokenizer: of the language model; by default the one in its folder.

    Raises:
        InputError: a part of the configuration does not fit, or a model that it names cannot be loaded.

    References:
        C²SER: "Steering language model to stable speech emotion recognition via contextual perception and chain of
        thought".

    Example:
        >>> model = C2SERModel(config)  # doctest: +SKIP
        >>> speech = model.perceive(waveforms, lengths, acoustic)  # doctest: +SKIP
        >>> model.generate(speech, "implicit", decoding=Decoding(24))  # doctest: +SKIP
        ["The speaker's emotion is happy."]
    """

    def __init__(self, config: ALMConfig, tokenizer: PreTrainedTokenizerBase | None = None):
        super().__init__()
        self.config = config
        self.tokenizer = tokenizer or load_tokenizer(config.llm)
        self.whisper = build_from_mapping(
            partial(build_semantic_encoder, config.whisper), config.whisper_conf, name="whisper_conf"
        )
        self.llm = load_llm(config.llm, config.lora_conf, dtype=config.llm_dtype, rounding=config.llm_rounding)
        self.prompts = self._encode_prompts()
        self.more_prompts = {
            mode: [self.tokenizer(prompt).input_ids for prompt in prompts]
            for mode, prompts in config.more_prompts.items()
        }
        embed = self.llm.get_input_embeddings()
        self.connector = self._build_connector(Connector)
        if self.connector.classifiers is not None:
            self.connector.classifiers.start_tokens(embed, partial(self.tokenizer.encode, add_special_tokens=False))
        self.speech_marks = nn.Embedding(2, embed.embedding_dim)
        deviation = config.mark_deviation
        with torch.no_grad():
            words = embed(torch.tensor(self.prompts["explicit"]))
            self.speech_marks.weight.mul_(words.std() if deviation is None else deviation)
        self._freeze()
        if config.gradient_checkpointing:
            checkpoint_activations(self.llm)
        self.register_bases(
            {
                "whisper": config.whisper if isinstance(config.whisper, str) else None,
                "llm": config.llm if has_weights(config.llm) else None,
            },
            settings=config.llm_rounding,
        )

    def _build_connector(self, connector_class: type[Connector]) -> Connector:
        return connector_class(
            layers=len(self.whisper.layers),
            width=self.whisper.width,
            acoustic_width=self.config.acoustic_width,
            llm_width=self.llm.get_input_embeddings().embedding_dim,
            config=build_from_mapping(ConnectorConfig, self.config.connector_conf, name="connector_conf"),
        )

    def load_trainable_state_dict(self, state: Mapping[str, Tensor], source: str) -> None:
        """Loads what `trainable_state_dict` returned, of this version or an earlier one; see `ComposedModel`.

        Args:
            state: the weights by name.
            source: where they were read from, for messages.
        """
        if (needed := connector_class(state)) is not type(self.connector):
            self.connector = self._build_connector(needed)
            self._freeze()
        super().load_trainable_state_dict(with_power(state, self.state_dict()), source)

    def _encode_prompts(self) -> dict[str, list[int]]:
        """Token ids of the prompts."""
        return {mode: self.tokenizer(prompt).input_ids for mode, prompt in self.config.prompts.items()}

    def set_prompt(self, prompt: str) -> None:
        """Replaces the prompts of both modes.

        Args:
            prompt: what the model is asked; may be empty.
        """
        self.config = replace(self.config, prompts=dict.fromkeys(self.config.prompts, prompt))
        self.prompts = self._encode_prompts()

    def _freeze(self) -> None:
        """Turns off the gradients of what does not train, or has no part in the answer."""
        for part in PARTS:
            if part not in self.config.trained:
                getattr(self, part).requires_grad_(False)
        if "semantic" not in self.config.perception:
            for unused in (self.whisper, self.connector.mix, self.connector.classifiers, self.connector.downsampling):
                if unused is not None:
                    unused.requires_grad_(False)
        if "acoustic" not in self.config.perception:
            self.connector.acoustic_proj.requires_grad_(False)

    def train(self, mode: bool = True) -> "C2SERModel":
        """A frozen Whisper keeps its dropout off, not its augmentation."""
        super().train(mode)
        if "whisper" not in self.config.trained:
            self.whisper.encoder.eval()
        return self

    def perceive(
        self,
        speech: Tensor,
        speech_lengths: Tensor,
        acoustic: Tensor,
        *,
        encode: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None,
    ) -> list[Tensor]:
        """Computes the speech embeddings that the language model reads.

        Args:
            speech: waveforms (B, N) at 16 kHz, zero-padded.
            speech_lengths: samples (B,).
            acoustic: Emotion2Vec-S's utterance tokens (B, U, A).
            encode: computes Whisper's states of waveforms and lengths; None for Whisper itself.

        Returns:
            (S, W) per utterance.
        """
        return self.perceive_and_pool(speech, speech_lengths, acoustic, encode=encode)[0]

    def perceive_and_pool(
        self,
        speech: Tensor,
        speech_lengths: Tensor,
        acoustic: Tensor,
        *,
        encode: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None,
    ) -> tuple[list[Tensor], Pooled | None]:
        """Computes the speech embeddings, and what the pooled classifiers classify.

        Args:
            speech: see `perceive`.
            speech_lengths: see `perceive`.
            acoustic: see `perceive`.
            encode: see `perceive`.

        Returns:
            (S, W) per utterance, and what `c2ser.alm.classifiers.PooledClassifiers` classifies; None without them.
        """
        states, lengths = None, torch.zeros_like(speech_lengths)
        if "semantic" in self.config.perception:
            with torch.set_grad_enabled(torch.is_grad_enabled() and "whisper" in self.config.trained):
                states, lengths = (encode or self.whisper)(speech, speech_lengths)
        tokens = acoustic if "acoustic" in self.config.perception else None
        volume, frames = None, None
        if self.connector.classifiers is not None and states is not None:
            volume = self.connector.classifiers.measure_volume(speech, speech_lengths)
            frames = loud_frames(speech, lengths, frames=states.shape[1], below=self.connector.pooled_range)
        connected, lengths, pooled = self.connector(states, lengths, tokens, volume, frames)
        return [row[:length] for row, length in zip(connected, lengths.tolist(), strict=True)], pooled

    @cached_property
    def drafts(self) -> Drafts:
        """How answers are worded, which those that the model gives add to."""
        return Drafts(worded_answers(self.tokenizer))

    @property
    def num_pooled_tokens(self) -> int:
        """How many of an utterance's speech embeddings, the first ones, are the pooled classifiers'; they are not mixed
        with the others."""
        without = self.connector.classifiers is None or "semantic" not in self.config.perception
        return 0 if without else self.connector.num_front_tokens(None)

    def frames(self, speech_embeddings: Sequence[Tensor], acoustic: Tensor) -> list[Tensor]:
        """Returns of the speech embeddings those of Whisper's frames, without the tokens in front of them.

        Args:
            speech_embeddings: what `perceive` returned.
            acoustic: what it was given.

        Returns:
            (T, W) per utterance.
        """
        front = self.connector.num_front_tokens(acoustic if "acoustic" in self.config.perception else None)
        return [utterance[front:] for utterance in speech_embeddings]

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
        emotions that this very model concludes with after giving its reasons. (The paper's self-distillation is in
        the data only.)

        Args:
            speech: waveforms (B, N) at 16 kHz, zero-padded.
            speech_lengths: samples (B,).
            acoustic: Emotion2Vec-S's utterance tokens (B, U, A).
            answers: the targets, with L ``choices`` if distilled.
            explicit: the batch's explicit answers, with L ``choices``; None for no distillation.

        Returns:
            ``loss``: mean cross-entropy by token, weighted by what the tokens tell.
            ``weight``: sum of the tokens' weights.
            ``emotion_accuracy``: share of answers whose emotion's tokens are all the most probable ones given the
            words before them.
            ``token_accuracy``: share of all tokens that are the most probable ones.
            ``level_accuracy``, ``transcript_accuracy``: with explicit answers, the same of the words for levels and of
            the transcript; nan where there are none.
            ``divergence``: of the distilled distributions, if there are any.

        References:
            G. Hinton et al., "Distilling the knowledge in a neural network", 2015.
        """
        return self.loss(self.perceive(speech, speech_lengths, acoustic), answers, explicit=explicit)

    def loss(
        self, speech_embeddings: Sequence[Tensor], answers: Answers, *, explicit: Answers | None = None
    ) -> dict[str, Tensor]:
        """Computes what `forward` does, from speech that was perceived.

        Args:
            speech_embeddings: what `perceive` returned.
            answers: see `forward`.
            explicit: see `forward`.
        """
        logits = self.logits(speech_embeddings, answers.mode, answers=answers.tokens, count=answers.longest() + 1)
        loss = AnswerLoss(logits[:, :-1].float(), answers, part_weights=self.config.part_weights)
        if explicit is None:
            return loss.outputs()
        teacher = self.emotion_logits([utterance.detach() for utterance in speech_embeddings], explicit)
        return loss.outputs(teacher.log_softmax(1), self.config.distillation_weight)

    @torch.no_grad()
    def emotion_logits(self, speech_embeddings: Sequence[Tensor], answers: Answers) -> Tensor:
        """Computes logits (B, L) of emotions after the answers' reasons, without dropout.

        Args:
            speech_embeddings: what `perceive` returned.
            answers: B answers with L ``choices``.
        """
        training = self.training
        self.eval()
        logits = self.logits(speech_embeddings, answers.mode, answers=answers.reasons(), count=1)[:, -1].float()
        self.train(training)
        return logits.gather(1, answers.choices)

    def logits(
        self, speech_embeddings: Sequence[Tensor], mode: str, *, answers: Sequence[Tensor] | None = None, count: int
    ) -> Tensor:
        """Computes the language model's logits at the last positions.

        Args:
            speech_embeddings: what `perceive` returned.
            mode: ``explicit`` or ``implicit``.
            answers: token ids (A,) per utterance, which follow the speech.
            count: number of positions.

        Returns:
            (B, count, V), aligned right.
        """
        inputs = batch_inputs(self.inputs(speech_embeddings, mode, answers=answers))
        return read_inputs(self.llm, inputs, count=count)

    def inputs(
        self, speech_embeddings: Sequence[Tensor], mode: str, *, answers: Sequence[Tensor] | None = None
    ) -> list[Tensor]:
        """Puts together prompt, <speech>, speech, </speech> and answer.

        Args:
            speech_embeddings: what `perceive` returned.
            mode: ``explicit``, ``implicit``, or `c2ser.alm.losses.TRANSCRIPT`, which has no prompt.
            answers: token ids (A,) per utterance; some are hidden in training, see ``answer_dropout``.

        Returns:
            Embeddings (S, W) per utterance.
        """
        embed = self.llm.get_input_embeddings()
        dtype = embed.weight.dtype
        device = speech_embeddings[0].device
        prompts = [embed(torch.tensor(tokens, dtype=torch.long, device=device)) for tokens in self._asked(mode)]
        begin, end = self.speech_marks.weight.to(dtype).split(1)
        parts = [[_drawn(prompts), begin, utterance.to(dtype), end] for utterance in speech_embeddings]
        share = self.config.answer_dropout if self.training else 0.0
        for row, answer in zip(parts, answers or (), strict=answers is not None):
            row.append(drop_answer_tokens(embed(answer), share))
        return [torch.cat(row) for row in parts]

    def _asked(self, mode: str) -> list[list[int]]:
        """Token ids of the prompts of which an utterance is asked one: in training those of ``more_prompts``, too."""
        if mode == TRANSCRIPT:
            return [self.tokenizer("").input_ids]
        return [self.prompts[mode], *(self.more_prompts.get(mode, ()) if self.training else ())]

    @torch.inference_mode()
    def generate(
        self,
        speech_embeddings: Sequence[Tensor],
        mode: str,
        *,
        decoding: Decoding,
        seeds: Sequence[int] = (),
        openings: Openings = (),
        beginnings: Sequence[Sequence[int]] | None = None,
    ) -> list[str]:
        """Generates the answers of a batch.

        Args:
            speech_embeddings: what `perceive` returned.
            mode: ``explicit`` or ``implicit``.
            decoding: how tokens are chosen.
            seeds: one per utterance, if tokens are sampled.
            openings: token sequences per utterance, with one of which its answer begins; see `c2ser.lm.generation`.
            beginnings: token ids that each answer is made to begin with; None where the model chooses all.

        Returns:
            One text per utterance, without its beginning; where it has one, with the space after it.
        """
        tokens = generate(
            self.llm,
            self._begun(speech_embeddings, mode, beginnings),
            decoding=decoding,
            end_tokens=[self.tokenizer.eos_token_id],
            pad_token=self.tokenizer.pad_token_id,
            seeds=seeds,
            openings=openings,
            drafts=self.drafts,
        )
        if beginnings is None:
            return [text.strip() for text in self.tokenizer.batch_decode(tokens, skip_special_tokens=True)]
        rows = zip(beginnings, tokens.tolist(), strict=True)
        return [decode_after(self.tokenizer, row, beginning=beginning).rstrip() for beginning, row in rows]

    def _begun(
        self, speech_embeddings: Sequence[Tensor], mode: str, beginnings: Sequence[Sequence[int]] | None
    ) -> list[Tensor]:
        """`inputs` with the beginning of each answer."""
        if beginnings is None:
            return self.inputs(speech_embeddings, mode)
        device = speech_embeddings[0].device
        answers = [torch.tensor(beginning, dtype=torch.long, device=device) for beginning in beginnings]
        return self.inputs(speech_embeddings, mode, answers=answers)

    @torch.inference_mode()
    def score_candidates(
        self,
        speech_embeddings: Sequence[Tensor],
        mode: str,
        *,
        candidates: Candidates,
        end_tokens: Sequence[int] = (),
        beginnings: Sequence[Sequence[int]] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Computes how probable each of an utterance's candidate answers is, and which greedy search would generate.

        Args:
            speech_embeddings: what `perceive` returned.
            mode: ``explicit`` or ``implicit``.
            candidates: token ids with an end mark, up to L answers per utterance.
            end_tokens: ids of the end marks; by default the tokenizer's.
            beginnings: token ids that stand before each utterance's candidates; None for none.

        Returns:
            Probabilities (B, L) that sum to one over L, and booleans (B, L); see `c2ser.lm.candidates`.
        """
        rows, ends = self._begun(speech_embeddings, mode, beginnings), end_tokens or [self.tokenizer.eos_token_id]
        return score_candidates(self.llm, rows, candidates=candidates, end_tokens=ends)


def _drawn(prompts: Sequence[Tensor]) -> Tensor:
    """Returns one of them at random; draws no number where there is no choice."""
    return prompts[int(torch.randint(len(prompts), ()))] if len(prompts) > 1 else prompts[0]
