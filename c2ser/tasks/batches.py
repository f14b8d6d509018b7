"""Batches of similar length that contain several utterances of each labelled emotion."""

from collections.abc import Mapping, Sequence

import numpy as np
from espnet2.samplers.abs_sampler import AbsSampler

from c2ser.tasks.processes import check_utterances

LENGTH_STEP = 1.1  # utterances whose lengths differ by less than this factor count as equally long


def length_steps(samples: Sequence[int], step: float = LENGTH_STEP) -> np.ndarray:
    """Returns a whole number for each length, which those that count as equally long have in common.

    Args:
        samples: lengths.
        step: by how much the longest of equally long ones may be longer than the shortest, as a factor.

    Example:
        >>> length_steps([16000, 16500, 32000]).tolist()
        [102, 102, 109]
    """
    return np.ceil(np.log(samples) / np.log(step)).astype(int)


class EmotionBatchSampler(AbsSampler):
    """Draws new batches for each epoch; utterances in a batch have similar lengths, and emotions come in pairs.

    Two utterances of one emotion and of similar length stay together, so that rare emotions also have positive pairs
    for the category loss; only the end of a batch can separate a pair. Pairs and batches depend on the seed, the number
    of batches does not.

    Args:
        lengths: utterance -> number of samples.
        emotions: utterance -> emotion, of labelled utterances.
        batch_samples: maximum number of samples per batch, including padding; a batch has at least one utterance per
            process, even if it is longer.
        rank: of this process; its share is every ``world_size``-th utterance of each batch.
        world_size: number of processes.

    Raises:
        InputError: there are fewer utterances than processes.
    """

    def __init__(
        self,
        lengths: Mapping[str, int],
        emotions: Mapping[str, str],
        *,
        batch_samples: int,
        rank: int = 0,
        world_size: int = 1,
    ):
        check_utterances(len(lengths), world_size)
        self.utterances = np.array(list(lengths))
        numbers = {emotion: number for number, emotion in enumerate(sorted(set(emotions.values())))}
        self.emotions = np.array([numbers.get(emotions.get(utt), -1) for utt in lengths])
        samples = np.array(list(lengths.values()))
        self.steps = length_steps(samples)
        self.share = slice(rank, None, world_size)
        self.ends = self._batch_ends(samples, batch_samples, world_size)

    def __len__(self) -> int:
        return len(self.ends)

    def __iter__(self):
        return iter(self.generate(0))

    def generate(self, seed: int) -> list[list[str]]:
        """Returns the batches of an epoch, as far as they are this process's."""
        return [batch[self.share] for batch in self.whole(seed)]

    def whole(self, seed: int) -> list[list[str]]:
        """Returns the batches of an epoch, of all processes together."""
        order, _ = self._order(np.random.default_rng(seed))
        return [batch.tolist() for batch in np.split(self.utterances[order], self.ends[:-1])]

    def _order(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Utterances from long to short with pairs side by side, and the length step of each one's pair."""
        by_emotion = np.lexsort((rng.random(len(self.steps)), self.steps, self.emotions))
        emotions, steps = self.emotions[by_emotion], self.steps[by_emotion]
        place = np.arange(len(steps)) - np.searchsorted(emotions, emotions)  # within the emotion
        single = emotions == -1
        first = np.where(single | (place % 2 == 0))[0]
        pair = np.cumsum(single | (place % 2 == 0)) - 1
        pair_step = np.maximum.reduceat(steps, first)
        order = np.lexsort((pair, rng.random(len(first))[pair], -pair_step[pair]))
        return by_emotion[order], pair_step[pair][order]

    def _batch_ends(self, samples: np.ndarray, batch_samples: int, world_size: int) -> np.ndarray:
        """Where batches end in the order, which is the same for all seeds as far as length steps go."""
        longest = {step: samples[self.steps <= step].max() for step in np.unique(self.steps)}
        _, steps = self._order(np.random.default_rng(0))
        ends, start = [], 0
        for end in range(len(steps)):
            if end - start >= world_size and (end - start + 1) * longest[steps[start]] > batch_samples:
                ends.append(end)
                start = end
        if ends and len(steps) - start < world_size:  # too few for all processes; the shortest, so a batch has room
            ends.pop()
        return np.array([*ends, len(steps)])
