"""Data directories for tests, and what they should become, from whole tables in memory."""

import random
from pathlib import Path

from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table, write_table

EMOTIONS = ("angry", "happy", "sad")
Tables = dict[str, dict[str, str]]


def contents(directory: Path | DataDir) -> dict[str, bytes]:
    """Returns name -> bytes of the files of a directory."""
    return {
        path.name: path.read_bytes()
        for path in Path(directory).iterdir()
        if path.is_file() and path.name != names.SOURCE
    }


def read_tables(directory: Path | DataDir) -> Tables:
    """Reads all tables of a directory."""
    return {name: read_table(Path(directory) / name) for name in contents(directory)}


def random_tables(rng: random.Random, wav: Path, *, prefix: str = "", segments: bool | None = None) -> Tables:
    """Returns the tables of a data directory of up to 40 utterances, with ids that sort oddly.

    Args:
        rng: the source of randomness.
        wav: the file of all recordings.
        prefix: of the ids of speakers and recordings.
        segments: whether utterances are parts of recordings; by default drawn.
    """
    speakers = [prefix + name for name in rng.sample(["a", "a-b", "B", "ä", "b_1", "中", "z", "𝄞", "z0"], 5)]
    utts = {f"{rng.choice(speakers)}{rng.choice('-_.!é')}{rng.randrange(100)}" for _ in range(rng.randint(1, 40))}
    utts = sorted(f"{prefix}{utt}" for utt in utts)  # a set's order differs from run to run
    tables: Tables = {names.UTT2SPK: {utt: rng.choice(speakers) for utt in utts}}
    tables[names.SPK2UTT] = spk2utt(tables[names.UTT2SPK])
    tables[names.SPK2GENDER] = {speaker: rng.choice("mf") for speaker in tables[names.SPK2UTT]}
    tables[names.SPK2AGE] = {speaker: str(rng.randint(18, 90)) for speaker in tables[names.SPK2UTT]}
    optional = {names.UTT2EMO: EMOTIONS, names.TEXT: ("two words", "一 二"), names.UTT2LANG: ("en", "zh")}
    optional[names.UTT2VOTES] = ("angry:3", "angry:0.5 happy:1.5 sad:8")
    for name, values in optional.items():
        tables[name] = {utt: rng.choice(values) for utt in utts if rng.random() < 0.7}
    tables["feats.scp"] = {utt: f"feats.ark:{rng.randrange(10**6)}" for utt in utts}
    if rng.random() < 0.5 if segments is None else segments:
        recordings = {utt: f"{prefix}r{rng.randrange(6)}" for utt in utts}
        tables[names.SEGMENTS] = {utt: f"{recording} 0.5 {rng.randint(1, 9)}" for utt, recording in recordings.items()}
        tables[names.WAV_SCP] = {recording: str(wav) for recording in recordings.values()}
    else:
        tables[names.WAV_SCP] = {utt: str(wav) for utt in utts}
    return tables


def spk2utt(utt2spk: dict[str, str]) -> dict[str, str]:
    """Inverts ``utt2spk``."""
    speakers = {speaker: [] for speaker in utt2spk.values()}
    for utt in sorted(utt2spk, key=str.encode):
        speakers[utt2spk[utt]].append(utt)
    return {speaker: " ".join(utts) for speaker, utts in speakers.items()}


def restricted(tables: Tables, utts: set[str]) -> Tables:
    """Returns the tables of a part of a set."""
    utt2spk = {utt: speaker for utt, speaker in tables[names.UTT2SPK].items() if utt in utts}
    kept = dict.fromkeys(tables, utts) | dict.fromkeys(names.OF_SPEAKERS, set(utt2spk.values()))
    if names.SEGMENTS in tables:
        kept[names.WAV_SCP] = {tables[names.SEGMENTS][utt].split()[0] for utt in utt2spk}
    part = {name: {key: value for key, value in table.items() if key in kept[name]} for name, table in tables.items()}
    return part | {names.SPK2UTT: spk2utt(utt2spk)}


def write_tables(directory: Path, tables: Tables) -> DataDir:
    """Writes tables as a data directory."""
    for name, table in tables.items():
        write_table(directory / name, table)
    return DataDir(directory)
