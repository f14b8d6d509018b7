"""The connection module: Whisper's frames and Emotion2Vec-S's tokens become inputs of the language model."""

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from c2ser.alm.classifiers import CLASSES, Pooled, PooledClassifiers
from c2ser.alm.qformer import QFormer
from c2ser.compatibility import cpu_has_bfloat16
from c2ser.nn import length_mask
from c2ser.settings import fractions, positive, require

EARLIER_FIELDS = {"emotion_mixup": "pooled_mixup"}  # name in models of earlier versions -> today's


@dataclass(frozen=True)
class ConnectorConfig:
    """Sizes and dropouts of the connection module; the sizes are the release's by default.

    Attributes:
        layers: blocks of its Transformer.
        heads: attention heads of a block.
        feed_forward: width of a block's feed-forward layer.
        queries: learned queries of a Q-Former that takes the place of the Transformer: what the language model reads of
            an utterance, however long it is; 0 for the Transformer, which keeps frames and acoustic tokens.
        dropout: share of activations that are zeroed in training.
        attention_dropout: share of the attention weights; None for that of ``dropout``. The release has 0.
        positional_dropout: share of activations where positions have been added. The release has 0.1.
        pooled: put tokens of what lasts in an utterance in front; see `c2ser.alm.classifiers.PooledClassifiers`.
        pooled_range: dB below an utterance's loudest frame down to which frames are pooled; None for all of them.
        pooled_mixup: in training, mix what the pooled tokens tell of two utterances, and their levels and emotions in
            the answers: parameter of the beta distribution that shares are drawn from; 0 for none.
        pooled_crop: in training, least share of an utterance's pooled frames in the stretch of them from which the
            emotion is classified; a new one is drawn each time. 1 for all frames.
        last_layer_logit: what the logit of the last Whisper layer's weight starts from, those of the others being 0:
            the last layers tell the words. The weights learn slowly, and a small model would waste its updates.
        acoustic_dropout: share of utterances whose acoustic tokens are zeroed in training. Emotion2Vec-S was trained on
            the labels of the same training set; a model that relies on its tokens alone generalizes worse.
    """

    layers: int = 4
    heads: int = 4
    feed_forward: int = 2560
    queries: int = 0
    dropout: float = 0.1
    attention_dropout: float | None = None
    positional_dropout: float = 0.0
    pooled: bool = False
    pooled_range: float | None = None
    pooled_mixup: float = 0.0
    pooled_crop: float = 1.0
    last_layer_logit: float = 0.0
    acoustic_dropout: float = 0.0

    def __post_init__(self):
        dropouts = ["dropout", "positional_dropout", "acoustic_dropout"]
        if self.attention_dropout is not None:
            dropouts.append("attention_dropout")
        require(
            *positive(self, "layers", "heads", "feed_forward"),
            (self.queries >= 0, f"queries: {self.queries} is below 0"),
            (self.pooled_mixup >= 0, f"pooled_mixup: {self.pooled_mixup} is below 0"),
            (self.pooled or not self.pooled_mixup, "pooled_mixup: there are no pooled tokens; set it to 0"),
            (0 < self.pooled_crop <= 1, f"pooled_crop: {self.pooled_crop} is not above 0 and at most 1"),
            (self.pooled or self.pooled_crop == 1, "pooled_crop: there are no pooled tokens; set it to 1"),
            *fractions(self, *dropouts),
        )


class LayerMix(nn.Module):
    """Standardizes each feature of each Whisper layer and averages the layers with learned weights that sum to one.

    Args:
        layers: number of layers, L.
        width: features of a layer, D.
        last_logit: what the logit of the last layer's weight starts from; those of the others start from 0.
    """

    def __init__(self, layers: int, width: int, *, last_logit: float = 0.0):
        super().__init__()
        self.weights = nn.Parameter(torch.tensor([0.0] * (layers - 1) + [float(last_logit)]))
        self.register_buffer("mean", torch.zeros(layers, width))
        self.register_buffer("scale", torch.ones(layers, width))

    def set_statistics(self, mean: Tensor, deviation: Tensor) -> None:
        """Sets the statistics of the features over the training set; without them, features pass unchanged.

        Args:
            mean: (L, D).
            deviation: standard deviation (L, D).
        """
        self.mean.copy_(mean)
        self.scale.copy_(1.0 / deviation.clamp(min=1e-5))

    def standardize(self, states: Tensor) -> Tensor:
        """Hidden states (B, T, L, D) -> the same, each feature standardized."""
        return states.to(self.mean.dtype, copy=True).sub_(self.mean).mul_(self.scale)

    def forward(self, standardized: Tensor) -> Tensor:
        """Standardized hidden states (B, T, L, D) -> (B, T, D)."""
        with torch.autocast(standardized.device.type, enabled=False):  # it would copy all layers to average them
            return (self.weights.softmax(0) @ standardized.flatten(0, 1)).unflatten(0, standardized.shape[:2])


