"""The three losses of Emotion2Vec-S: frame, utterance and category.

Squared errors are in data2vec 2.0's units: the sum over the D features divided by the square root of D, which is the
square root of D times their mean, 27.7 times at a width of 768.
"""

import math

import torch
import torch.distributed
import torch.distributed.nn
import torch.nn.functional as F
from torch import Tensor

UNLABELLED = -1


def frame_loss(predicted: Tensor, target: Tensor, masked: Tensor) -> Tensor:
    """Computes the squared error of masked frames, averaged over all of them.

    Args:
        predicted: the student's outputs (B, T, D).
        target: the teacher's (B, T, D).
        masked: booleans (B, T), True on frames hidden from the student.

    Example:
        >>> frame_loss(torch.ones(1, 2, 4), torch.zeros(1, 2, 4), torch.tensor([[True, False]])).item()
        2.0
    """
    return _squared_error(predicted[masked], target[masked])


def utterance_loss(embedding: Tensor, target: Tensor) -> Tensor:
    """Computes the squared error between utterance embeddings and the teacher's targets, averaged over the batch.

    data2vec 2.0's ``cls_loss`` is their sum over the batch instead, so that its weight depends on the batch size.

    Args:
        embedding: the student's (B, D).
        target: the teacher's (B, D).

    Example:
        >>> utterance_loss(torch.ones(1, 4), torch.zeros(1, 4)).item()
        2.0
    """
    return _squared_error(embedding, target)


def _squared_error(x: Tensor, y: Tensor) -> Tensor:
    """Returns the mean over N of squared distances of (N, D), each divided by the square root of D."""
    return F.mse_loss(x, y) * math.sqrt(x.shape[-1])


def gather_over_processes(embeddings: Tensor, emotions: Tensor) -> tuple[Tensor, Tensor]:
    """Concatenates embeddings and emotions of all processes of a distributed training.

    Gradients flow back to the process of each embedding. A loss on the concatenated batch is the same in every process;
    averaged over processes, as DistributedDataParallel does, its gradient is that of the whole batch.

    Args:
        embeddings: (B, D); B may differ between processes.
        emotions: (B,).

    Returns:
        Both for all processes; without distributed training the arguments themselves.

    Example:
        >>> gather_over_processes(torch.zeros(2, 4), torch.tensor([0, 1]))[1].tolist()
        [0, 1]
    """
    if not torch.distributed.is_initialized() or torch.distributed.get_world_size() == 1:
        return embeddings, emotions
    longest = torch.tensor(len(emotions), device=emotions.device)
    torch.distributed.all_reduce(longest, torch.distributed.ReduceOp.MAX)
    missing = int(longest) - len(emotions)
    # Padding rows are unlabelled, so they do not contribute.
    embeddings = torch.cat(torch.distributed.nn.all_gather(F.pad(embeddings, (0, 0, 0, missing))))
    return embeddings, torch.cat(torch.distributed.nn.all_gather(F.pad(emotions, (0, missing), value=UNLABELLED)))


def category_loss(
    embeddings: Tensor, emotions: Tensor, *, temperature: float, standardize: bool = False, views: int = 1
) -> Tensor:
    """Computes the contrastive category loss: embeddings of one emotion attract, those of different emotions repel.

    Supervised contrastive form of the paper's CLIP-style loss, on cosine similarities. Unlabelled utterances do not
    contribute; the loss is zero if no two utterances have the same emotion.

    Args:
        embeddings: utterance embeddings (B, D).
        emotions: class numbers (B,), `UNLABELLED` if unknown.
        temperature: divisor of the similarities; the paper does not give it.
        standardize: standardise each feature over the batch first. Embeddings of a randomly initialised encoder are
            close to their common mean, and cosines of the differences speed up learning.
        views: number of consecutive embeddings of one utterance; they attract each other as well.

    References:
        Khosla et al.: Supervised contrastive learning. NeurIPS 2020, equation 2.

    Example:
        >>> category_loss(torch.eye(2), torch.tensor([0, 1]), temperature=0.1).item()
        0.0
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
