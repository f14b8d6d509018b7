"""Emotion2Vec-S pre-training: a student on masked clones, an EMA teacher, a decoder, and the sum of three losses."""

import copy
import math
from dataclasses import dataclass

import torch
import torch.distributed
import torch.nn.functional as F
from torch import Tensor, nn

from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder
from c2ser.emotion2vec.losses import (
    UNLABELLED,
    category_loss,
    frame_loss,
    gather_over_processes,
    utterance_loss,
)
from c2ser.emotion2vec.masking import span_masks
from c2ser.errors import InputError
from c2ser.nn import length_mask, masked_mean


@dataclass(frozen=True)
class PretrainingConfig:
    """Settings of pre-training; the defaults are the paper's, or data2vec 2.0's where it is silent.

    Attributes:
        clones: masked clones of each utterance that share one target.
        mask_probability, mask_span: share of frames masked, and frames in a span.
        average_top_k_layers: blocks of the teacher that make the target.
        ema_decay, ema_end_decay, ema_anneal_updates: the teacher's decay rises linearly from the first to the second.
        decoder_dim, decoder_layers, decoder_kernel, decoder_groups, decoder_dropout: the convolutional decoder and the
            dropout of its input.
        mask_noise: deviation of the noise that stands for masked frames in the decoder's input.
        utterance_weight, category_weight: L = L_frm + utterance_weight * L_utt + category_weight * L_cate. The squared
            errors are means over frames and features.
        temperature, standardize: of the category loss, for which each clone is a view of its utterance.
        filterbank: start from a filterbank as first convolution, for training from scratch on little speech.
        min_target_variance, min_prediction_variance, watch_from_update: from this update on, training stops where the
            variance of targets or predictions, over the masked frames of a batch, is lower: they have collapsed. The
            defaults are the squares of data2vec 2.0's, which are deviations.
    """

    clones: int = 8
    mask_probability: float = 0.5
    mask_span: int = 5
    average_top_k_layers: int = 8
    ema_decay: float = 0.999
    ema_end_decay: float = 0.99999
    ema_anneal_updates: int = 20000
    decoder_dim: int = 384
    decoder_layers: int = 4
    decoder_kernel: int = 7
    decoder_groups: int = 16
    decoder_dropout: float = 0.1
    mask_noise: float = 0.01
    utterance_weight: float = 0.1
    category_weight: float = 100.0
    temperature: float = 0.1
    standardize: bool = False
    filterbank: bool = False
    min_target_variance: float = 1e-2
    min_prediction_variance: float = 1e-4
    watch_from_update: int = 5000