class Downsampling(nn.Module):
    """Three causal convolutions of strides 1, 2 and 2 with GELU: a quarter of the frames.

    Args:
        width: features of a frame, D.
    """

    STRIDES = (1, 2, 2)
    KERNEL = 3

    def __init__(self, width: int):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv1d(width, width, self.KERNEL, stride) for stride in self.STRIDES)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Downsamples a batch.

        Args:
            x: frames (B, T, D).
            lengths: valid frames (B,).

        Returns:
            About (B, T / 4, D), and their lengths (B,).
        """
        x = x.transpose(1, 2)
        for conv, stride in zip(self.convs, self.STRIDES, strict=True):
            x = F.gelu(conv(F.pad(x, (self.KERNEL - 1, 0))))
            lengths = torch.div(lengths - 1, stride, rounding_mode="floor") + 1
        return x.transpose(1, 2), lengths


class Connector(nn.Module):
    """Downsamples the frames, puts the acoustic tokens in front, mixes all and projects to the language model.

    Tokens of pooled classifiers, if there are any, are put before all that.

    Args:
        layers: number of Whisper layers.
        width: width of Whisper.
        acoustic_width: width of the acoustic tokens; zero-padded to ``width`` where smaller, projected where larger.
        llm_width: width of the language model's embeddings.
        config: sizes of the module.

    Raises:
        InputError: the width is not a multiple of the number of heads.

    Example:
        >>> connector = Connector(
        ...     layers=1, width=8, acoustic_width=4, llm_width=6, config=ConnectorConfig(layers=1, feed_forward=8)
        ... )
        >>> x, lengths, _ = connector(torch.zeros(1, 20, 1, 8), torch.tensor([20]), torch.zeros(1, 10, 4))
        >>> x.shape, lengths.tolist()
        (torch.Size([1, 15, 6]), [15])
    """

    classifiers_class = PooledClassifiers

    def __init__(self, *, layers: int, width: int, acoustic_width: int, llm_width: int, config: ConnectorConfig):
        super().__init__()
        require(
            (width % config.heads == 0, f"connector_conf: {config.heads} heads do not divide Whisper's width, {width}")
        )
        self.mix = LayerMix(layers, width, last_logit=config.last_layer_logit)
        self.classifiers, self.pooled_range = None, config.pooled_range
        if config.pooled:
            self.classifiers = self.classifiers_class(
                layers=layers,
                width=width,
                llm_width=llm_width,
                dropout=config.dropout,
                mixup=config.pooled_mixup,
                crop=config.pooled_crop,
            )
        self.downsampling = Downsampling(width)
        self.acoustic_proj = nn.Linear(acoustic_width, width) if acoustic_width > width else nn.Identity()
        self.acoustic_dropout = config.acoustic_dropout
        self.input = nn.Sequential(nn.Linear(width, width), nn.LayerNorm(width), nn.Dropout(config.dropout))
        self.positional_dropout = nn.Dropout(config.positional_dropout)
        self.queries = config.queries
        self.transformer = _mixer(width, config)
        self.output = nn.Linear(width, llm_width)

    def forward(
        self,
        states: Tensor | None,
        lengths: Tensor,
        acoustic: Tensor | None,
        volume: Tensor | None = None,
        frames: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Pooled | None]:
        """Connects a batch.

        Args:
            states: Whisper's hidden states (B, T, L, D); None where they are not used.
            lengths: valid frames of the states (B,).
            acoustic: Emotion2Vec-S's utterance tokens (B, U, A); None where they are not used.
            volume: of the waveforms (B,), as the pooled classifiers measure it; None without them.
            frames: booleans (B, T), the frames that they pool; None without them.

        Returns:
            Inputs of the language model (B, S, W), pooled tokens first, then acoustic tokens and frames, or what the
            queries read of them; their lengths (B,); what the pooled classifiers classify, None without.
        """
        tokens, told, pooled = [], None, None
        if acoustic is not None:
            tokens.append(self._acoustic(acoustic))
        if states is not None:
            standardized = self.mix.standardize(states)
            if self.classifiers is not None:
                told, pooled = self.classifiers(standardized, frames, volume)
            mixed = self.mix(standardized) * length_mask(lengths, states.shape[1]).unsqueeze(2)
            with self._precision_of(states):
                mixed, lengths = self.downsampling(mixed, lengths)
            tokens.append(mixed)
        if acoustic is not None:
            lengths = lengths + acoustic.shape[1]
        with self._precision_of(states):
            connected = self._transform(torch.cat(tokens, dim=1), lengths)
        if not self.training:
            connected = connected.to(self.output.weight.dtype)
        if self.queries:
            lengths = torch.full_like(lengths, self.queries)
        if told is None:
            return connected, lengths, None
        return torch.cat([told, connected], dim=1), lengths + told.shape[1], pooled

    def _precision_of(self, states: Tensor | None) -> AbstractContextManager:
        """At inference on a CPU, products of frames that come in bfloat16 are computed in it; the pooled tokens' never
        are."""
        coarse = states is not None and states.dtype == torch.bfloat16 and not self.training
        if coarse and states.device.type == "cpu" and cpu_has_bfloat16():
            return torch.autocast("cpu", dtype=torch.bfloat16)
        return nullcontext()

    def _transform(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Mixes tokens (B, S, D) of valid lengths (B,) and projects them, -> (B, S, W), or of Q queries (B, Q, W)."""
        x = self.input(x)
        x = self.positional_dropout(x * math.sqrt(x.shape[2]) + sinusoids(x.shape[1], x.shape[2], device=x.device))
        padding = ~length_mask(lengths, x.shape[1])
        return self.output(self.transformer(x, src_key_padding_mask=padding))

    def num_front_tokens(self, acoustic: Tensor | None) -> int:
        """Returns how many tokens stand before an utterance's frames; with queries there are no frames.

        Args:
            acoustic: as in `forward`.
        """
        pooled = 0 if self.classifiers is None else len(CLASSES)
        return pooled + (0 if acoustic is None else acoustic.shape[1])

    def _acoustic(self, acoustic: Tensor) -> Tensor:
        """Acoustic tokens (B, U, A) -> (B, U, D)."""
        acoustic = acoustic.to(self.output.weight.dtype)
        if self.training and self.acoustic_dropout:
            kept = torch.rand(len(acoustic), 1, 1, device=acoustic.device) >= self.acoustic_dropout
            acoustic = acoustic * kept
        tokens = self.acoustic_proj(acoustic)
        return F.pad(tokens, (0, self.output.in_features - tokens.shape[2]))


