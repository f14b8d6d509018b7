"""Recordings of the page's users, in memory for as long as the page may need them."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from c2ser.serving.limits import Refused


@dataclass(frozen=True)
class Clip:
    """A recording as it was sent.

    Attributes:
        name: of the file, as it may be shown.
        content: its bytes.
    """

    name: str
    content: bytes


@dataclass(frozen=True)
class Example:
    """A recording that the page offers.

    Attributes:
        name: of its file.
        read: returns its bytes.
    """

    name: str
    read: Callable[[], bytes]


class Clips:
    """Recordings by keys that cannot be guessed. The oldest make room for new ones, and none is kept for long.

    Args:
        examples: what is offered; their keys are ``example-0`` and so on.
        num_bytes: that recordings of users may have together.
        seconds: after which one is forgotten.

    Example:
        >>> Clips([Example("happy.wav", lambda: b"...")]).get("example-0").content
        b'...'
    """

    def __init__(self, examples: Sequence[Example] = (), *, num_bytes: int = 256 << 20, seconds: float = 600):
        self.examples = {f"example-{number}": example for number, example in enumerate(examples)}
        self._sent: dict[str, Clip] = {}
        self._num_bytes, self._seconds = num_bytes, seconds

    def put(self, clip: Clip) -> str:
        """Keeps a recording for a while and returns its key; to be called where an event loop runs."""
        key = secrets.token_urlsafe(16)
        self._sent[key] = clip
        while self.size > self._num_bytes and len(self._sent) > 1:
            self._sent.pop(next(iter(self._sent)))
        asyncio.get_running_loop().call_later(self._seconds, self._sent.pop, key, None)
        return key

    def get(self, key: str) -> Clip:
        """Returns a recording.

        Raises:
            Refused: it was forgotten, or never sent.
        """
        if (example := self.examples.get(key)) is not None:
            return Clip(example.name, example.read())
        if (clip := self._sent.get(key)) is None:
            raise Refused(
                410, "the server keeps recordings for some minutes only, and no longer has this one; send it again"
            )
        return clip

    @property
    def size(self) -> int:
        """Bytes of all recordings of users."""
        return sum(len(clip.content) for clip in self._sent.values())
