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
from c2ser.errors import TrainingError
from c2ser.nn import length_mask, masked_mean
from c2ser.settings import fractions, multiple, positive, require


@dataclass(frozen=True)
class PretrainingConfig:
    """Settings of pre-training; the defaults are the paper's, or data2vec 2.0's where the paper gives none.

    The loss is L = L_frm + utterance_weight * L_utt + category_weight * L_cate. As in data2vec 2.0, the squared errors
    of L_frm and L_utt are sums over the D features, divided by the square root of D. Where they are means over
    features, the same ratio is L_frm + 0.1 * L_utt + 100 / sqrt(D) * L_cate: at D = 768, the paper's 100 becomes 3.6.

    Masked spans are drawn; data2vec 2.0's inverse masking, which draws spans that stay visible, is for images.

    Attributes:
        clones: number of masked clones of each utterance that share one target.
        mask_probability: share of frames in masked spans, before these overlap; see `span_masks`.
        mask_span: length of a masked span, in frames.
        mask_exact: mask exactly ``mask_probability`` of the frames; see `span_masks`.
        average_top_k_layers: number of the teacher's last blocks whose mean is the target.
        ema_decay: decay of the teacher at the first update.
        ema_end_decay: decay after ``ema_anneal_updates``; it changes linearly in between.
        ema_anneal_updates: number of updates until the final decay.
        decoder_dim: width of the convolutional decoder.
        decoder_layers: number of its convolutions.
        decoder_kernel: their kernel, in frames.
        decoder_groups: their number of groups.
        decoder_dropout: dropout of the decoder's input.
        mask_noise: standard deviation of the noise in place of masked frames in the decoder's input.
        utterance_weight: weight of L_utt.
        category_weight: weight of L_cate.
        temperature: of L_cate, for which each clone is a view of its utterance.
        standardize: see `category_loss`.
        filterbank: initialise the first convolution as a filterbank, for training from scratch on little speech.
        min_target_variance: training stops if the variance of the targets over a batch's masked frames is lower
            (collapse); the default is the square of data2vec 2.0's, which is a standard deviation.
        min_prediction_variance: the same for predictions.
        watch_from_update: first update at which both are checked.
    """

    clones: int = 8
    mask_probability: float = 0.5
    mask_span: int = 5
    mask_exact: bool = False
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

    def __post_init__(self):
        sizes = ("decoder_dim", "decoder_layers", "decoder_kernel", "decoder_groups")
        counts = ("clones", "mask_span", "average_top_k_layers", "ema_anneal_updates", "temperature")
        require(
            *positive(self, *counts, *sizes),
            *multiple(self, "decoder_dim", "decoder_groups"),
            *fractions(self, "mask_probability", "ema_decay", "ema_end_decay", "decoder_dropout"),
        )


class ConvDecoder(nn.Module):
    """Predicts targets from encoded visible frames and noise at masked frames, by residual convolutions.

    Args:
        dim: width D of the encoder.
        config: sizes of the decoder.
    """

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
        """(B, T, D) -> predicted targets (B, T, D)."""
        for conv in self.convs:
            y = conv(x.transpose(1, 2))[..., : x.shape[1]].transpose(1, 2)
            y = F.gelu(F.layer_norm(y, y.shape[-1:]))
            x = x + y if x.shape == y.shape else y
        return self.proj(x)