def _mixer(width: int, config: ConnectorConfig) -> nn.Module:
    """What mixes tokens (B, S, D), given where there is padding (B, S): a Transformer or a Q-Former."""
    attention_dropout = config.dropout if config.attention_dropout is None else config.attention_dropout
    if config.queries:
        return QFormer(
            width,
            config.queries,
            layers=config.layers,
            heads=config.heads,
            feed_forward=config.feed_forward,
            dropout=config.dropout,
            attention_dropout=attention_dropout,
        )
    block = nn.TransformerEncoderLayer(
        width, config.heads, config.feed_forward, config.dropout, batch_first=True, norm_first=True
    )
    block.self_attn.dropout = attention_dropout
    return nn.TransformerEncoder(block, config.layers, nn.LayerNorm(width), enable_nested_tensor=False)


def sinusoids(length: int, width: int, *, device: torch.device) -> Tensor:
    """Computes absolute sinusoidal positions, sine and cosine interleaved.

    Args:
        length: positions T.
        width: features D.
        device: of the result.

    Returns:
        (T, D).

    References:
        A. Vaswani et al., "Attention is all you need", NeurIPS 2017.
    """
    position = torch.arange(length, device=device).unsqueeze(1)
    rate = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10000.0) / width))
    positions = torch.zeros(length, width, device=device)
    positions[:, 0::2] = torch.sin(position * rate)
    positions[:, 1::2] = torch.cos(position * rate)
    return positions
