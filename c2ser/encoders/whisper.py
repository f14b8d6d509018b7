"""Semantic perception: Whisper's encoder on the true length of the speech, without padding to 30 s."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import WhisperConfig, WhisperModel
from transformers.audio_utils import mel_filter_bank
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from c2ser.errors import InputError
from c2ser.nn import length_mask
from c2ser.settings import settings, torch_dtype

SAMPLE_RATE = 16000
N_FFT, HOP = 400, 160
CHUNK = 30 * SAMPLE_RATE  # what Whisper was trained on


class LogMel(nn.Module):
    """Whisper's log-mel features.

    Args:
        bins: mel bands.
        mirror_end: whether a waveform is followed by its mirror image, as by torch.stft's default, and its last frame
            begun is left out; otherwise silence follows up to 30 s, and there its mirror image, as in transformers.
    """

    def __init__(self, bins: int, mirror_end: bool = False):
        super().__init__()
        self.mirror_end = mirror_end
        filters = mel_filter_bank(
            num_frequency_bins=N_FFT // 2 + 1,
            num_mel_filters=bins,
            min_frequency=0.0,
            max_frequency=8000.0,
            sampling_rate=SAMPLE_RATE,
            norm="slaney",
            mel_scale="slaney",
        )
        self.register_buffer("filters", torch.from_numpy(filters).float().T, persistent=False)
        self.register_buffer("window", torch.hann_window(N_FFT), persistent=False)

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Returns features (B, bins, T), zero beyond their own frames, and the frames (B,) of waveforms (B, N)."""
        counts = torch.div(lengths if self.mirror_end else lengths + HOP - 1, HOP, rounding_mode="floor").clamp(min=1)
        room = N_FFT if self.mirror_end else min(N_FFT, max(0, CHUNK - waveforms.shape[1]))
        padded = F.pad(waveforms.float(), (0, room))
        if self.mirror_end:
            padded = _mirrored(padded, lengths)
        spectrum = torch.stft(padded, N_FFT, HOP, window=self.window, return_complex=True)
        mel = (self.filters @ spectrum[..., : int(counts.max())].abs().square()).clamp(min=1e-10).log10()
        valid = length_mask(counts, mel.shape[2]).unsqueeze(1)
        loudest = mel.masked_fill(~valid, -10.0).amax(dim=(1, 2), keepdim=True)
        mel = torch.maximum(mel, loudest - 8.0)
        return (mel + 4.0) / 4.0 * valid, counts


