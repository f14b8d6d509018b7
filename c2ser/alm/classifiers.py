"""What lasts in an utterance, its levels and its emotion: linear classifiers of Whisper's pooled features."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS, MEDIUM_RATIO
from c2ser.alm.loudness import loudness
from c2ser.emotions import EMOTIONS
from c2ser.languages import LANGUAGES, read_rationale
from c2ser.lm.inputs import IGNORED
from c2ser.nn import length_mask

# What is classified, and the number of its classes: the levels of each attribute, and the emotion.
CLASSES = (*(len(LEVELS) for _ in ATTRIBUTES), len(EMOTIONS))
ENERGY = ATTRIBUTES.index("energy")
# How much faster numbers learn that stand alone, weights of layers and those of volume, than matrices that sum many.
SCALAR_RATE = 40.0
VOLUME_RATE = 100.0
FRAME_SAMPLES = 320  # of a frame of Whisper at 16 kHz
MIN_POWER = 1e-10  # -100 dB, below the noise of 16-bit audio


class Mixture(NamedTuple):
    """Mixes each utterance of a batch with another one of it.

    Args:
        others: place of the other one (B,).
        shares: of the utterance itself (B, 1), at least a half.

    References:
        H. Zhang et al., "mixup: Beyond empirical risk minimization", ICLR 2018.

    Example:
        >>> mixture = Mixture(torch.tensor([1, 0]), torch.tensor([[0.75], [1.0]]))
        >>> mixture.of(torch.eye(2))
        tensor([[0.7500, 0.2500],
                [0.0000, 1.0000]])
    """

    others: Tensor
    shares: Tensor

    @classmethod
    def draw(cls, utterances: int, alpha: float, *, device: torch.device) -> "Mixture":
        """Draws a mixture.

        Args:
            utterances: of the batch, B.
            alpha: parameter of the symmetric beta distribution that shares are drawn from.
            device: of the batch.
        """
        shares = torch.distributions.Beta(alpha, alpha).sample((utterances, 1)).to(device)
        return cls(torch.randperm(utterances, device=device), torch.maximum(shares, 1 - shares))

    def of(self, values: Tensor) -> Tensor:
        """Values (B, F) of the utterances -> those of the mixtures."""
        return values[self.others].lerp(values, self.shares.to(values.dtype))


class Pooled(NamedTuple):
    """What the classifiers hear of a batch.

    Args:
        statistics: mean and standard deviation over the frames, (B, 2, L, D).
        volume: loudness of the waveforms in LUFS (B,).
        mixture: by which what is told is mixed; None for no mixture.
        stretch: as ``statistics``, of a stretch of the frames that the emotion is classified from; None for all frames.
    """

    statistics: Tensor
    volume: Tensor
    mixture: Mixture | None = None
    stretch: Tensor | None = None


class PooledClassifiers(nn.Module):
    """Classifies an utterance by the mean and the standard deviation of each layer, and tells it to the language model.

    The levels of pitch and rate are each classified by an average of the layers with learned weights, as few layers
    hold them, of features that are normalized by those of the same utterance and layer. The level of volume, which
    Whisper's layers tell only roughly, is classified by the waveform's loudness alone. The emotion, which is spread
    over the layers, is classified by all side by side: by the normalized features, and by each standardized over the
    utterances of the training, where one that varies little counts as much as one that varies a lot.

    A token tells the language model which level each attribute has, and how probable each emotion is. In training
    nearly all probabilities of levels are near 0 or 1; where they are not, as between two levels of other utterances, a
    language model that had them would take the level that is most frequent.

    In training, what it is told may be mixed: an utterance's levels and probabilities with another one's. It then
    learns to say them in the same shares. One that was told of sure emotions alone says a third where two are likely,
    and is sure of it; and it seldom says a level that was rare in training, such as high volume, when told of it.

    The emotion may be learned from stretches of utterances, another one each time. There are as many of them as one
    likes, where a corpus of acted speech has a few hundred utterances; and what tells the emotion is in most of them.
    The levels are those of the whole utterance.

    A language model that starts from random weights, or learns from a few hundred utterances, finds in frames what was
    said long before it finds how; from tokens that hold more than this, it learned its training set by heart.

    Args:
        layers: number of layers, L.
        width: features of a layer, D.
        llm_width: width of the language model's embeddings, W.
        dropout: share of the pooled features that are zeroed in training.
        mixup: parameter of the beta distribution of a `Mixture`; 0 for none.
        crop: least share of an utterance's frames in the stretch that training classifies the emotion from; 1 for all.

    References:
        D. Snyder et al., "X-vectors: Robust DNN embeddings for speaker recognition", ICASSP 2018 (statistics pooling).
        S. Yang et al., "SUPERB: Speech processing universal performance benchmark", Interspeech 2021 (weighted layers).

    Example:
        >>> classifiers = PooledClassifiers(layers=3, width=8, llm_width=6)
        >>> frames = torch.ones(2, 20, dtype=torch.bool)
        >>> tokens, pooled = classifiers(torch.zeros(2, 20, 3, 8), frames, torch.tensor([-20.0, -35.0]))
        >>> tokens.shape, [tuple(of_one.shape) for of_one in classifiers.logits(pooled)]
        (torch.Size([2, 4, 6]), [(2, 3), (2, 3), (2, 3), (2, 13)])
    """

    volume_name = "loudness"
    measure_volume = staticmethod(loudness)

    def __init__(
        self,
        *,
        layers: int,
        width: int,
        llm_width: int,
        dropout: float = 0.0,
        mixup: float = 0.0,
        crop: float = 1.0,
    ):
        super().__init__()
        self.mixup, self.crop = mixup, crop
        self.norm = nn.LayerNorm(width)
        self.standardization = RunningStandardization((2, layers, width))
        self.dropout = nn.Dropout(dropout)
        self.layer_logits = nn.Parameter(torch.zeros(len(ATTRIBUTES) - 1, layers))
        widths = [2 * width] * len(ATTRIBUTES) + [4 * width * layers]
        self.outputs = nn.ModuleList(nn.Linear(*sizes) for sizes in zip(widths, CLASSES, strict=True))
        self.add_module(self.volume_name, RunningStandardization(()))
        self.outputs[ENERGY] = nn.Linear(2, CLASSES[ENERGY], bias=False)  # of the volume, and of a constant
        nn.init.zeros_(self.outputs[ENERGY].weight)
        self.tokens = nn.ModuleList(nn.Linear(size, llm_width) for size in CLASSES)

    @torch.no_grad()
    def start_tokens(self, embed: Callable[[Tensor], Tensor], tokenize: Callable[[str], list[int]]) -> None:
        """Lets the token of a class start from the words that name it in answers, in the mean over languages.

        A language model then learns for all classes at once to say what it is told.

        Args:
            embed: token ids (N,) -> embeddings (N, W) of the language model.
            tokenize: a text -> its token ids.
        """
        for token, classes in zip(self.tokens, class_wordings(), strict=True):
            weights, biases = [], []
            for wordings in zip(*classes, strict=True):  # of one language
                ids = [tokenize(wording) for wording in wordings]
                shared = set.intersection(*map(set, ids))  # "in a ... pitch"
                own = [[number for number in row if number not in shared] or row for row in ids]
                weights.append(torch.stack([embed(torch.tensor(row)).mean(0) for row in own], dim=1))
                if shared:
                    biases.append(embed(torch.tensor(sorted(shared))).mean(0))
            token.weight.copy_(torch.stack(weights).mean(0))
            token.bias.copy_(torch.stack(biases).mean(0) if biases else torch.zeros_like(token.bias))

    @property
    def volume(self) -> "RunningStandardization":
        """What standardizes the volume."""
        return getattr(self, self.volume_name)

    def forward(self, standardized: Tensor, frames: Tensor, volume: Tensor) -> tuple[Tensor, Pooled]:
        """Tells the language model what a batch is classified as.

        Args:
            standardized: standardized hidden states (B, T, L, D).
            frames: booleans (B, T), True for those that are pooled.
            volume: of the waveforms (B,), as `measure_volume` measures it.

        Returns:
            Tokens (B, 4, W), and what `logits` and `loss` classify.
        """
        pooled = Pooled(pool(standardized, frames), volume)
        if self.training and self.mixup:
            pooled = pooled._replace(mixture=Mixture.draw(len(volume), self.mixup, device=volume.device))
        if self.training and self.layer_logits.requires_grad:
            if self.crop < 1:
                pooled = pooled._replace(stretch=pool(standardized, draw_stretches(frames, self.crop)))
            self.standardization.update(pooled.statistics)
            self.volume.update(volume)
        # What the language model's loss makes of the classifiers fits the training set, and it alone; and a language
        # model that reads probabilities with dropout trusts them less than what it learns by heart.
        with torch.no_grad():
            told = self._told(self.logits(pooled))
            if pooled.mixture is not None:
                told = [pooled.mixture.of(of_one) for of_one in told]
        tokens = [token(of_one) for token, of_one in zip(self.tokens, told, strict=True)]
        return torch.stack(tokens, dim=1), pooled

    def logits(self, pooled: Pooled) -> list[Tensor]:
        """Classifies a batch.

        Args:
            pooled: what `forward` returned.

        Returns:
            Logits of each of `CLASSES`, (B, C).
        """
        return self._logits(pooled, nn.Identity())

    def loss(self, pooled: Pooled, classes: Tensor) -> Tensor:
        """Computes the loss of a batch; medium levels, which most utterances have, weigh less, as in the answers.

        Args:
            pooled: what `forward` returned.
            classes: class of each of `CLASSES` (B, 4); `IGNORED` where it is not known.

        Returns:
            Sum of the classes' weighted negative log-likelihoods.

        Example:
            >>> classifiers = PooledClassifiers(layers=3, width=8, llm_width=6)
            >>> _, pooled = classifiers(torch.zeros(1, 9, 3, 8), torch.ones(1, 9, dtype=torch.bool), torch.zeros(1))
            >>> classifiers.loss(pooled, torch.full((1, 4), IGNORED)).item()
            0.0
        """
        of_levels = classes.new_tensor(
            [MEDIUM_RATIO if level == "medium" else 1.0 for level in LEVELS], dtype=torch.float
        )
        weights = [of_levels] * len(ATTRIBUTES) + [None]
        logits = self._logits(pooled, self.dropout, stretch=pooled.stretch)
        losses = [
            F.cross_entropy(of_one.float(), chosen, of_class, ignore_index=IGNORED, reduction="sum")
            for of_one, chosen, of_class in zip(logits, classes.T, weights, strict=True)
        ]
        return torch.stack(losses).sum()

    def _told(self, logits: list[Tensor]) -> list[Tensor]:
        """Logits of each of `CLASSES` (B, C) -> what their tokens tell, (B, C)."""
        *levels, emotion = logits
        decided = [F.one_hot(of_one.argmax(1), of_one.shape[1]).to(of_one.dtype) for of_one in levels]
        return [*decided, emotion.softmax(1)]

    def _logits(self, pooled: Pooled, dropout: nn.Module, *, stretch: Tensor | None = None) -> list[Tensor]:
        """Logits of each of `CLASSES` (B, C); the emotion's are those of a stretch's pooled features, if given."""
        features = self._level_features(pooled, dropout)
        of_emotion = pooled.statistics if stretch is None else stretch
        features.append(dropout(self._emotion_features(of_emotion)).flatten(1))
        return [output(of_one) for output, of_one in zip(self.outputs, features, strict=True)]

    def _level_features(self, pooled: Pooled, dropout: nn.Module) -> list[Tensor]:
        """Features of each attribute (B, F)."""
        features = self._averaged_layers(pooled.statistics, dropout)
        volume = self.volume(pooled.volume)
        features.insert(ENERGY, VOLUME_RATE * torch.stack([volume, torch.ones_like(volume)], dim=1))
        return features

    def _averaged_layers(self, statistics: Tensor, dropout: nn.Module) -> list[Tensor]:
        """Pooled features (B, 2, L, D) -> for each row of weights their average over the layers, (B, 2 D)."""
        weights = (SCALAR_RATE * self.layer_logits).softmax(1)
        return list(torch.einsum("bsld,al->basd", dropout(self.norm(statistics)), weights).flatten(2).unbind(1))

    def _emotion_features(self, statistics: Tensor) -> Tensor:
        """Pooled features (B, 2, L, D) -> normalized and standardized ones (B, 4, L, D)."""
        return torch.cat([self.norm(statistics), self.standardization(statistics)], dim=1)


class RunningStandardization(nn.Module):
    """Standardizes features of utterances by mean and standard deviation over all utterances of the training so far.

    Args:
        shape: of the features of an utterance; empty where it is one number.

    Example:
        >>> standardization = RunningStandardization(())
        >>> standardization.update(torch.tensor([-30.0, -20.0]))
        >>> standardization(torch.tensor([-15.0]))
        tensor([2.])
    """

    def __init__(self, shape: Sequence[int]):
        super().__init__()
        self.register_buffer("count", torch.zeros(()))
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("variance", torch.ones(shape))

    @torch.no_grad()
    def update(self, values: Tensor) -> None:
        """Adds a batch (B, ...), of all processes of a training, to the statistics."""
        values = values.double()  # a difference of squares
        count = values.new_tensor(len(values))
        totals = torch.stack([values.sum(0), values.square().sum(0)])
        if torch.distributed.is_initialized():
            torch.distributed.all_reduce(count)
            torch.distributed.all_reduce(totals)
        mean, square = totals / count
        share = count / (self.count + count)
        shift = mean - self.mean
        self.variance += share * (square - mean.square() - self.variance + (1 - share) * shift.square())
        self.mean += share * shift
        self.count += count

    def forward(self, values: Tensor) -> Tensor:
        """Values (B, ...) -> the same, standardized."""
        return (values - self.mean) / self.variance.clamp(min=1e-5).sqrt()


def class_wordings() -> list[list[list[str]]]:
    """Returns how answers word each class, of each of `CLASSES`, in each language.

    Example:
        >>> pitch, *_, emotion = class_wordings()
        >>> pitch[0][0], emotion[0][0]
        ('in a low pitch', 'angry')
    """
    spoken = LANGUAGES.values()
    levels = [[[of.templates.phrases[name][level] for of in spoken] for level in range(3)] for name in ATTRIBUTES]
    return [*levels, [[of.emotions[emotion] for of in spoken] for emotion in EMOTIONS]]


def loud_frames(waveforms: Tensor, lengths: Tensor, *, frames: int, below: float | None) -> Tensor:
    """Finds the frames of speech, by their power: silence around it, and how much there is, tells nothing of a voice.

    Args:
        waveforms: (B, N) at 16 kHz, zero-padded.
        lengths: valid frames (B,).
        frames: number of frames T, of 20 ms.
        below: dB below the loudest frame of an utterance down to which frames count; None for all.

    Returns:
        Booleans (B, T).

    Example:
        >>> wave = torch.cat([torch.full((1, 320), 0.5), torch.zeros(1, 320)], dim=1)
        >>> loud_frames(wave, torch.tensor([2]), frames=2, below=40.0).tolist()
        [[True, False]]
    """
    valid = length_mask(lengths, frames)
    if below is None:
        return valid
    padded = F.pad(waveforms.float(), (0, max(0, frames * FRAME_SAMPLES - waveforms.shape[1])))
    energy = padded[:, : frames * FRAME_SAMPLES].unflatten(1, (frames, FRAME_SAMPLES)).square().mean(2)
    power = energy.clamp(min=MIN_POWER).log10()
    return valid & (power >= power.amax(1, keepdim=True) - below / 10)


def draw_stretches(frames: Tensor, least: float) -> Tensor:
    """Draws of each utterance a stretch of its frames.

    Args:
        frames: booleans (B, T), True for those that count.
        least: least share of them in a stretch.

    Returns:
        Booleans (B, T).

    Example:
        >>> frames = torch.tensor([[False, True, True, True, True]])
        >>> stretch = draw_stretches(frames, 0.5)
        >>> 2 <= stretch.sum() <= 4, bool((stretch & ~frames).any())
        (tensor(True), False)
    """
    count = frames.sum(1, keepdim=True)
    length, start = torch.rand(2, len(frames), 1, device=frames.device)
    length = (count * (least + (1 - least) * length)).ceil()
    first = (start * (count - length + 1)).floor()
    place = frames.cumsum(1) - 1
    return frames & (place >= first) & (place < first + length)


def pool(states: Tensor, frames: Tensor) -> Tensor:
    """Computes the mean and the standard deviation over frames.

    Args:
        states: standardized hidden states (B, T, L, D), also those of padding finite.
        frames: booleans (B, T), True for those that count.

    Returns:
        (B, 2, L, D), the means first.
    """
    features = states.flatten(2).float()
    # Matrix products read the features once each, where a masked mean writes them anew. Half precision is too coarse
    # for a difference of squares; standardized features have means near 0, so that float32 is not.
    with torch.autocast(states.device.type, enabled=False):
        weights = (frames / frames.sum(1, keepdim=True).clamp(min=1)).unsqueeze(1)
        mean, square = weights @ features, weights @ features.square()
    variance = (square - mean.square()).clamp(min=0)
    pooled = torch.cat([mean, (variance + 1e-5).sqrt()], dim=1)
    return pooled.to(states.dtype).unflatten(2, states.shape[2:])


def rationale_classes(text: str) -> np.ndarray:
    """Reads the classes that a target states.

    Args:
        text: an explicit target, or a rationale that was rewritten.

    Returns:
        Class of each of `CLASSES` (4,); `IGNORED` for what is not stated.

    Example:
        >>> rationale_classes("This is said in a low pitch. So the emotion is sad.").tolist()
        [0, -100, -100, 3]
    """
    rationale = read_rationale(text)
    levels = [rationale.level(name) for name in ATTRIBUTES]
    emotion = rationale.emotion
    return np.array(
        [IGNORED if level is None else LEVELS.index(level) for level in levels]
        + [EMOTIONS.index(emotion) if emotion in EMOTIONS else IGNORED]
    )