class Emotion2VecPretraining(nn.Module):
    """Student, teacher, decoder and losses.

    As in data2vec 2.0, the teacher shares the student's waveform convolutions and tracks only the layers after them, so
    that local features are computed once.

    Args:
        encoder: sizes of the encoder.
        config: settings of pre-training.

    Raises:
        SettingsError: the sizes of encoder and decoder do not fit.
    """

    def __init__(self, encoder: Emotion2VecConfig, config: PretrainingConfig):
        super().__init__()
        fit = encoder.dim % config.decoder_groups == 0
        require((fit, f"pretraining_conf.decoder_groups: {config.decoder_groups} does not divide dim, {encoder.dim}"))
        self.config = config
        self.student = Emotion2VecEncoder(encoder)
        if config.filterbank:
            self.student.local.start_as_filterbank()
        self.decoder = ConvDecoder(encoder.dim, config)
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))
        self.start_teacher()

    def start_teacher(self) -> None:
        """Resets the teacher to a copy of the student."""
        self.teacher = copy.deepcopy(self.student).requires_grad_(False).eval()
        del self.teacher.local, self.teacher.local_norm, self.teacher.local_proj

    def train(self, mode: bool = True) -> "Emotion2VecPretraining":
        """Sets training mode; the teacher stays in evaluation mode."""
        super().train(mode)
        self.teacher.eval()
        return self

    def forward(self, speech: Tensor, speech_lengths: Tensor, emotion: Tensor) -> dict[str, Tensor]:
        """Computes the losses of a batch.

        Args:
            speech: waveforms (B, N) at 16 kHz, zero-padded.
            speech_lengths: samples (B,).
            emotion: class numbers (B,), `UNLABELLED` if unknown.

        Returns:
            ``loss`` and, detached, ``loss_frame``, ``loss_utterance``, ``loss_category``, ``target_variance``,
            ``prediction_variance`` and ``category_accuracy`` (see `neighbour_accuracy`).

        Raises:
            TrainingError: in training, if targets or predictions have collapsed.
        """
        config = self.config
        features, valid = self.student.features(speech, speech_lengths)
        target, utterance_target = self.targets(features, valid)
        repeated = (features, valid, target, utterance_target)
        features, valid, target, utterance_target = (x.repeat_interleave(config.clones, 0) for x in repeated)
        masked = span_masks(valid, config.mask_probability, span=config.mask_span, exact=config.mask_exact)

        embedding, predicted = self.student_outputs(features, valid, masked)
        frame = frame_loss(predicted, target, masked)
        utterance = utterance_loss(embedding, utterance_target)
        everywhere, emotions = gather_over_processes(embedding, emotion.repeat_interleave(config.clones))
        category = category_loss(
            everywhere, emotions, temperature=config.temperature, standardize=config.standardize, views=config.clones
        )
        outputs = {
            "loss": frame + config.utterance_weight * utterance + config.category_weight * category,
            "loss_frame": frame.detach(),
            "loss_utterance": utterance.detach(),
            "loss_category": category.detach(),
            "target_variance": target[masked].detach().float().var(0).mean(),
            "prediction_variance": predicted[masked].detach().float().var(0).mean(),
            "category_accuracy": neighbour_accuracy(everywhere.detach(), emotions, clones=config.clones),
        }
        if self.training and self.updates >= config.watch_from_update:
            self._stop_if_collapsed(outputs)
        return outputs

    @torch.no_grad()
    def targets(self, features: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Computes the teacher's targets.

        Args:
            features: local features (B, T, D).
            valid: mask of valid frames (B, T).

        Returns:
            Frame targets (B, T, D), the mean of the top layers, each normalised over time; and utterance targets
            (B, D), the mean of these layers' temporal means, each normalised over features. The temporal mean of frame
            targets is always zero, so it cannot serve as the utterance's target.
        """
        layers = self.teacher.encode(features, valid).feed_forward[-self.config.average_top_k_layers :]
        layers = [layer.float() for layer in layers]
        frames = torch.stack([normalize_over_time(layer, valid) for layer in layers]).mean(0)
        means = torch.stack([masked_mean(layer, valid) for layer in layers])
        return frames, F.layer_norm(means, means.shape[-1:]).mean(0)

    def student_outputs(self, features: Tensor, valid: Tensor, masked: Tensor) -> tuple[Tensor, Tensor]:
        """Returns utterance embeddings (B, D) and predicted targets (B, T, D); only visible frames are encoded."""
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
        """Updates the teacher; call it once after each optimizer step."""
        config = self.config
        progress = min(1.0, self.updates.item() / max(1, config.ema_anneal_updates))
        decay = config.ema_decay + progress * (config.ema_end_decay - config.ema_decay)
        student = dict(self.student.named_parameters())
        names, teacher = zip(*self.teacher.named_parameters(), strict=True)
        torch._foreach_lerp_(teacher, [student[name] for name in names], 1.0 - decay)
        self.updates += 1

    def _stop_if_collapsed(self, outputs: dict[str, Tensor]) -> None:
        """Checks the variances averaged over all processes, so that all stop together."""
        variances = torch.stack([outputs["target_variance"], outputs["prediction_variance"]])
        if torch.distributed.is_initialized():
            torch.distributed.all_reduce(variances)
            variances /= torch.distributed.get_world_size()
        floors = (self.config.min_target_variance, self.config.min_prediction_variance)
        for what, floor, variance in zip(("target", "prediction"), floors, variances.tolist(), strict=True):
            if variance < floor:
                raise TrainingError(
                    f"update {self.updates.item()}: collapse, the variance of the {what}s is {variance:.2g}, below "
                    f"min_{what}_variance = {floor}; lower the learning rate or raise ema_decay, and start again"
                )


def normalize_over_time(x: Tensor, valid: Tensor) -> Tensor:
    """Instance normalisation: zero mean and unit variance of each feature over the valid frames.

    Args:
        x: features (B, T, D).
        valid: mask of valid frames (B, T).

    Returns:
        (B, T, D), zero on padding.
    """
    centered = (x - masked_mean(x, valid).unsqueeze(1)) * valid.unsqueeze(2)
    variance = masked_mean(centered.square(), valid).unsqueeze(1)
    return centered * torch.rsqrt(variance + 1e-5)


def gather_index(visible: Tensor) -> tuple[Tensor, Tensor]:
    """Packs the visible frames of each row to the left.

    Args:
        visible: booleans (B, T).

    Returns:
        Frame numbers (B, K) and the mask of filled positions (B, K), where K is the largest number of visible frames.

    Example:
        >>> gather_index(torch.tensor([[False, True, True]]))[0].tolist()
        [[1, 2]]
    """
    counts = visible.sum(1)
    longest = int(counts.max())
    index = visible.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :longest]
    return index, length_mask(counts, longest)


def neighbour_accuracy(embeddings: Tensor, emotions: Tensor, *, clones: int) -> Tensor:
    """Computes how often the nearest embedding of another utterance has the same emotion.

    Neighbours are found by cosine similarity after subtracting the batch mean.

    Args:
        embeddings: (B, D).
        emotions: class numbers (B,), `UNLABELLED` if unknown; unlabelled embeddings are left out.
        clones: number of consecutive embeddings of one utterance.

    Returns:
        A scalar; NaN with fewer than two labelled utterances.
    """
    labelled = emotions != UNLABELLED
    x, emotions = embeddings[labelled], emotions[labelled]
    if len(x) < 2 * clones:
        return embeddings.new_tensor(math.nan)
    x = F.normalize(x - x.mean(0), dim=1)
    utterance = torch.arange(len(x), device=x.device) // clones
    similarities = (x @ x.T).masked_fill(utterance.unsqueeze(0) == utterance.unsqueeze(1), -math.inf)
    return (emotions[similarities.argmax(1)] == emotions).float().mean()
