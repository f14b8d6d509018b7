"""The emotion2vec encoder: data2vec 2.0's audio Transformer with learned utterance tokens before the frames.

Convolutions on the waveform, convolutional positions, ALiBi, post-norm blocks. With the same weights the outputs equal
those of FunASR's implementation.

References:
    Ma et al.: emotion2vec: Self-supervised pre-training for speech emotion representation. Findings of ACL 2024.
    Baevski et al.: Efficient self-supervised learning with contextualized target representations for vision, speech and
    language (data2vec 2.0). ICML 2023.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from c2ser.nn import length_mask
from c2ser.settings import fractions, multiple, positive, require

CHUNK_SAMPLES = 1 << 17  # samples per pass through the convolutions, which fits CPU caches


@dataclass(frozen=True)
class Emotion2VecConfig:
    """Sizes of the encoder; the defaults are those of emotion2vec base.

    Base has 93.17 M parameters. The papers' 93.8 M include the decoder of pre-training (0.62 M).

    Attributes:
        conv_layers: (channels, kernel, stride) of each convolution on the waveform.
        dim: width D of the Transformer.
        heads: number of attention heads.
        prenet_depth: number of first blocks, whose outputs are not targets of the teacher.
        depth: number of further blocks, whose outputs may be targets.
        mlp_ratio: feed-forward width divided by ``dim``.
        position_layers: number of positional convolutions.
        position_width: total width of their kernels, in frames.
        position_groups: number of groups of each positional convolution.
        utterance_tokens: number U of learned tokens before the frames.
        dropout: in training, on the input of the blocks, on attention weights and on both residual branches.
        layerdrop: probability of skipping a block in training.
    """

    conv_layers: tuple[tuple[int, int, int], ...] = field(
        default=((512, 10, 5), *[(512, 3, 2)] * 4, *[(512, 2, 2)] * 2)
    )
    dim: int = 768
    heads: int = 12
    prenet_depth: int = 4
    depth: int = 8
    mlp_ratio: float = 4.0
    position_layers: int = 5
    position_width: int = 95
    position_groups: int = 16
    utterance_tokens: int = 10
    dropout: float = 0.1
    layerdrop: float = 0.05

    def __post_init__(self):
        sizes = (
            "dim",
            "heads",
            "depth",
            "mlp_ratio",
            "position_layers",
            "position_width",
            "position_groups",
            "utterance_tokens",
        )
        require(
            (len(self.conv_layers) > 0, "conv_layers: is empty"),
            *((min(layer) > 0, f"conv_layers: {layer} has a value that is not above 0") for layer in self.conv_layers),
            (self.prenet_depth >= 0, f"prenet_depth: {self.prenet_depth} is below 0"),
            *positive(self, *sizes),
            *multiple(self, "dim", "heads", "position_groups"),
            *fractions(self, "dropout", "layerdrop"),
        )

    def frames(self, samples: Tensor) -> Tensor:
        """Returns the number of frames of waveforms (50 per second for the base model at 16 kHz).

        Args:
            samples: waveform lengths (B,).

        Example:
            >>> Emotion2VecConfig().frames(torch.tensor([16000])).tolist()
            [49]
        """
        for _, kernel, stride in self.conv_layers:
            samples = torch.div(samples - kernel, stride, rounding_mode="floor") + 1
        return samples.clamp(min=0)

    @property
    def samples_per_frame(self) -> int:
        """Hop size in samples."""
        return math.prod(stride for _, _, stride in self.conv_layers)

    @property
    def minimum_samples(self) -> int:
        """Length of the shortest waveform with one frame, in samples."""
        samples = 1
        for _, kernel, stride in reversed(self.conv_layers):
            samples = (samples - 1) * stride + kernel
        return samples


def normalize_waveforms(waveforms: Tensor, lengths: Tensor) -> Tensor:
    """Normalises each waveform of a padded batch to zero mean and unit variance over its own samples.

    Args:
        waveforms: (B, N), zero-padded.
        lengths: valid samples (B,).

    Returns:
        (B, N), zero on padding.

    Example:
        >>> normalize_waveforms(torch.tensor([[1.0, 3.0]]), torch.tensor([2])).round().tolist()
        [[-1.0, 1.0]]
    """
    valid = length_mask(lengths, waveforms.shape[1])
    count = lengths.unsqueeze(1)
    mean = (waveforms * valid).sum(1, keepdim=True) / count
    centered = (waveforms - mean) * valid
    variance = centered.square().sum(1, keepdim=True) / count
    return centered * torch.rsqrt(variance + 1e-5)


class ConvFeatureEncoder(nn.Module):
    """Waveforms (B, N) -> local features (B, T, C): convolutions without padding or bias, layer norm, GELU.

    Args:
        layers: (channels, kernel, stride) of each convolution.
    """

    def __init__(self, layers: tuple[tuple[int, int, int], ...]):
        super().__init__()
        channels = [1] + [width for width, _, _ in layers]
        self.convs = nn.ModuleList(
            nn.Conv1d(before, width, kernel, stride, bias=False)
            for before, (width, kernel, stride) in zip(channels, layers, strict=False)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width, _, _ in layers)
        for conv in self.convs:
            nn.init.kaiming_normal_(conv.weight)

    def start_as_filterbank(self, sample_rate: int = 16000) -> None:
        """Initialises the first convolution with windowed cosines at mel-spaced frequencies, in four phases each.

        Half-wave rectified, the four phases of a frequency add up to its magnitude. With little training speech, such
        filters need not be learned from scratch; they stay trainable. Their gain rises by 3 dB per octave to
        compensate for the spectral slope of speech; otherwise the following layer norm would suppress breathiness.

        Args:
            sample_rate: Hz.
        """
        channels, _, kernel = self.convs[0].weight.shape
        mels = torch.linspace(_mel(60.0), _mel(7600.0), math.ceil(channels / 4))
        frequencies = 700 * (10 ** (mels / 2595) - 1)
        time = (torch.arange(kernel) - (kernel - 1) / 2) / sample_rate
        phases = torch.arange(4) * math.pi / 2
        cosines = torch.cos(2 * math.pi * frequencies.view(-1, 1, 1) * time + phases.view(1, -1, 1))
        filters = (cosines * torch.hann_window(kernel + 2, periodic=False)[1:-1]).flatten(0, 1)[:channels]
        with torch.no_grad():
            gains = (frequencies / 1000).sqrt().repeat_interleave(len(phases))[:channels, None]
            self.convs[0].weight.copy_((F.normalize(filters, dim=1) * gains).unsqueeze(1))

    def forward(self, waveforms: Tensor) -> Tensor:
        """Encodes (B, N), N a multiple of the total stride; the last frames of a row may overlap the next row."""
        rows = max(1, CHUNK_SAMPLES // waveforms.shape[1])
        return torch.cat([self._encode(chunk) for chunk in waveforms.split(rows)])

    def _encode(self, waveforms: Tensor) -> Tensor:
        """Concatenates the rows, so that each convolution is a product of a few large matrices."""
        x = waveforms.reshape(-1, 1)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.gelu(norm(_convolve(x, conv.weight, conv.stride[0])))
        return x.view(len(waveforms), -1, x.shape[1])


def _convolve(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Convolves x (T, C), T a multiple of the stride, with weights (D, C, K) into (T / stride, D).

    ``stride`` consecutive rows form one row of a matrix view. The kernel's first taps are a product with this view, the
    next taps a product with the view shifted by one row, and so on; zeros follow the end.
    """
    width, channels, kernel = weight.shape
    taps = weight.permute(2, 1, 0).reshape(kernel * channels, width)
    if channels == 1:
        windows = F.pad(x.flatten(), (0, kernel - stride)).unfold(0, kernel, stride)
        return windows @ taps
    steps = x.view(-1, stride * channels)
    first, *others = taps.split(stride * channels)
    y = steps[:, : len(first)] @ first
    for ahead, taps in enumerate(others, start=1):
        # Autocast applies to the product above, but not to in-place operations.
        y[: len(y) - ahead].addmm_(steps[ahead:, : len(taps)].to(y.dtype), taps.to(y.dtype))
    return y


