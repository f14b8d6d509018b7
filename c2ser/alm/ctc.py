"""An auxiliary loss that teaches the connection module words: CTC of the transcript on the connected frames."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TranscriptCTC(nn.Module):
    """A linear layer from the connected frames to the language model's tokens and a blank, for training alone.

    The language model's own loss says which tokens an answer quotes, but not where in the speech they are, and a small
    model takes long to find out. CTC aligns them.

    Args:
        width: of the connected frames, W.
        vocabulary: number of the language model's tokens; the blank is one more.

    References:
        A. Graves et al., "Connectionist temporal classification", ICML 2006; S. Watanabe et al., "Hybrid CTC/attention
        architecture for end-to-end speech recognition", IEEE JSTSP 2017.

    Example:
        >>> ctc = TranscriptCTC(8, 30)
        >>> ctc([torch.zeros(6, 8), torch.zeros(4, 8)], [torch.tensor([3, 5]), torch.tensor([7])]).isfinite().item()
        True
    """

    def __init__(self, width: int, vocabulary: int):
        super().__init__()
        self.output = nn.Linear(width, vocabulary + 1)

    def forward(self, frames: Sequence[Tensor], transcripts: Sequence[Tensor]) -> Tensor:
        """Computes the loss of a batch.

        Args:
            frames: connected frames (T, W) per utterance.
            transcripts: token ids (A,) per utterance. An utterance without tokens, or with more of them than its frames
                can be aligned with, has no part in the loss.

        Returns:
            Sum over utterances of the transcript's negative log-likelihood.
        """
        known = [index for index, transcript in enumerate(transcripts) if len(transcript)]
        if not known:
            return self.output.weight.sum() * 0.0
        chosen = [frames[index] for index in known]
        targets = [transcripts[index] for index in known]
        with torch.autocast(chosen[0].device.type, enabled=False):
            logits = self.output(nn.utils.rnn.pad_sequence(chosen).float())
            return F.ctc_loss(
                logits.log_softmax(2),
                torch.cat(targets),
                torch.tensor([len(rows) for rows in chosen]),
                torch.tensor([len(tokens) for tokens in targets]),
                blank=self.output.out_features - 1,
                reduction="sum",
                zero_infinity=True,
            )
