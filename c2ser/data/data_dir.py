"""`DataDir`: a set of utterances as Kaldi's tables, read in one merge over sorted files.

``wav.scp`` is written last: where it exists, the directory is complete.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from c2ser.data import columns, parts, validation, writing
from c2ser.data.columns import Parsers, Row
from c2ser.data.names import SOURCE, UTT2EMO, UTT2SPK
from c2ser.data.provenance import carry_provenance, check_agreement, feature_tables
from c2ser.data.skipped import merge_skipped
from c2ser.data.splits import chosen_of_each_class
from c2ser.data.tables import count_lines, merge_tables, read_table, read_table_if_there, write_rows
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError


class DataDir:
    """A data directory: tables with one line per utterance, sorted by utterance.

    Nothing is read before it is asked for, and only `read` holds a table in memory; all else streams, so that memory
    does not grow with the number of utterances. Names of tables are constants of `c2ser.data.names`.

    Args:
        path: the folder, such as ``data/train``.

    Example:
        >>> train = DataDir("data/train")  # doctest: +SKIP
        >>> for utterance, wav, emotion in train.iterate(names.WAV_SCP, optional=[names.UTT2EMO]):  # doctest: +SKIP
        ...     print(utterance, wav, emotion or "unlabelled")
    """

    def __init__(self, path: "str | os.PathLike[str]"):
        self.path = Path(path)

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"DataDir({str(self.path)!r})"

    def __len__(self) -> int:
        """The number of utterances, which is that of the lines of ``utt2spk``."""
        return count_lines(columns.index_table(self.path))

    def table(self, name: str) -> Path:
        """Returns the path of a table."""
        return self.path / name

    def has(self, name: str) -> bool:
        """Tells whether a table exists."""
        return (self.path / name).is_file()

    def read(self, name: str) -> dict[str, str]:
        """Reads a table of a set of moderate size into memory.

        Raises:
            InputError: it is missing or faulty.

        Example:
            >>> DataDir("data/test").read(names.UTT2EMO)["anna-1"]  # doctest: +SKIP
            'happy'
        """
        return read_table(self.path / name)

    def read_optional(self, name: str) -> dict[str, str]:
        """Reads a table as `read` does; one that is missing is empty."""
        return read_table_if_there(self.path / name)

    def utterances(self) -> Iterator[str]:
        """Yields the ids of the utterances, sorted.

        Raises:
            InputError: ``utt2spk`` is missing or faulty.
        """
        return columns.utterances(self.path)

    def iterate(self, *tables: str, optional: Sequence[str] = (), parsers: Parsers | None = None) -> Iterator[Row]:
        """Reads tables side by side.

        Lines of utterances that ``utt2spk`` does not have are passed over. Where there are ``segments``, the value of
        ``wav.scp`` is that of the recording which the utterance is a part of.

        Args:
            tables: those that need a line per utterance.
            optional: those that may lack lines, or be missing.
            parsers: table -> what turns its values into objects; see `c2ser.data.tables.parsed_lines`.

        Yields:
            A tuple per utterance, sorted: its id, the values of ``tables``, the values of ``optional`` or None.

        Raises:
            InputError: a table is faulty, a value cannot be parsed, or one of ``tables`` lacks a line.

        Example:
            >>> for utterance, seconds in DataDir("dump/test").iterate(names.UTT2DUR, parsers={names.UTT2DUR: float}):
            ...  # doctest: +SKIP
            ...     print(utterance, seconds)
        """
        return columns.rows(self.path, tables, optional=optional, parsers=parsers)

    def subset(self, target: "str | os.PathLike[str]", utterances: Collection[str]) -> "DataDir":
        """Writes the part of the set that has the given utterances, with all its tables.

        Without any utterance it writes empty tables.

        Raises:
            InputError: utterances are given and none of them is in the set, or a table is faulty.

        Example:
            >>> DataDir("data/all").subset("data/part", {"anna-1", "bert-2"})  # doctest: +SKIP
            DataDir('data/part')
        """
        chosen = bytearray(utterance in utterances for utterance in self.utterances())
        if utterances and not any(chosen):
            raise InputError(f"{self}: none of the utterances for {target} is in it; check how the set is divided")
        return self._write_chosen(target, chosen)

    def filter(
        self,
        target: "str | os.PathLike[str]",
        keep: Callable[..., bool],
        *tables: str,
        optional: Sequence[str] = (),
    ) -> "DataDir":
        """Writes the utterances that a condition holds for, with all their tables.

        Args:
            target: the data directory to write; may be this one.
            keep: is called with each row of `iterate`.
            tables, optional: as `iterate`.

        Example:
            >>> DataDir("data/all").filter("data/english", lambda utt, lang: lang == "en", names.UTT2LANG)
            ...  # doctest: +SKIP
        """
        return self._write_chosen(
            target, bytearray(bool(keep(*row)) for row in self.iterate(*tables, optional=optional))
        )

    def labelled(self, target: "str | os.PathLike[str]") -> "DataDir":
        """Writes the utterances that have an emotion.

        Example:
            >>> len(DataDir("data/all").labelled("data/labelled"))  # doctest: +SKIP
            454
        """
        return self.filter(target, lambda utterance, emotion: emotion is not None, optional=[UTT2EMO])

    def draw(self, target: "str | os.PathLike[str]", fraction: float) -> "DataDir":
        """Writes a fraction of the labelled utterances of each emotion; the same utterances give the same draw.

        Args:
            target: the data directory to write.
            fraction: above 0 and at most 1; see `c2ser.data.splits.stratified_hold_out`.

        Raises:
            InputError: no utterance has an emotion.

        Example:
            >>> len(DataDir("data/all").draw("data/half", 0.5))  # doctest: +SKIP
            227
        """
        chosen = chosen_of_each_class(self.iterate(optional=[UTT2EMO]), fraction)
        if not any(chosen):
            raise InputError(f"{self.table(UTT2EMO)}: no labelled utterance to draw")
        return self._write_chosen(target, chosen)

    def split(self, num_parts: int, output: "str | os.PathLike[str] | None" = None) -> "list[DataDir]":
        """Splits the set, in its order, into parts whose sizes differ by at most one utterance.

        A file ``source`` in each part names the set, so that errors can name its own tables.

        Args:
            num_parts: their number n.
            output: the folder in which ``split<n>/1`` to ``split<n>/<n>`` are written; by default the set's own.

        Raises:
            InputError: there are fewer utterances than parts, or a table is faulty.

        Example:
            >>> DataDir("data/train").split(2)  # doctest: +SKIP
            [DataDir('data/train/split2/1'), DataDir('data/train/split2/2')]
        """
        count = len(self)
        if num_parts < 1:
            raise InputError(f"{self}: cannot be split into {num_parts} parts; give a number of at least 1")
        if count < num_parts:
            raise InputError(f"{self}: {count} utterances cannot be split into {num_parts} parts; use fewer")
        split = DataDir(output or self.path).parts(num_parts)
        edges = [count * part // num_parts for part in range(num_parts + 1)]
        sizes = [end - start for start, end in zip(edges, edges[1:])]
        parts.write_blocks(self.path, [part.path for part in split], sizes=sizes)
        for part in split:
            part.table(SOURCE).write_text(f"{self}\n", encoding="utf-8")
        return split

    def parts(self, num_parts: int) -> "list[DataDir]":
        """Returns the parts ``split<n>/1`` to ``split<n>/<n>``."""
        return [DataDir(self.path / f"split{num_parts}" / str(part)) for part in range(1, num_parts + 1)]

    def merge(self, num_parts: int, tables: Sequence[str] | None = None) -> "DataDir":
        """Merges tables of ``split<n>/1`` to ``split<n>/<n>`` into this directory.

        Args:
            num_parts: their number n.
            tables: what to merge; None for all, which makes this a complete data directory.

        Raises:
            InputError: a part lacks one of the tables, which means that its job did not finish, or features of the
                parts are of different encoders.

        Example:
            >>> DataDir("dump/train").merge(4, [names.EMOTION2VEC_SCP])  # doctest: +SKIP
            DataDir('dump/train')
        """
        sources = self.parts(num_parts)
        if tables is None:
            parts.combine([source.path for source in sources], self.path)
        else:
            self._merge_tables(sources, tables)
        merge_skipped(sources, self, used=self.table(tables[0] if tables else UTT2SPK))
        return self

    def _merge_tables(self, sources: "Sequence[DataDir]", tables: Sequence[str]) -> None:
        for name in tables:
            scps = [source.table(name) for source in sources]
            if feature_tables([name]):
                check_agreement(scps)
                carry_provenance(scps, self.table(name))
            write_rows(self.table(name), merge_tables(scps))

    @staticmethod
    def combine(
        sources: "Iterable[str | os.PathLike[str]]", target: "str | os.PathLike[str]", *, report_gaps: bool = True
    ) -> "DataDir":
        """Combines data directories into one; a table that only some of them have is combined from these.

        Args:
            sources: the directories.
            target: what they become.
            report_gaps: log in which tables utterances have no line.

        Raises:
            InputError: an utterance is in two of them, a speaker has two genders, a recording two files, or one of
                them is not complete.

        Example:
            >>> DataDir.combine(["data/emodb", "data/meld"], "data/train")  # doctest: +SKIP
            DataDir('data/train')
        """
        paths = [Path(source) for source in sources]
        parts.combine(paths, Path(target))
        if report_gaps:
            parts.report_gaps(paths, Path(target))
        return DataDir(target)

    def validate(self, emotions: Collection[str] | None = None, *, allow_pipe: bool = False) -> list[str]:
        """Finds all faults.

        Args:
            emotions: the label set; by default the file ``emotions`` beside the folder, or without it the vocabulary.
            allow_pipe: accept entries of ``wav.scp`` that are a command and ``|``.

        Returns:
            One line per fault: file, line, what is wrong. Empty if there is none.

        Example:
            >>> for fault in DataDir("data/train").validate():  # doctest: +SKIP
            ...     print(fault)
            data/train/utt2emo:7: 'anna-7': unknown emotion 'anger'; the label set is angry, happy
        """
        return validation.find_faults(self.path, emotions, allow_pipe=allow_pipe)

    def write(self, utterances: Iterable[Utterance], emotions: Collection[str], *, corpus: str | None = None) -> int:
        """Writes wav.scp (absolute paths), utt2spk, spk2utt, utt2emo and, where known, text, utt2lang, utt2corpus,
        spk2gender, spk2age, segments and utt2votes.

        Args:
            utterances: in any order; tables of an earlier call are replaced.
            emotions: the label set.
            corpus: the name of the corpus of those that do not name theirs.

        Returns:
            The number of utterances.

        Raises:
            InputError: there is no utterance, an id is a duplicate or has spaces, an emotion or what listeners voted
                for is not in the label set, a path cannot be written to a table, or only some utterances are parts of
                recordings. The directory is then left as it was.

        Example:
            >>> utterances = [Utterance("anna-1", Path("anna/1.wav"), "anna", "happy")]
            >>> DataDir("data/all").write(utterances, ["angry", "happy"])
            1
        """
        return writing.write_utterances(self.path, utterances, emotions=emotions, corpus=corpus)

    def _write_chosen(self, target: "str | os.PathLike[str]", chosen: bytearray) -> "DataDir":
        parts.write_chosen(self.path, Path(target), chosen=chosen)
        return DataDir(target)
