"""The audio language model as ESPnet's trainer trains it: modes by the schedule, auxiliary losses."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import numpy as np
import torch
from espnet2.train.abs_espnet_model import AbsESPnetModel
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from c2ser.alm.ctc import TranscriptCTC
from c2ser.alm.experiments import PREFIX
from c2ser.alm.losses import TRANSCRIPT, Answers, LevelTargets
from c2ser.alm.model import C2SERModel
from c2ser.checkpoints.experiments import weights_below
from c2ser.compatibility import cpu_has_bfloat16
from c2ser.encoders.cache import StatesCache
from c2ser.lm.inputs import IGNORED
from c2ser.rationales.schedule import ExplicitSchedule

_HEADS_PREFIX = "heads."  # before the names of their weights in a training's checkpoints


class ESPnetALM(AbsESPnetModel):
    """What ESPnet's trainer asks of a model, around `C2SERModel`; it also chooses the mode of each batch.

    Args:
        model: to be trained.
        schedule: of explicit and implicit targets.
        seed: of the choice of modes.
        alignment_updates: number of updates, the first ones, whose targets are the transcripts alone.
        ctc_weight: weight of a token of the transcript in the loss of `TranscriptCTC`, beside those of the answers; 0
            for none.
        pooled_weight: weight of a level and of the emotion in the loss of the pooled classifiers; 0 for none.
        cpu_bfloat16: compute the matrix products of a training on a CPU in bfloat16, where it has instructions for it.
        states_cache: keeps Whisper's states of utterances; None for none.
    """

    def __init__(
        self,
        model: C2SERModel,
        schedule: ExplicitSchedule,
        *,
        seed: int,
        alignment_updates: int = 0,
        ctc_weight: float = 0.0,
        pooled_weight: float = 0.0,
        cpu_bfloat16: bool = False,
        states_cache: StatesCache | None = None,
    ):
        super().__init__()
        self.model = model
        self.schedule = schedule
        self.seed = seed
        self.alignment_updates = alignment_updates
        self.ctc_weight = ctc_weight
        self.pooled_weight = pooled_weight
        self.cpu_bfloat16 = cpu_bfloat16 and cpu_has_bfloat16()
        self.states_cache = states_cache
        self.heads = nn.ModuleDict()
        if ctc_weight:
            words = model.llm.get_input_embeddings()
            self.heads["ctc"] = TranscriptCTC(words.embedding_dim, words.num_embeddings)
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))

    def forward(self, speech, speech_lengths, acoustic, classes=None, utt_id=None, **targets):
        """Returns loss, statistics and weight of a batch, each of one dimension for ESPnet's distributed averaging."""
        mode = self.choose_mode()
        distils = self.training and mode == "implicit" and self.model.config.distillation_weight > 0
        needs_explicit = mode != "implicit" or distils or "ctc" in self.heads
        explicit = _answers(targets, "explicit") if needs_explicit else None
        answers = _answers(targets, mode) if mode == "implicit" else explicit
        if mode == TRANSCRIPT:
            answers = explicit.transcript_alone()
        encode = self._encoder(utt_id)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.cpu_bfloat16), self._attention():
            speech_embeddings, pooled = self.model.perceive_and_pool(speech, speech_lengths, acoustic, encode=encode)
            if pooled is not None and pooled.mixture is not None:
                answers = answers.mixed(pooled.mixture.of)
            outputs = self.model.loss(speech_embeddings, answers, explicit=explicit if distils else None)
        if "ctc" in self.heads:
            transcripts = explicit.transcripts()
            ctc_loss = self.heads["ctc"](self.model.frames(speech_embeddings, acoustic), transcripts)
            outputs["loss"] = outputs["loss"] + self.ctc_weight * ctc_loss / outputs["weight"]
            outputs["ctc_loss"] = ctc_loss / max(1, sum(map(len, transcripts)))
        if self.pooled_weight:
            pooled_loss = self.model.connector.classifiers.loss(pooled, classes)
            outputs["loss"] = outputs["loss"] + self.pooled_weight * pooled_loss / outputs["weight"]
            outputs["pooled_loss"] = pooled_loss / (classes != IGNORED).sum()
        weight = outputs.pop("weight").reshape(1)
        # Copies, because the trainer divides the loss in place.
        stats = {name: value.detach().clone().reshape(1) for name, value in outputs.items()}
        if self.training:
            stats["explicit_probability"] = speech.new_tensor([self._probability()])
            self.batches.add_(1)
        return outputs["loss"].reshape(1), stats, weight

    def _encoder(self, utts: Sequence[str]) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Whisper, or what keeps its states; with fused attention, which is the faster one without gradients."""
        encode = self.model.whisper if self.states_cache is None else partial(self.states_cache, utts)
        return sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.MATH])(encode) if self._plain_attention else encode

    def _attention(self) -> AbstractContextManager:
        return sdpa_kernel(SDPBackend.MATH) if self._plain_attention else nullcontext()

    @property
    def _plain_attention(self) -> bool:
        """On a CPU gradients of PyTorch's fused attention take twice as long in bfloat16 as those of its plain one."""
        return self.training and self.cpu_bfloat16

    def choose_mode(self) -> str:
        """The same in all processes of a training, and in one that was interrupted."""
        if not self.training:
            return self.schedule.final_mode
        if self.updates.item() < self.alignment_updates:
            return TRANSCRIPT
        draw = np.random.default_rng((self.seed, self.batches.item())).random()
        return "explicit" if draw < self._probability() else "implicit"

    def _probability(self) -> float:
        return self.schedule.probability(self.updates.item())

    def to(self, *args, dtype=None, **kwargs):
        """Moves the model. Each part keeps the dtype that it is configured with, whatever the trainer asks of all."""
        return super().to(*args, **kwargs)

    def collect_feats(self, speech, speech_lengths, **_):
        """Whisper's hidden states of the chosen layers side by side, (B, T, L * D), to be standardised."""
        self.eval()  # the trainer, which collects before it trains, does not ask for it
        states, lengths = self.model.whisper(speech, speech_lengths)
        return {"states": states.flatten(2).float(), "states_lengths": lengths}

    def state_dict(self, *args, **kwargs):
        """Leaves out what is pretrained and frozen: a checkpoint holds what was trained."""
        own = {PREFIX + key: value for key, value in self.model.trainable_state_dict().items()}
        heads = self.heads.state_dict(prefix=_HEADS_PREFIX)
        return {**own, **heads, "updates": self.updates, "batches": self.batches}

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Counterpart of `state_dict`."""
        self.model.load_trainable_state_dict(weights_below(PREFIX, state_dict), "checkpoint")
        self.heads.load_state_dict(weights_below(_HEADS_PREFIX, state_dict))
        self.updates.copy_(state_dict["updates"])
        self.batches.copy_(state_dict["batches"])


def _answers(targets: dict[str, torch.Tensor], mode: str) -> Answers:
    """The answers of a batch in one mode, without padding."""
    lengths = targets[f"{mode}_lengths"].tolist()
    tokens, parts = (
        [row[:length] for row, length in zip(targets[name], lengths, strict=True)] for name in (mode, f"{mode}_parts")
    )
    answers = Answers(mode, tokens, parts, targets.get(f"{mode}_choices"), targets.get("emotion_shares"))
    if mode == "implicit" or "level_places" not in targets:
        return answers
    return answers._replace(levels=LevelTargets(*(targets[f"level_{field}"] for field in LevelTargets._fields)))
