"""Whisper's log-mel features of batches of waveforms, each on its true length."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.audio_utils import mel_filter_bank

from c2ser.data.audio import SAMPLE_RATE
from c2ser.nn import length_mask

N_FFT, HOP = 400, 160  # samples
CHUNK = 30 * SAMPLE_RATE  # samples that Whisper was trained on


class LogMel(nn.Module):
    """Whisper's log-mel features.

    Args:
        bins: number of mel bands.
        mirror_end: whether a waveform is followed by its mirror image, as by torch.stft's default, and an incomplete
            last frame is left out; otherwise silence follows up to 30 s, and then its mirror image, as in transformers.

    Example:
        >>> features, frames = LogMel(80)(torch.zeros(1, 16000), torch.tensor([16000]))
        >>> features.shape, frames.tolist()
        (torch.Size([1, 80, 100]), [100])
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
        """Computes the features of a batch.

        Args:
            waveforms: (B, N) at 16 kHz.
            lengths: samples (B,).

        Returns:
            Features (B, bins, T), zero beyond an utterance's own frames, and the number of frames (B,).
        """
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