class ConvPositions(nn.Module):
    """Relative positions (B, T, D) computed from the features by grouped convolutions.

    Args:
        dim: width D.
        layers: number of convolutions.
        width: total width of their kernels, in frames.
        groups: number of groups of each convolution.
    """

    def __init__(self, dim: int, layers: int, *, width: int, groups: int):
        super().__init__()
        kernel = max(3, width // layers)
        self.convs = nn.ModuleList(
            nn.Conv1d(dim, dim, kernel, padding=kernel // 2, groups=groups) for _ in range(layers)
        )

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """Frames outside ``valid`` (B, T) are zero in every layer, as around an unpadded utterance."""
        frames = x.shape[1]
        valid = valid.unsqueeze(2)
        for conv in self.convs:
            x = conv((x * valid).transpose(1, 2))[..., :frames].transpose(1, 2)
            x = F.gelu(F.layer_norm(x, x.shape[-1:]))
        return x


class Block(nn.Module):
    """A post-norm Transformer block that also returns its feed-forward output, the teacher's target.

    Args:
        dim: width D.
        heads: number of attention heads.
        mlp_ratio: feed-forward width divided by ``dim``.
        dropout: on attention weights and both residual branches.
    """

    def __init__(self, dim: int, heads: int, *, mlp_ratio: float, dropout: float):
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.norm1 = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, int(dim * mlp_ratio))
        self.fc2 = nn.Linear(int(dim * mlp_ratio), dim)
        self.norm2 = nn.LayerNorm(dim)

    def forward(self, x: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Returns output and feed-forward output (B, S, D) of x (B, S, D) with attention bias (B or 1, H, S, S)."""
        batch, time, dim = x.shape
        q, k, v = self.qkv(x).view(batch, time, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, dropout_p=dropout)
        attended = self.proj(attended.transpose(1, 2).reshape(batch, time, dim))
        x = self.norm1(x + F.dropout(attended, dropout))
        feed_forward = self.fc2(F.gelu(self.fc1(x)))
        return self.norm2(x + F.dropout(feed_forward, dropout)), feed_forward


@dataclass(frozen=True)
class Encoded:
    """Encoder outputs of a batch.

    Attributes:
        utterance: utterance tokens (B, U, D).
        frames: frames (B, T, D).
        feed_forward: feed-forward outputs of the last ``depth`` blocks for the frames, (B, T, D) each.
    """

    utterance: Tensor
    frames: Tensor
    feed_forward: list[Tensor]


class Emotion2VecEncoder(nn.Module):
    """Waveforms -> utterance tokens and frames.

    Args:
        config: the sizes.
    """

    def __init__(self, config: Emotion2VecConfig):
        super().__init__()
        self.config = config
        channels = config.conv_layers[-1][0]
        self.local = ConvFeatureEncoder(config.conv_layers)
        self.local_norm = nn.LayerNorm(channels)
        self.local_proj = nn.Linear(channels, config.dim)
        self.positions = ConvPositions(
            config.dim, config.position_layers, width=config.position_width, groups=config.position_groups
        )
        self.utterance_tokens = nn.Parameter(torch.zeros(config.utterance_tokens, config.dim))
        self.alibi_scale = nn.Parameter(torch.ones(config.heads))
        self.alibi_scale._no_weight_decay = True  # read by ESPnet's exclude_weight_decay, which knows biases and norms
        self.register_buffer("alibi_slopes", alibi_slopes(config.heads), persistent=False)
        self.norm = nn.LayerNorm(config.dim)
        self.blocks = nn.ModuleList(
            Block(config.dim, config.heads, mlp_ratio=config.mlp_ratio, dropout=config.dropout)
            for _ in range(config.prenet_depth + config.depth)
        )
        self.apply(_initialize)
        self.local_proj.reset_parameters()
        nn.init.normal_(self.utterance_tokens[1:])  # the first one starts at zero

    def features(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Returns local features (B, T, D) of unnormalised waveforms (B, N), and the mask of valid frames (B, T)."""
        normalized = normalize_waveforms(waveforms, lengths).to(self.local_proj.weight.dtype)
        padding = -waveforms.shape[1] % self.config.samples_per_frame
        counts = self.config.frames(lengths)
        local = self.local(F.pad(normalized, (0, padding)))[:, : int(counts.max())]
        return self.local_proj(self.local_norm(local)), length_mask(counts, local.shape[1])

    def forward(self, waveforms: Tensor, lengths: Tensor) -> Encoded:
        """Encodes waveforms (B, N), zero-padded behind their ``lengths`` (B,)."""
        return self.encode(*self.features(waveforms, lengths))

    def encode(self, features: Tensor, valid: Tensor) -> Encoded:
        """Encodes local features (B, T, D) with the mask ``valid`` (B, T)."""
        index = torch.arange(valid.shape[1], device=valid.device).unsqueeze(0)
        return self.contextualize(features + self.positions(features, valid), valid, index)

    def contextualize(self, x: Tensor, valid: Tensor, index: Tensor) -> Encoded:
        """Runs the Transformer on frames (B, T, D) with the mask ``valid`` (B, T), at the frame numbers ``index``."""
        bias = self.attention_bias(valid, index).to(x.dtype)
        tokens = self.utterance_tokens.expand(x.shape[0], -1, -1).to(x.dtype)
        x = F.dropout(self.norm(torch.cat([tokens, x], dim=1)), self.config.dropout, self.training)
        count = tokens.shape[1]
        feed_forward = []
        for number, block in enumerate(self.blocks):
            if self.training and torch.rand(()) < self.config.layerdrop:
                continue
            x, outputs = block(x, bias)
            if number >= self.config.prenet_depth:
                feed_forward.append(outputs[:, count:])
        return Encoded(x[:, :count], x[:, count:], feed_forward)

    def attention_bias(self, valid: Tensor, index: Tensor) -> Tensor:
        """Returns ALiBi between frames, zero for utterance tokens, minus infinity on padding.

        The shape is (B, H, U + T, U + T), or (1, H, U + T, U + T) if it is the same for all utterances.
        """
        distance = (index.unsqueeze(2) - index.unsqueeze(1)).abs()
        slopes = self.alibi_slopes * self.alibi_scale.clamp(min=0)
        alibi = -slopes.view(1, -1, 1, 1) * distance.unsqueeze(1)
        count = self.config.utterance_tokens
        bias = F.pad(alibi, (count, 0, count, 0))
        if valid.all():
            return bias
        padding = F.pad(~valid, (count, 0), value=False)
        return bias.masked_fill(padding[:, None, None, :], -math.inf)


def _mel(frequency: float) -> float:
    return 2595 * math.log10(1 + frequency / 700)


def alibi_slopes(heads: int) -> Tensor:
    """Returns ALiBi's slopes (H,): a geometric series, interleaved if ``heads`` is not a power of 2.

    Args:
        heads: number of attention heads H.

    References:
        Press et al.: Train short, test long: Attention with linear biases enables input length extrapolation.
        ICLR 2022.

    Example:
        >>> alibi_slopes(2).tolist()
        [0.0625, 0.00390625]
    """
    power = 2 ** math.floor(math.log2(heads))
    slopes = [2 ** (-8 * (i + 1) / power) for i in range(power)]
    slopes += [2 ** (-4 * (2 * i + 1) / power) for i in range(heads - power)]
    return torch.tensor(slopes)


def _initialize(module: nn.Module) -> None:
    """Normal weights of standard deviation 0.02, as in data2vec 2.0's blocks."""
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)