class ConvDecoder(nn.Module):
    """Predicts the target (B, T, D) from unmasked encodings and noise in masked places, by residual convolutions."""

    def __init__(self, dim: int, config: PretrainingConfig):
        super().__init__()
        widths = [dim] + [config.decoder_dim] * config.decoder_layers
        kernel = config.decoder_kernel
        self.convs = nn.ModuleList(
            nn.Conv1d(widths[i], widths[i + 1], kernel, padding=kernel // 2, groups=config.decoder_groups)
            for i in range(config.decoder_layers)
        )
        self.proj = nn.Linear(config.decoder_dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            y = conv(x.transpose(1, 2))[..., : x.shape[1]].transpose(1, 2)
            y = F.gelu(F.layer_norm(y, y.shape[-1:]))
            x = x + y if x.shape == y.shape else y
        return self.proj(x)


class Emotion2VecPretraining(nn.Module):
    """The student with all that trains it.

    The teacher listens through the student's convolutions and follows only what comes behind them, as in data2vec 2.0:
    the local features of an utterance are computed once.
    """

    def __init__(self, encoder: Emotion2VecConfig, config: PretrainingConfig):
        super().__init__()
        self.config = config
        self.student = Emotion2VecEncoder(encoder)
        if config.filterbank:
            self.student.local.start_as_filterbank()
        self.decoder = ConvDecoder(encoder.dim, config)
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))
        self.start_teacher()

    def start_teacher(self) -> None:
        """Makes the teacher a copy of the student."""
        self.teacher = copy.deepcopy(self.student).requires_grad_(False).eval()
        del self.teacher.local, self.teacher.local_norm, self.teacher.local_proj

    def train(self, mode: bool = True) -> "Emotion2VecPretraining":
        """The teacher never drops anything out."""
        super().train(mode)
        self.teacher.eval()
        return self

    def forward(self, speech: Tensor, speech_lengths: Tensor, emotion: Tensor) -> dict[str, Tensor]:
        """Computes the losses of a batch.

        Args:
            speech: waveforms (B, N) at 16 kHz, zero-padded.
            speech_lengths: samples (B,).
            emotion: class numbers (B,), `UNLABELLED` where unknown.

        Returns:
            ``loss`` and, detached, its parts and what shows a collapse: ``loss_frame``, ``loss_utterance``,
            ``loss_category``, ``target_variance``, ``prediction_variance``, ``category_accuracy`` (is the nearest
            other labelled utterance of the batch of the same emotion; NaN with less than two labelled).

        Raises:
            InputError: while training, targets or predictions have collapsed.
        """
        config = self.config
        features, valid = self.student.features(speech, speech_lengths)
        target, utterance_target = self.targets(features, valid)
        repeated = (features, valid, target, utterance_target)
        features, valid, target, utterance_target = (x.repeat_interleave(config.clones, 0) for x in repeated)
        masked = span_masks(valid, config.mask_probability, config.mask_span)

        embedding, predicted = self._student_outputs(features, valid, masked)
        frame = frame_loss(predicted, target, masked)
        utterance = utterance_loss(embedding, utterance_target)
        everywhere, emotions = gather_over_processes(embedding, emotion.repeat_interleave(config.clones))
        category = category_loss(everywhere, emotions, config.temperature, config.standardize, config.clones)
        outputs = {
            "loss": frame + config.utterance_weight * utterance + config.category_weight * category,
            "loss_frame": frame.detach(),
            "loss_utterance": utterance.detach(),
            "loss_category": category.detach(),
            "target_variance": target[masked].detach().float().var(0).mean(),
            "prediction_variance": predicted[masked].detach().float().var(0).mean(),
            "category_accuracy": neighbour_accuracy(everywhere.detach(), emotions, config.clones),
        }
        if self.training and self.updates >= config.watch_from_update:
            self._stop_if_collapsed(outputs)
        return outputs

    @torch.no_grad()
    def targets(self, features: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """What the teacher makes of local features (B, T, D), of which ``valid`` (B, T) belong to the utterance.

        Returns:
            The target of frames (B, T, D), the mean of the top layers, each normalised over time; and that of the
            utterance (B, D), the mean of the same layers' means over time, each normalised over features. The mean over
            time of the first is zero whatever is said, so it can be no target for the utterance.
        """
        layers = self.teacher.encode(features, valid).feed_forward[-self.config.average_top_k_layers :]
        layers = [layer.float() for layer in layers]
        frames = torch.stack([normalize_over_time(layer, valid) for layer in layers]).mean(0)
        means = torch.stack([masked_mean(layer, valid) for layer in layers])
        return frames, F.layer_norm(means, means.shape[-1:]).mean(0)

    def _student_outputs(self, features: Tensor, valid: Tensor, masked: Tensor) -> tuple[Tensor, Tensor]:
        """Utterance embeddings (B, D) and predicted targets (B, T, D); only unmasked frames are encoded."""
        visible = valid & ~masked
        positioned = features + self.student.positions(features * visible.unsqueeze(2), valid)
        index, kept = gather_index(visible)
        gathered = positioned.gather(1, index.unsqueeze(2).expand(-1, -1, features.shape[2]))
        encoded = self.student.contextualize(gathered, kept, index)

        expanded = torch.randn_like(features) * self.config.mask_noise
        rows = torch.arange(len(index), device=index.device).unsqueeze(1).expand_as(index)
        known = F.dropout(encoded.frames[kept], self.config.decoder_dropout, self.training)
        expanded[rows[kept], index[kept]] = known.to(expanded.dtype)
        return encoded.utterance.mean(1), self.decoder(expanded * valid.unsqueeze(2))

    @torch.no_grad()
    def update_teacher(self) -> None:
        """Moves the teacher towards the student; to be called once after each optimizer step."""
        config = self.config
        progress = min(1.0, self.updates.item() / max(1, config.ema_anneal_updates))
        decay = config.ema_decay + progress * (config.ema_end_decay - config.ema_decay)
        student = dict(self.student.named_parameters())
        names, teacher = zip(*self.teacher.named_parameters(), strict=True)
        torch._foreach_lerp_(teacher, [student[name] for name in names], 1.0 - decay)
        self.updates += 1

    def _stop_if_collapsed(self, outputs: dict[str, Tensor]) -> None:
        """Judges by the mean over all processes, so that they stop together."""
        variances = torch.stack([outputs["target_variance"], outputs["prediction_variance"]])
        if torch.distributed.is_initialized():
            torch.distributed.all_reduce(variances)
            variances /= torch.distributed.get_world_size()
        floors = (self.config.min_target_variance, self.config.min_prediction_variance)
        for what, floor, variance in zip(("target", "prediction"), floors, variances.tolist(), strict=True):
            if variance < floor:
                raise InputError(
                    f"update {self.updates.item()}: collapse, the variance of the {what}s is {variance:.2g}, below "
                    f"min_{what}_variance = {floor}; lower the learning rate or raise ema_decay, and start again"
                )


def normalize_over_time(x: Tensor, valid: Tensor) -> Tensor:
    """Instance normalisation: zero mean and unit variance of each feature of (B, T, D) over the valid frames (B, T)."""
    centered = (x - masked_mean(x, valid).unsqueeze(1)) * valid.unsqueeze(2)
    variance = masked_mean(centered.square(), valid).unsqueeze(1)
    return centered * torch.rsqrt(variance + 1e-5)


def gather_index(visible: Tensor) -> tuple[Tensor, Tensor]:
    """Times of the visible frames (B, T) packed to the left, and which of the packed places are filled: (B, K) each."""
    counts = visible.sum(1)
    longest = int(counts.max())
    index = visible.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :longest]
    return index, length_mask(counts, longest)


def neighbour_accuracy(embeddings: Tensor, emotions: Tensor, clones: int) -> Tensor:
    """Share of labelled embeddings (B, D), ``clones`` in a row of an utterance, whose nearest neighbour by cosine among
    other utterances is of their emotion; the batch's mean is taken off first."""
    labelled = emotions != UNLABELLED
    x, emotions = embeddings[labelled], emotions[labelled]
    if len(x) < 2 * clones:
        return embeddings.new_tensor(math.nan)
    x = F.normalize(x - x.mean(0), dim=1)
    utterance = torch.arange(len(x), device=x.device) // clones
    similarities = (x @ x.T).masked_fill(utterance.unsqueeze(0) == utterance.unsqueeze(1), -math.inf)
    return (emotions[similarities.argmax(1)] == emotions).float().mean()
