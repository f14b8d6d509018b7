"""What was done to audio so that it could be used, counted for the log."""

import logging
from collections import Counter
from collections.abc import Mapping

from c2ser.data.decode import Recording

logger = logging.getLogger(__name__)

NAMED = 3  # utterances that a message names


class AudioCounts:
    """Counts utterances that were clipped, that have no signal, and of which several channels became one.

    Example:
        >>> counts = AudioCounts()
        >>> counts.add({})
        >>> counts.report("attributes")
    """

    def __init__(self) -> None:
        self._clipped = 0
        self._silent: list[str] = []
        self._channels: Counter[tuple[int, bool]] = Counter()

    def add(self, recordings: Mapping[str, Recording]) -> None:
        """Counts some utterances, by their ids."""
        for utterance, recording in recordings.items():
            if not recording.samples.any():
                self._silent.append(utterance)
            self._clipped += recording.num_clipped > 0
            if recording.channels > 1:
                self._channels[recording.channels, recording.centre] += 1

    def report(self, title: str) -> None:
        """Logs what was counted, with the title of the work before it."""
        for (channels, centre), count in sorted(self._channels.items()):
            what = "of which the centre channel was taken" if centre else "which were averaged"
            logger.warning("%s: %d utterances have %d channels, %s", title, count, channels, what)
        if self._silent:
            named = ", ".join(self._silent[:NAMED]) + (", ..." if len(self._silent) > NAMED else "")
            logger.warning("%s: %d utterances have no signal, all samples are 0: %s", title, len(self._silent), named)
        if self._clipped:
            logger.warning("%s: %d utterances have samples beyond full scale, which were clipped", title, self._clipped)
