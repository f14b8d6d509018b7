"""MSP-Podcast from the tables of several releases."""

import csv
import json
import logging
from pathlib import Path

import pytest

from c2ser.corpora import msppodcast
from c2ser.errors import InputError

ROWS = (
    ("MSP-PODCAST_0001_0008.wav", "N", "7", "Male", "Test1"),
    ("MSP-PODCAST_0001_0009.wav", "A", "12", "Female", "Train"),
    ("MSP-PODCAST_0002_0033.wav", "H", "Unknown", "Unknown", "Train"),
    ("MSP-PODCAST_0002_0034.wav", "X", "Unknown", "Female", "Train"),
    ("MSP-PODCAST_0002_0035.wav", "C", "12", "Male", "Train"),
    ("MSP-PODCAST_0003_0001.wav", "U", "9", "Female", "Development"),
    ("MSP-PODCAST_0004_0001.wav", "S", "Spkr 7", "Male", "Test2"),
)


def write(root: Path, table: str, rows=ROWS) -> Path:
    (root / table).parent.mkdir(parents=True)
    if table.endswith(".json"):
        content = {row[0]: dict(zip(msppodcast.COLUMNS[1:], row[1:])) for row in rows}
        (root / table).write_text(json.dumps(content))
    else:
        with open(root / table, "w", newline="", encoding="utf-8-sig") as file:
            csv.writer(file).writerows([msppodcast.COLUMNS, *rows])
    return root


TABLES = ["Labels/labels_consensus.csv", "Labels/labels_concensus.csv", "label/labels_concensus.json"]


@pytest.mark.parametrize("table", TABLES)
def test_reads_the_tables_of_releases(tmp_path, caplog, table):
    caplog.set_level(logging.INFO)
    source = write(tmp_path, table)
    (source / "readme.txt").write_text("MSP-PODCAST Database\n# Release 1.12 (June 6, 2024) #\n")
    (source / "Transcripts").mkdir()
    (source / "Transcripts" / "MSP-PODCAST_0001_0008.txt").write_text("Well, yes.\n")
    utterances = {utterance.wav.name: utterance for utterance in msppodcast.read(source)}
    assert set(utterances) == {row[0] for row in ROWS if row[1] not in "XC"}
    first, unknown = utterances[ROWS[0][0]], utterances[ROWS[2][0]]
    assert (first.id, first.speaker, first.gender) == ("msppodcast_7-MSP-PODCAST_0001_0008", "msppodcast_7", "m")
    assert (first.emotion, first.text) == ("neutral", "Well, yes.\n") and first.wav == source / "Audios" / ROWS[0][0]
    assert unknown.speaker == unknown.id == "msppodcast_MSP-PODCAST_0002_0033" and unknown.gender is None
    assert utterances[ROWS[1][0]].gender is None  # rows differ
    assert utterances[ROWS[6][0]].speaker == "msppodcast_Spkr_7"
    for line in ("release 1.12", "left out 2 of 7 turns: 'C' 1, 'X' 1", "the speaker of 1 turns is unknown"):
        assert line in caplog.text
    assert "rows differ in the sex of 1 speakers, such as 12" in caplog.text


def test_sets_are_those_of_the_release(tmp_path):
    source = write(tmp_path, TABLES[0])
    sets = {name: [utterance.wav.name for utterance in msppodcast.read(source, name)] for name in msppodcast.SETS}
    assert sets == {"train": [ROWS[1][0], ROWS[2][0]], "dev": [ROWS[5][0]], "test": [ROWS[0][0]], "test2": [ROWS[6][0]]}


def test_faulty_tables_are_named(tmp_path):
    with pytest.raises(InputError, match=r"Labels/labels_consensus\.csv: no such file, nor \.json; get MSP-Podcast"):
        list(msppodcast.read(tmp_path))
    source = write(tmp_path, TABLES[2], [ROWS[0][:3]])
    with pytest.raises(InputError, match=r"labels_concensus\.json: 'MSP-PODCAST_0001_0008\.wav': no value of Gender"):
        list(msppodcast.read(source))
