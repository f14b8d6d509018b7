"""What the trainings share: ESPnet's task with a trainer that can be interrupted, and how it ends."""

import multiprocessing
import signal
import sys
from collections.abc import Mapping
from typing import Any

from espnet2.tasks.abs_task import AbsTask
from espnet2.train.dataset import ESPnetDataset
from espnet2.utils.types import int_or_none
from torch.multiprocessing import ProcessExitedException
from torch.utils.data import DataLoader

from c2ser.data.tables import read_table
from c2ser.errors import one_line_errors
from c2ser.tasks.datasets import NamingDataset, errors_of_workers
from c2ser.tasks.parser import TrainingParser
from c2ser.tasks.processes import choose_readers, limit_threads, share_gpus
from c2ser.tasks.trainer import InterruptibleTrainer


class InterruptibleTask(AbsTask):
    """A training that ends with a line of error, or with the exit code of the trainer.

    On several GPUs, for which ESPnet starts processes and waits, each of them reports its error.
    """

    trainer = InterruptibleTrainer
    tables: tuple[tuple[str, str, str], ...] = ()  # see `TrainingParser`
    annotations: Mapping[str, Any] = {}  # types of the task's options, by name

    @classmethod
    def get_parser(cls) -> TrainingParser:
        """Returns the parser of the task's options."""
        parser = super().get_parser()
        parser.add_argument(
            "--cpu_threads",
            type=int_or_none,
            help="threads that compute; by default all that the process may have (OMP_NUM_THREADS). A model of a few "
            "million parameters may be faster with one, as the reading of batches needs a core, too",
        )
        return TrainingParser(parser, tables=cls.tables, annotations=cls.annotations)

    @classmethod
    def main(cls, args=None, cmd=None) -> None:
        signal.signal(signal.SIGTERM, _end_processes)
        try:
            args = args or cls.get_parser().parse_args(cmd)
            share_gpus(args)
            choose_readers(args)
            super().main(args)
        except ProcessExitedException as error:
            sys.exit(error.exit_code if error.exit_code >= 0 else 128 - error.exit_code)

    @classmethod
    def main_worker(cls, args) -> None:
        with one_line_errors(), errors_of_workers():
            limit_threads(args)
            cls.prepare(args)
            super().main_worker(args)

    @classmethod
    def build_iter_factory(cls, args, distributed_option, mode, kwargs=None):
        """As ESPnet does, but errors of reading name the utterance and its file."""
        factory = super().build_iter_factory(args, distributed_option, mode, kwargs)
        if hasattr(factory, "dataset"):
            tables = getattr(args, f"{'train' if mode == 'train' else 'valid'}_data_path_and_name_and_type")
            factory.dataset = NamingDataset(factory.dataset, tables)
        return factory

    @classmethod
    def build_streaming_iterator(
        cls, data_path_and_name_and_type, preprocess_fn, collate_fn, key_file=None, batch_size=1, num_workers=1, **_
    ) -> DataLoader:
        """Reads utterances in the order of ``key_file``, to collect statistics; errors name the utterance."""
        dataset = ESPnetDataset(data_path_and_name_and_type, preprocess=preprocess_fn)
        return DataLoader(
            NamingDataset(dataset, data_path_and_name_and_type),
            sampler=list(read_table(key_file or data_path_and_name_and_type[0][0])),
            collate_fn=collate_fn,
            batch_size=batch_size,
            num_workers=num_workers,
        )

    @classmethod
    def prepare(cls, args) -> None:
        """Does what a task has to do before ESPnet reads its data; by default nothing."""


def _end_processes(number: int, _frame: object) -> None:
    """Ends this process, or asks those that it waits for."""
    processes = [process for process in multiprocessing.active_children() if not process.daemon]  # those load data
    for process in processes:
        process.terminate()
    if not processes:
        sys.exit(128 + number)
