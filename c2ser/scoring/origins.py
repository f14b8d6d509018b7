"""What answers come from, in a file beside them: the system, what it was asked by, and what it has seen before."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from c2ser.data.commands import without_folders
from c2ser.data.files import write_json
from c2ser.errors import InputError

ORIGIN = "system.json"


@dataclass(frozen=True)
class Origin:
    """Where answers come from.

    Attributes:
        system: the name of the system.
        model: of the system, as the user named it.
        files: prompts and words of answers -> the beginning of the SHA-256 of their contents.
        seen: corpora that the model was trained on with their labels, test sets included; empty where none is known.
        judge: the chat model that read the answers; empty where the rules did.

    Example:
        >>> Origin("qwen2_audio", "Qwen/Qwen2-Audio-7B-Instruct", {"conf/qwen2_audio.yaml": "1f0c5f1a"}).text()
        'qwen2_audio Qwen/Qwen2-Audio-7B-Instruct; conf/qwen2_audio.yaml (SHA-256 1f0c5f1a...)'
    """

    system: str
    model: str
    files: Mapping[str, str] = field(default_factory=dict)
    seen: str = ""
    judge: str = ""

    def text(self) -> str:
        """Returns one line, without folders that tell of a machine."""
        parts = [
            f"{self.system} {self.model}",
            *(f"{path} (SHA-256 {digest}...)" for path, digest in self.files.items()),
        ]
        return without_folders("; ".join(parts + ([f"answers read by {self.judge}"] if self.judge else [])))

    def with_file(self, path: str | Path) -> "Origin":
        """Returns the same with one more file."""
        digest = sha256(Path(path).read_bytes()).hexdigest()[:8]
        return replace(self, files={**self.files, str(path): digest})


def write_origin(directory: str | Path, origin: Origin) -> None:
    """Writes where the answers in a folder come from."""
    write_json(Path(directory) / ORIGIN, asdict(origin))


def read_origin(directory: str | Path) -> Origin | None:
    """Reads what `write_origin` wrote; None where nothing is written.

    Raises:
        InputError: the file is something else.
    """
    path = Path(directory) / ORIGIN
    try:
        return Origin(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise InputError(f"{path}: not written by recognize or judge; answer the set again") from None


def origins_text(origins: Iterable[tuple[str, Origin]]) -> str:
    """Formats a list of answers and their origins, each once; empty without any.

    Args:
        origins: names of answers, and where these come from.
    """
    lines = {f"- {name}: {origin.text()}": origin.seen for name, origin in origins}
    told = [
        line + (f". **Trained on {seen}: no test result on these**" if seen else "") for line, seen in lines.items()
    ]
    return "".join(f"{line}\n" for line in told)
