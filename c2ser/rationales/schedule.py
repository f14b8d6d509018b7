"""When a batch is answered at length and when at once: the schedule of self-distillation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExplicitSchedule:
    """Probability of explicit targets for a batch, linear in the updates done.

    The explicit stage runs from 1 to 1, self-distillation from 1 to 0.

    Attributes:
        start, end: probability at the first update and at the last.
        updates: length of the phase.
    """

    start: float
    end: float
    updates: int

    def probability(self, update: int) -> float:
        """Returns the probability after so many updates."""
        progress = min(1.0, update / max(1, self.updates))
        return self.start + (self.end - self.start) * progress

    @property
    def final_mode(self) -> str:
        """The mode that the phase ends in, which validation looks at."""
        return "explicit" if self.end >= 0.5 else "implicit"
