"""The schedule of self-distillation: which batches have explicit and which implicit targets."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExplicitSchedule:
    """Probability of explicit targets for a batch, linear in the number of updates.

    It is constantly 1 in the explicit phase and falls from 1 to 0 in self-distillation.

    Attributes:
        start: probability at the first update.
        end: probability at the last update.
        updates: number of updates of the phase.

    Example:
        >>> ExplicitSchedule(1.0, 0.0, 100).probability(25)
        0.75
    """

    start: float
    end: float
    updates: int

    def probability(self, update: int) -> float:
        """Returns the probability after ``update`` updates."""
        progress = min(1.0, update / max(1, self.updates))
        return self.start + (self.end - self.start) * progress

    @property
    def final_mode(self) -> str:
        """The mode at the end of the phase, which validation uses."""
        return "explicit" if self.end >= 0.5 else "implicit"
