"""How fast the parts of a classifier learn."""

from typing import Any

from c2ser.finetuning.classifier import SpeechClassifier


def parameter_groups(
    model: SpeechClassifier, lr: float, *, head_factor: float, layer_decay: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Returns the groups of an optimizer, without what is frozen; biases and norms do not decay.

    Args:
        model: the classifier.
        lr: learning rate of the encoder's highest block.
        head_factor: learning rate of head and weights of layers, as a multiple of ``lr``.
        layer_decay: learning rate of each block, and of what is below the lowest, as a multiple of that above.
        weight_decay: of matrices and convolutions.

    Returns:
        Groups, each with ``params``, ``lr`` and ``weight_decay``.

    References:
        Howard and Ruder: Universal language model fine-tuning for text classification. ACL 2018 (discriminative
        fine-tuning).
        Clark et al.: ELECTRA. ICLR 2020 (layer-wise decay).
    """
    parts = {f"encoder.{name}": part for name, part in model.encoder.parts().items()}
    top = max(parts.values())
    groups: dict[tuple[float, float], list] = {}
    for name, own in model.named_parameters():
        if own.requires_grad:
            factor = layer_decay ** (top - parts[name]) if name in parts else head_factor
            groups.setdefault((lr * factor, weight_decay if own.ndim > 1 else 0.0), []).append(own)
    return [{"params": own, "lr": rate, "weight_decay": decay} for (rate, decay), own in groups.items()]
