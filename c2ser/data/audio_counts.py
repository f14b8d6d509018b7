"""What was done to audio so that it could be used, counted for the log."""

import logging
from collections import Counter
from collections.abc import Iterable

from c2ser.data.decode import Recording

logger = logging.getLogger(__name__)


class AudioCounts:
    """Counts recordings that were clipped, and those of which several channels became one.

    Example:
        >>> counts = AudioCounts()
        >>> counts.add([])
        >>> counts.report("attributes")
    """

    def __init__(self) -> None:
        self._clipped = 0
        self._channels: Counter[tuple[int, bool]] = Counter()

    def add(self, recordings: Iterable[Recording]) -> None:
        """Counts some recordings."""
        for recording in recordings:
            self._clipped += recording.num_clipped > 0
            if recording.channels > 1:
                self._channels[recording.channels, recording.centre] += 1

    def report(self, title: str) -> None:
        """Logs what was counted, with the title of the work before it."""
        for (channels, centre), count in sorted(self._channels.items()):
            what = "of which the centre channel was taken" if centre else "which were averaged"
            logger.warning("%s: %d utterances have %d channels, %s", title, count, channels, what)
        if self._clipped:
            logger.warning("%s: %d utterances have samples beyond full scale, which were clipped", title, self._clipped)
