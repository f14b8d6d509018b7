"""Emotion2Vec-S pre-training: a student on masked clones, an EMA teacher, a decoder, and the sum of three losses."""

import copy
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder, length_mask
from c2ser.emotion2vec.losses import category_loss, frame_loss, masked_mean, utterance_loss
from c2ser.emotion2vec.masking import span_masks


@dataclass(frozen=True)
class PretrainingConfig:
    """Settings of pre-training; the defaults are the paper's, or data2vec 2.0's where it is silent.

    Attributes:
        clones: masked clones of each utterance that share one target.
        mask_probability, mask_span: share of frames masked, and frames in a span.
        average_top_k_layers: blocks of the teacher that make the target.
        ema_decay, ema_end_decay, ema_anneal_updates: the teacher's decay rises linearly from the first to the second.
        decoder_dim, decoder_layers, decoder_kernel, decoder_groups: the convolutional decoder.
        filterbank: start from a filterbank as first convolution, for training from scratch on little speech.
        mask_noise: deviation of the noise that stands for masked frames in the decoder's input.
        utterance_weight, category_weight: L = L_frm + utterance_weight * L_utt + category_weight * L_cate.
        temperature, standardize: of the category loss, for which each clone is a view of its utterance.
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
    mask_noise: float = 0.01
    utterance_weight: float = 0.1
    category_weight: float = 100.0
    temperature: float = 0.1
    standardize: bool = False
    filterbank: bool = False


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
    """The student with all that trains it."""

    def __init__(self, encoder: Emotion2VecConfig, config: PretrainingConfig):
        super().__init__()
        self.config = config
        self.student = Emotion2VecEncoder(encoder)
        if config.filterbank:
            self.student.local.start_as_filterbank()
        self.teacher = copy.deepcopy(self.student).requires_grad_(False)
        self.decoder = ConvDecoder(encoder.dim, config)
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

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
        """
        config = self.config
        target, valid = self.target(speech, speech_lengths)
        features, _ = self.student.features(speech, speech_lengths)
        features, target, valid = (x.repeat_interleave(config.clones, 0) for x in (features, target, valid))
        masked = span_masks(valid, config.mask_probability, config.mask_span)

        embedding, predicted = self._student_outputs(features, valid, masked)
        frame = frame_loss(predicted, target, masked)
        utterance = utterance_loss(embedding, target, valid)
        emotion = emotion.repeat_interleave(config.clones)
        category = category_loss(embedding, emotion, config.temperature, config.standardize)
        return {
            "loss": frame + config.utterance_weight * utterance + config.category_weight * category,
            "loss_frame": frame.detach(),
            "loss_utterance": utterance.detach(),
            "loss_category": category.detach(),
            "target_variance": target[masked].detach().var(0).mean(),
            "prediction_variance": predicted[masked].detach().var(0).mean(),
            "category_accuracy": neighbour_accuracy(embedding.detach(), emotion, config.clones),
        }

    @torch.no_grad()
    def target(self, speech: Tensor, speech_lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The teacher's target (B, T, D), the mean of its top layers each normalised over time, and valid frames."""
        encoded = self.teacher(speech, speech_lengths)
        valid = length_mask(self.student.config.frames(speech_lengths), encoded.frames.shape[1])
        layers = encoded.feed_forward[-self.config.average_top_k_layers :]
        return torch.stack([normalize_over_time(layer, valid) for layer in layers]).mean(0), valid

    def _student_outputs(self, features: Tensor, valid: Tensor, masked: Tensor) -> tuple[Tensor, Tensor]:
        """Utterance embeddings (B, D) and predicted targets (B, T, D); only unmasked frames are encoded."""
        visible = valid & ~masked
        positioned = features + self.student.positions(features * visible.unsqueeze(2), valid)
        index, kept = gather_index(visible)
        gathered = positioned.gather(1, index.unsqueeze(2).expand(-1, -1, features.shape[2]))
        encoded = self.student.contextualize(gathered, kept, index)

        expanded = torch.randn_like(features) * self.config.mask_noise
        rows = torch.arange(len(index), device=index.device).unsqueeze(1).expand_as(index)
        expanded[rows[kept], index[kept]] = encoded.frames[kept].to(expanded.dtype)
        return encoded.utterance.mean(1), self.decoder(expanded * valid.unsqueeze(2))

    @torch.no_grad()
    def update_teacher(self) -> None:
        """Moves the teacher towards the student; to be called once after each optimizer step."""
        config = self.config
        progress = min(1.0, self.updates.item() / max(1, config.ema_anneal_updates))
        decay = config.ema_decay + progress * (config.ema_end_decay - config.ema_decay)
        teacher, student = list(self.teacher.parameters()), list(self.student.parameters())
        torch._foreach_lerp_(teacher, student, 1.0 - decay)
        self.updates += 1


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
    return index, torch.arange(longest, device=visible.device) < counts.unsqueeze(1)


def neighbour_accuracy(embeddings: Tensor, emotions: Tensor, clones: int) -> Tensor:
    """Share of labelled embeddings (B, D), ``clones`` in a row of an utterance, whose nearest neighbour by cosine among
    other utterances is of their emotion; the batch's mean is taken off first."""
    labelled = emotions >= 0
    x, emotions = embeddings[labelled], emotions[labelled]
    if len(x) < 2 * clones:
        return torch.tensor(math.nan)
    x = F.normalize(x - x.mean(0), dim=1)
    utterance = torch.arange(len(x), device=x.device) // clones
    similarities = (x @ x.T).masked_fill(utterance.unsqueeze(0) == utterance.unsqueeze(1), -math.inf)
    return (emotions[similarities.argmax(1)] == emotions).float().mean()
