"""What trainings read: audio wherever it is, with errors of one line that name utterance and file."""

import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from espnet2.train.dataset import DATA_TYPES

from c2ser.data.decode import decode
from c2ser.data.location import AudioLocation
from c2ser.data.tables import table_lines
from c2ser.errors import C2SERError, InputError

Tables = Sequence[tuple[str, str, str]]  # path, name, type, as ESPnet's --train_data_path_and_name_and_type

# How torch hands on what a worker raised: its text has the whole traceback, and at the end the text of the error.
_FROM_WORKER = re.compile(r"Caught \w+ in DataLoader worker process \d+\..*\n[\w.]+: (?P<message>[^\n]+)\n*", re.DOTALL)


class AudioTable(Mapping[str, np.ndarray]):
    """Utterance -> its audio (N,) float32 at its own sampling rate, read where ``wav.scp`` says.

    Args:
        path: ``wav.scp``.
        keys_to_load: utterances that are wanted; None for all.

    Attributes:
        places: utterance -> where its audio is.
        held: utterance -> its audio file, of those that are in memory already.
    """

    def __init__(self, path: str, keys_to_load: Collection[str] | None = None):
        lines = table_lines(path)
        self.places = {utt: value for _, utt, value in lines if keys_to_load is None or utt in keys_to_load}
        self.held: Mapping[str, memoryview] = {}

    def __getitem__(self, utterance: str) -> np.ndarray:
        place, content = self.places[utterance], self.held.get(utterance)
        if content is None:
            return AudioLocation.parse(place).read().samples
        return decode(io.BytesIO(content), place).samples

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


AUDIO = "audio"  # the type of a table of audio, beside those that ESPnet has; its own "sound" reads files alone
DATA_TYPES[AUDIO] = {"func": AudioTable, "kwargs": ["keys_to_load"], "help": "audio of a data directory"}


class NamingDataset:
    """A data set of ESPnet whose errors name the utterance and its file.

    Args:
        dataset: utterance -> its data.
        tables: that the data come from.

    Raises:
        InputError: by indexing, where the data of an utterance cannot be read.
    """

    def __init__(self, dataset, tables: Tables):
        self.dataset = dataset
        self.tables = tables

    def __getattr__(self, name: str):
        if name == "dataset":  # while it is unpickled
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def __getitem__(self, utterance: str):
        try:
            return self.dataset[utterance]
        except (OSError, InputError, KeyError) as error:
            raise InputError(self._fault(utterance) or f"utterance '{utterance}': {error!r}") from None

    def _fault(self, utterance: str) -> str | None:
        """Finds the table whose entry of an utterance is missing or cannot be read."""
        for path, _, kind in self.tables:
            line = next(((number, value) for number, utt, value in table_lines(path) if utt == utterance), None)
            if line is None:
                return f"{path}: '{utterance}' has no line; make the table again"
            number, value = line
            if kind == AUDIO:
                try:
                    AudioLocation.parse(value).read()
                except InputError as error:
                    return f"{path}:{number}: '{utterance}': {error}"
        return None


@contextmanager
def errors_of_workers() -> Iterator[None]:
    """Turns an error that a process which reads data handed on, with its traceback, into the line that it was."""
    try:
        yield
    except C2SERError as error:
        if match := _FROM_WORKER.fullmatch(str(error)):
            raise type(error)(match["message"]) from None
        raise