def _mirrored(waveforms: Tensor, lengths: Tensor) -> Tensor:
    """Puts half a window of mirror image behind the ``lengths`` (B,) of waveforms (B, N), which have room for it."""
    offsets = torch.arange(N_FFT // 2, device=waveforms.device)
    ends = lengths.unsqueeze(1)
    image = waveforms.gather(1, (ends - 2 - offsets).clamp(min=0))
    return waveforms.scatter(1, ends + offsets, image)


class SpecAugment(nn.Module):
    """Hides bands and stretches of log-mel features while training (Park et al., Interspeech 2019).

    Args:
        frequency_masks, frequency_width: bands hidden in each utterance, and their greatest width in bins.
        time_masks, time_width: stretches hidden, and their greatest width in frames, at most a fifth of the utterance.
    """

    def __init__(self, frequency_masks: int = 2, frequency_width: int = 10, time_masks: int = 2, time_width: int = 50):
        super().__init__()
        self.frequency_masks, self.frequency_width = frequency_masks, frequency_width
        self.time_masks, self.time_width = time_masks, time_width

    def forward(self, mel: Tensor, counts: Tensor) -> Tensor:
        """Features (B, bins, T), of which ``counts`` (B,) frames are speech -> the same with zeros in hidden places."""
        if not self.training:
            return mel
        bins = torch.full_like(counts, mel.shape[1])
        widest = torch.full_like(counts, self.frequency_width)
        bands = _random_spans(mel.shape[1], bins, widest, self.frequency_masks)
        widest = torch.clamp(counts // 5, max=self.time_width)
        stretches = _random_spans(mel.shape[2], counts, widest, self.time_masks)
        return mel.masked_fill(bands.unsqueeze(2) | stretches.unsqueeze(1), 0.0)


class TimeSubstitution(nn.Module):
    """Replaces stretches of log-mel features by earlier ones of the same utterance while training (WeNet's SpecSub).

    Args:
        number: stretches replaced in each utterance.
        width: their greatest width in frames.
    """

    def __init__(self, number: int = 3, width: int = 30):
        super().__init__()
        self.number, self.width = number, width

    def forward(self, mel: Tensor, counts: Tensor) -> Tensor:
        """Features (B, bins, T), of which ``counts`` (B,) frames are speech -> the same with stretches replaced."""
        if not self.training:
            return mel
        time = torch.arange(mel.shape[2], device=mel.device)
        source = time.expand(len(mel), -1)
        for start, width, back in (torch.rand(self.number, 3, len(mel), 1, device=mel.device)).unbind(0):
            start = (start * counts.unsqueeze(1)).long()
            end = torch.minimum(start + 1 + (width * self.width).long(), counts.unsqueeze(1))
            earlier = time - (back * (start + 1)).long()
            source = torch.where((time >= start) & (time < end), earlier, source)
        return mel.gather(2, source.unsqueeze(1).expand_as(mel))


def _random_spans(size: int, lengths: Tensor, widest: Tensor, number: int) -> Tensor:
    """Booleans (B, size), True in ``number`` random spans within each length (B,), each of a width up to ``widest``."""
    draw = torch.rand(2, number, len(lengths), 1, device=lengths.device)
    width = (draw[0] * (widest + 1).unsqueeze(1)).floor()
    start = (draw[1] * (lengths.unsqueeze(1) - width + 1)).floor()
    index = torch.arange(size, device=lengths.device)
    return ((index >= start) & (index < start + width)).any(0)


class SemanticEncoder(nn.Module):
    """Hidden states of chosen layers of Whisper's encoder.

    Args:
        encoder: Whisper's encoder.
        layers: the hidden states to return, numbered as in transformers: 0 is the input of the first block, n the
            output of block n, -1 the encoder's output. Blocks beyond the highest are not run.
        spec_augment: keywords of `SpecAugment`; None for no masks.
        time_substitution: keywords of `TimeSubstitution`; None for none.
        mirror_end: see `LogMel`.
    """

    def __init__(
        self,
        encoder: WhisperEncoder,
        layers: Sequence[int] = (-1,),
        spec_augment: dict[str, int] | None = None,
        time_substitution: dict[str, int] | None = None,
        mirror_end: bool = False,
    ):
        super().__init__()
        depth = len(encoder.layers)
        if not isinstance(layers, Sequence):
            raise InputError(f"whisper_conf: layers '{layers}' is no list")
        if not layers or not all(-depth - 1 <= layer <= depth for layer in layers):
            raise InputError(f"whisper_conf: layers {list(layers)} do not fit an encoder of {depth} blocks")
        self.layers = [layer % (depth + 1) for layer in layers]
        self.encoder = encoder
        encoder.layers[max(self.layers) :].requires_grad_(False)
        encoder.layer_norm.requires_grad_(depth in self.layers)
        self.log_mel = LogMel(encoder.num_mel_bins, mirror_end)
        self.augmentations = nn.ModuleList()
        if spec_augment is not None:
            self.augmentations.append(settings(SpecAugment, spec_augment, "whisper_conf: spec_augment"))
        if time_substitution is not None:
            self.augmentations.append(settings(TimeSubstitution, time_substitution, "whisper_conf: time_substitution"))

    @property
    def width(self) -> int:
        """Width of a hidden state."""
        return self.encoder.config.d_model

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Encodes waveforms (B, N) of ``lengths`` (B,); what lies beyond 30 s is cut off.

        Returns:
            Hidden states (B, T, L, D) of the L chosen layers, about 50 frames a second, and the frames (B,) of each.
        """
        encoder = self.encoder
        longest = encoder.max_source_positions * 2 * HOP
        with torch.autocast(waveforms.device.type, enabled=False):  # mixed precision would hear less than inference
            mel, counts = self.log_mel(waveforms[:, :longest], lengths.clamp(max=longest))
        for augmentation in self.augmentations:
            mel = augmentation(mel, counts)
        x = F.gelu(encoder.conv1(mel.to(encoder.conv1.weight.dtype)))
        valid = length_mask(counts, x.shape[2])
        x = F.gelu(encoder.conv2(x * valid.unsqueeze(1))).transpose(1, 2).contiguous()
        x = x + encoder.embed_positions.weight[: x.shape[1]]
        x = F.dropout(x, encoder.dropout, encoder.training)

        counts = torch.div(counts + 1, 2, rounding_mode="floor")
        valid = length_mask(counts, x.shape[1])
        mask = None if valid.all() else valid[:, None, None, :]
        states = {0: x}
        for number, block in enumerate(encoder.layers[: max(self.layers)], 1):
            x = block(x, mask)
            states[number] = encoder.layer_norm(x) if number == len(encoder.layers) else x
        return torch.stack([states[layer] for layer in self.layers], dim=2), counts


def build_semantic_encoder(
    whisper: str | dict,
    layers: Sequence[int] = (-1,),
    dtype: str = "float32",
    spec_augment: dict[str, int] | None = None,
    time_substitution: dict[str, int] | None = None,
    mirror_end: bool = False,
) -> SemanticEncoder:
    """Builds the encoder.

    Args:
        whisper: hub id or folder of a Whisper model, or a mapping of WhisperConfig for random weights.
        layers, spec_augment, time_substitution, mirror_end: see `SemanticEncoder`.
        dtype: of the encoder's weights; bfloat16 suits a frozen one.

    Raises:
        InputError: the model cannot be loaded.
    """
    weights_dtype = torch_dtype(dtype, "whisper_conf: dtype")
    if isinstance(whisper, dict):
        try:
            encoder = WhisperEncoder(WhisperConfig(**whisper)).to(weights_dtype)
        except (TypeError, ValueError) as error:
            raise InputError(f"whisper: no configuration of an encoder ({str(error).splitlines()[0]})") from None
    else:
        try:
            encoder = WhisperModel.from_pretrained(whisper, dtype=weights_dtype).get_encoder()
        except OSError as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"whisper '{whisper}': {reason}; give a hub id or a folder with its weights") from None
    return SemanticEncoder(encoder, layers, spec_augment, time_substitution, mirror_end)
