"""The schedule of self-distillation: which batches have explicit and which implicit targets."""

from dataclasses import dataclass
from math import ceil

from c2ser.errors import InputError


@dataclass(frozen=True)
class ExplicitSchedule:
    """Probability of explicit targets for a batch, linear in the number of updates until it has its final value.

    It is constantly 1 in the explicit phase and falls from 1 to 0 in self-distillation.

    Attributes:
        start: probability at the first update.
        end: final probability.
        updates: number of updates of the phase.
        until: fraction of the updates after which the probability is the final one; 1 is the end of the phase, as in
            the paper.

    Raises:
        InputError: ``until`` is not above 0 and up to 1.

    Example:
        >>> ExplicitSchedule(1.0, 0.0, 100).probability(25)
        0.75
        >>> ExplicitSchedule(1.0, 0.0, 100, until=0.5).probability(25)
        0.5
    """

    start: float
    end: float
    updates: int
    until: float = 1.0

    def __post_init__(self):
        if not 0 < self.until <= 1:
            raise InputError(f"explicit_until {self.until}: must be above 0 and up to 1")

    @property
    def changing_updates(self) -> int:
        """Number of updates before the final probability; 0 where it is constant."""
        return 0 if self.start == self.end else max(1, round(self.until * self.updates))

    def probability(self, update: int) -> float:
        """Returns the probability after ``update`` updates."""
        if update >= self.changing_updates:
            return self.end
        return self.start + (self.end - self.start) * update / self.changing_updates

    @property
    def final_mode(self) -> str:
        """The mode at the end of the phase, which validation uses."""
        return "explicit" if self.end >= 0.5 else "implicit"

    def first_eligible_epoch(self, updates_per_epoch: int) -> int:
        """Returns the first epoch, counted from 1, whose model can be chosen.

        In a phase that ends with implicit targets it is the first one all of whose batches have the final probability:
        a model that also learned to give reasons a moment ago words its answers otherwise.

        Args:
            updates_per_epoch: number of updates of an epoch.

        Example:
            >>> ExplicitSchedule(1.0, 0.0, 100, until=0.5).first_eligible_epoch(20)
            4
        """
        return 1 if self.final_mode == "explicit" else ceil(self.changing_updates / max(1, updates_per_epoch)) + 1
