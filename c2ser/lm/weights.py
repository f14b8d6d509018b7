"""Whose weights are whose: a model saves what it has trained, and loads the rest by the names of its base models."""

from collections.abc import Iterable, Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import torch
import transformers
from torch import Tensor, nn

from c2ser.checkpoints.digests import model_files, remembered_digest
from c2ser.checkpoints.weights import load_weights
from c2ser.errors import InputError


class ComposedModel(nn.Module):
    """A model with base models among its parts, whose frozen weights are not part of its checkpoints.

    For each base model its state has a buffer ``<part>_digest``, so that the weights are not combined with those of
    another base model later. A subclass calls `register_bases` at the end of its constructor.
    """

    def register_bases(self, bases: Mapping[str, str | None], *, settings: object = ()) -> None:
        """Notes where the weights of base models come from, as soon as they are loaded.

        Args:
            bases: the name of each part that may be pretrained -> hub id or folder; None where its weights are random.
            settings: what the loaded weights depend on besides their files and types, such as rounding.
        """
        self._bases = dict(bases)
        self._external = external_weight_names(self, [part for part, name in bases.items() if name is not None])
        for part, name in bases.items():
            self.register_buffer(f"{part}_digest", self._loaded_digest(part, name, settings))

    def trainable_state_dict(self, *args, **kwargs) -> dict[str, Tensor]:
        """Returns the state without the frozen weights of base models, which are loaded again by name."""
        state = self.state_dict(*args, **kwargs)
        return {key: value for key, value in state.items() if key not in self._external}

    def load_trainable_state_dict(self, state: Mapping[str, Tensor], source: str) -> None:
        """Loads what `trainable_state_dict` returned.

        Args:
            state: the weights by name.
            source: where they were read from, for messages.

        Raises:
            InputError: weights are missing, unexpected or of another shape, or were trained with base models other
                than those that this model has.
        """
        absent = {name for part in self._bases for name in self._absent_weights(part, state, source)}
        digests = {f"{part}_digest": getattr(self, f"{part}_digest") for part in self._bases}
        load_weights(self, {**state, **digests}, source=source, not_saved=absent)
        self.mark_trained(state)

    def mark_trained(self, names: Iterable[str]) -> None:
        """Makes weights part of `trainable_state_dict`, although the base model they come from is loaded by name.

        Args:
            names: of weights; those that are part of it already may be among them.
        """
        trained = self._external.intersection(names)
        self._external -= trained
        for part in {name.partition(".")[0] for name in trained}:
            getattr(self, f"{part}_digest").copy_(self._digest(part, self._external))

    def _absent_weights(self, part: str, state: Mapping[str, Tensor], source: str) -> set[str]:
        """Names of the weights that a state leaves to a base model, if that is the one that this model has."""
        names = {f"{part}.{name}" for name, _ in getattr(self, part).named_parameters(remove_duplicate=False)}
        absent = {name for name in names if name not in state and "lora_" not in name}
        saved = state.get(f"{part}_digest")
        if not absent or saved is None or not saved.any():  # a state without digests is not checked
            return absent & self._external if saved is None else set()
        own = getattr(self, f"{part}_digest") if absent == names & self._external else self._digest(part, absent)
        if not torch.equal(own.cpu(), saved.cpu()):
            name = self._bases[part]
            here = f"those of {part} '{name}'" if name else f"the random ones of {part}"
            raise InputError(f"{source}: was trained on other weights than {here}; give the same model and dtype")
        return absent

    def _digest(self, part: str, names: Set[str]) -> Tensor:
        return weights_digest(weight.cpu() for _, weight in self._chosen(part, names))

    def _chosen(self, part: str, names: Set[str]) -> Iterator[tuple[str, Tensor]]:
        return ((name, weight) for name, weight in getattr(self, part).named_parameters(part) if name in names)

    def _loaded_digest(self, part: str, name: str | None, settings: object) -> Tensor:
        """The same of weights as they were loaded, which an earlier start may have computed already."""
        kinds = [(own, str(weight.dtype), list(weight.shape)) for own, weight in self._chosen(part, self._external)]
        if name is None or not kinds:
            return self._digest(part, self._external)
        versions = (torch.__version__, transformers.__version__)
        digest = remembered_digest(
            lambda: _as_bytes(self._digest(part, self._external)),
            model_files(name),
            settings=(kinds, versions, settings),
        )
        return _as_numbers(digest)


def external_weight_names(model: nn.Module, parts: Iterable[str]) -> set[str]:
    """Returns the names of the frozen weights of base models; a frozen LoRA is not among them.

    Args:
        model: the model.
        parts: its parts that are loaded by name.

    Example:
        >>> model = nn.ModuleDict({"llm": nn.Linear(1, 1, bias=False), "head": nn.Linear(1, 1)}).requires_grad_(False)
        >>> external_weight_names(model, ["llm"])
        {'llm.weight'}
    """
    # Tied weights have two names in a state dict, of which named_parameters gives only one unless told otherwise.
    parameters = model.named_parameters(remove_duplicate=False)
    prefixes = tuple(f"{part}." for part in parts)
    return {
        name
        for name, parameter in parameters
        if name.startswith(prefixes) and not parameter.requires_grad and "lora_" not in name
    }


def weights_digest(weights: Iterable[Tensor]) -> Tensor:
    """Returns the SHA-256 of weights as 32 numbers that a state dict can hold; zeros where there are no weights.

    Integers in floating point stay what they are where checkpoints are averaged.

    Args:
        weights: tensors on the CPU.

    Returns:
        (32,), whole numbers from 0 to 255.
    """

    def digest(weight: Tensor) -> bytes:
        return sha256(weight.detach().contiguous().view(-1).view(torch.uint8).numpy()).digest()

    with ThreadPoolExecutor() as threads:  # hashing large arrays releases Python's lock
        digests = b"".join(threads.map(digest, weights))
    return _as_numbers(sha256(digests).digest()) if digests else torch.zeros(32)


def _as_numbers(digest: bytes) -> Tensor:
    return torch.tensor([float(byte) for byte in digest])


def _as_bytes(numbers: Tensor) -> bytes:
    return bytes(map(int, numbers.tolist()))
