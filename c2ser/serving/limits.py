"""What a server takes from its clients, and how it refuses the rest."""

from dataclasses import dataclass
from threading import Lock

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from c2ser.errors import C2SERError, InputError


class Refused(C2SERError):
    """A request that is not answered.

    Args:
        status: of HTTP.
        message: the reason.
        retry_after: seconds after which it may be sent again; None where that does not help.
    """

    def __init__(self, status: int, message: str, *, retry_after: int | None = None):
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True)
class Limits:
    """Of one request, of one client, and of all together.

    Attributes:
        megabytes: size of a request's body, in units of 2^20 bytes.
        seconds: duration of a recording.
        rate: requests of one client, as ``60/minute``; None for no limit.
        waiting: requests that are decoded or wait for their answers at a time.
        reading: seconds in which a request's body has to arrive.

    Example:
        >>> Limits(megabytes=8).bytes
        8388608
    """

    megabytes: int = 32
    seconds: float = 600
    rate: str | None = "120/minute"
    waiting: int = 64
    reading: float = 120

    @property
    def bytes(self) -> int:
        """Size of a request's body."""
        return self.megabytes << 20

    @property
    def too_large(self) -> str:
        """What is said of a larger body."""
        return f"more than {self.megabytes} MB, the limit of a request; send less"


class Gate:
    """Lets requests in, as long as a client does not send too many and not too many wait.

    Args:
        limits: how many.

    Raises:
        InputError: the rate is not one.

    Example:
        >>> gate = Gate(Limits(waiting=1))
        >>> with gate:
        ...     gate.waiting
        1
    """

    def __init__(self, limits: Limits):
        self.limits = limits
        self.waiting = 0
        self._lock = Lock()
        self._clients = FixedWindowRateLimiter(MemoryStorage())
        try:
            self._rate = parse(limits.rate) if limits.rate is not None else None
        except ValueError:
            raise InputError(f"rate '{limits.rate}': not a number per time such as 60/minute") from None

    def check_rate(self, client: str) -> None:
        """Counts a request of a client.

        Args:
            client: its address.

        Raises:
            Refused: it sent too many.
        """
        if self._rate is not None and not self._clients.hit(self._rate, client):
            seconds = self._rate.get_expiry()
            raise Refused(429, f"more than {self._rate} from one client; send fewer", retry_after=seconds)

    def check_size(self, size: int) -> None:
        """Checks the size of a request's body, in bytes.

        Raises:
            Refused: it is too large.
        """
        if size > self.limits.bytes:
            raise Refused(413, self.limits.too_large)

    def check_seconds(self, seconds: float, name: str) -> None:
        """Checks the duration of a recording.

        Args:
            seconds: its duration.
            name: of the file, for the message.

        Raises:
            Refused: it is too long.
        """
        if seconds > self.limits.seconds:
            limit = f"the limit is {self.limits.seconds:g} s"
            raise Refused(422, f"{name}: {seconds:.0f} s long or more, and {limit}; send a part of it")

    def __enter__(self) -> "Gate":
        with self._lock:
            if self.waiting >= self.limits.waiting:
                raise Refused(503, f"{self.waiting} requests wait already; send it again later", retry_after=1)
            self.waiting += 1
        return self

    def __exit__(self, *_) -> None:
        with self._lock:
            self.waiting -= 1
