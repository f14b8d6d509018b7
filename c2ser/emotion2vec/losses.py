"""The three losses of Emotion2Vec-S: frame, utterance and category."""

import torch
import torch.distributed
import torch.distributed.nn
import torch.nn.functional as F
from torch import Tensor

UNLABELLED = -1


def frame_loss(predicted: Tensor, target: Tensor, masked: Tensor) -> Tensor:
    """Mean squared error on masked frames.

    Args:
        predicted, target: (B, T, D).
        masked: (B, T), True where the student had to guess.
    """
    return F.mse_loss(predicted[masked], target[masked])


def utterance_loss(embedding: Tensor, target: Tensor) -> Tensor:
    """Mean squared error between utterance embeddings and what the teacher makes of whole utterances, (B, D) each."""
    return F.mse_loss(embedding, target)


def gather_over_processes(embeddings: Tensor, emotions: Tensor) -> tuple[Tensor, Tensor]:
    """Joins the embeddings (B, D) and emotions (B,) of all processes of a distributed training; B may differ.

    Gradients flow back to the process that an embedding is from. A loss on the joined batch is the same in every
    process; averaged over processes, as DistributedDataParallel does, its gradient is that of the whole batch.
    """
    if not torch.distributed.is_initialized() or torch.distributed.get_world_size() == 1:
        return embeddings, emotions
    longest = torch.tensor(len(emotions), device=emotions.device)
    torch.distributed.all_reduce(longest, torch.distributed.ReduceOp.MAX)
    missing = int(longest) - len(emotions)
    # What fills a process up counts as unlabelled, so it takes no part.
    embeddings = torch.cat(torch.distributed.nn.all_gather(F.pad(embeddings, (0, 0, 0, missing))))
    return embeddings, torch.cat(torch.distributed.nn.all_gather(F.pad(emotions, (0, missing), value=UNLABELLED)))


def category_loss(
    embeddings: Tensor, emotions: Tensor, temperature: float, standardize: bool = False, views: int = 1
) -> Tensor:
    """Contrastive loss over a batch: utterances of one emotion attract, others repel.

    Supervised contrastive form (Khosla et al., NeurIPS 2020, eq. 2) of the paper's CLIP-style category loss, on cosine
    similarities. Unlabelled utterances take no part; where no two utterances have the same emotion the loss is zero.

    Args:
        embeddings: utterance embeddings (B, D).
        emotions: class numbers (B,), `UNLABELLED` where unknown.
        temperature: divides the similarities. The paper does not give its value.
        standardize: standardise each feature over the batch first. Embeddings of an encoder that starts from random
            weights differ by little from their common mean; cosines of the differences let it learn much faster.
        views: embeddings in a row that are of one utterance. They too attract each other.
    """
    labelled = emotions != UNLABELLED
    x, emotions = embeddings[labelled], emotions[labelled]
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    if standardize and len(x) > 0:
        x = (x - x.mean(0)) / (x.std(0, correction=0) + 1e-5)
    x = F.normalize(x, dim=1)
    itself = torch.eye(len(x), dtype=torch.bool, device=x.device)
    positive = (emotions.unsqueeze(0) == emotions.unsqueeze(1)) & ~itself
    utterance = torch.arange(len(labelled), device=x.device)[labelled] // views
    if not (positive & (utterance.unsqueeze(0) != utterance.unsqueeze(1))).any():
        return embeddings.sum() * 0.0
    anchors = positive.any(1)
    with torch.autocast(x.device.type, enabled=False):  # half precision is too coarse where the temperature is low
        similarities = (x @ x.T / temperature).masked_fill(itself, float("-inf"))
    log_probability = similarities.log_softmax(1).masked_fill(~positive, 0.0)
    return -(log_probability.sum(1)[anchors] / positive.sum(1)[anchors]).mean()
