"""A Q-Former: a fixed number of learned queries read speech of any length.

References:
    Li et al.: BLIP-2: bootstrapping language-image pre-training with frozen image encoders and large language models.
    ICML 2023.
    Xu et al.: SECap: speech emotion captioning with large language model. AAAI 2024.
"""

import torch
from torch import Tensor, nn
from transformers import Blip2QFormerConfig, Blip2QFormerModel

INITIAL_DEVIATION = 0.02  # BERT's, of the queries


class QFormer(nn.Module):
    """BLIP-2's, of transformers: in each block the queries attend to each other and then to the speech.

    Args:
        width: of speech and queries, D.
        queries: their number, Q.
        layers: blocks.
        heads: attention heads of a block.
        feed_forward: width of a block's feed-forward layer.
        dropout: share of activations that are zeroed in training.
        attention_dropout: share of the attention weights.

    Example:
        >>> qformer = QFormer(8, 2, layers=1, heads=2, feed_forward=16, dropout=0.0, attention_dropout=0.0)
        >>> qformer(torch.zeros(3, 20, 8), torch.zeros(3, 20, dtype=torch.bool)).shape
        torch.Size([3, 2, 8])
    """

    def __init__(
        self,
        width: int,
        queries: int,
        *,
        layers: int,
        heads: int,
        feed_forward: int,
        dropout: float,
        attention_dropout: float,
    ):
        super().__init__()
        self.queries = nn.Parameter(torch.randn(queries, width) * INITIAL_DEVIATION)
        self.model = Blip2QFormerModel(
            Blip2QFormerConfig(
                hidden_size=width,
                encoder_hidden_size=width,
                num_hidden_layers=layers,
                num_attention_heads=heads,
                intermediate_size=feed_forward,
                hidden_dropout_prob=dropout,
                attention_probs_dropout_prob=attention_dropout,
                cross_attention_frequency=1,
            )
        )

    def forward(self, speech: Tensor, src_key_padding_mask: Tensor) -> Tensor:
        """Reads a batch.

        Args:
            speech: (B, S, D).
            src_key_padding_mask: booleans (B, S), true where there is padding.

        Returns:
            (B, Q, D).
        """
        queries = self.queries.expand(len(speech), -1, -1)
        read = self.model(queries, encoder_hidden_states=speech, encoder_attention_mask=~src_key_padding_mask)
        return read.last_hidden_state
