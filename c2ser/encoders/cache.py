"""Hidden states of a frozen encoder, computed once per utterance of a training."""

import logging
from collections.abc import Hashable, Sequence

import torch
from torch import Tensor, nn

from c2ser.encoders.whisper import SemanticEncoder

logger = logging.getLogger(__name__)


class TensorCache:
    """Keeps tensors in memory, as long as there is room.

    Args:
        limit: bytes that may be kept.
        what: the tensors are of, for the warning that there is no room.

    Example:
        >>> cache = TensorCache(16, "states")
        >>> cache.keep("a", torch.zeros(4))
        >>> cache.keep("b", torch.zeros(4))
        >>> "a" in cache, "b" in cache
        (True, False)
    """

    def __init__(self, limit: int, what: str):
        self._room, self._what = limit, what
        self._kept: dict[Hashable, Tensor] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def __getitem__(self, key: Hashable) -> Tensor:
        return self._kept[key]

    def keep(self, key: Hashable, tensor: Tensor) -> None:
        """Keeps a tensor on the CPU, where there is room for it."""
        size = tensor.numel() * tensor.element_size()
        if size <= self._room:
            self._kept[key] = tensor.to("cpu", copy=True)  # not a view of the whole batch
            self._room -= size
        elif self._room:
            self._room = 0
            logger.warning(
                "no room for the %s of more than %d utterances; the others' are computed", self._what, len(self)
            )


class StatesCache:
    """Keeps the hidden states of utterances in memory, as long as there is room; those of others are computed anew.

    Args:
        encoder: frozen, and without augmentation.
        limit: bytes that may be kept.

    Example:
        >>> cache = StatesCache(encoder, 1 << 30)  # doctest: +SKIP
        >>> states, lengths = cache(["a", "b"], waveforms, lengths)  # doctest: +SKIP
    """

    def __init__(self, encoder: SemanticEncoder, limit: int):
        self._encoder = encoder
        self._states = TensorCache(limit, "states")

    def __len__(self) -> int:
        return len(self._states)

    @torch.no_grad()
    def __call__(self, utts: Sequence[str], waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Encodes a batch, of which some may be kept already.

        Args:
            utts: ids of the utterances.
            waveforms: as for `SemanticEncoder`, (B, N).
            lengths: samples (B,).

        Returns:
            What the encoder returns.
        """
        new = [index for index, utt in enumerate(utts) if utt not in self._states]
        computed: dict[str, Tensor] = {}
        if new:
            samples = lengths[new]
            states, counts = self._encoder(waveforms[new, : int(samples.max())], samples)
            rows = zip(new, states, counts.tolist(), strict=True)
            computed = {utts[index]: row[:count].cpu() for index, row, count in rows}
            for utt, row in computed.items():
                self._states.keep(utt, row)
        chosen = [computed[utt] if utt in computed else self._states[utt] for utt in utts]
        counts = torch.tensor([len(states) for states in chosen], device=lengths.device)
        return nn.utils.rnn.pad_sequence(chosen, batch_first=True).to(waveforms.device), counts
