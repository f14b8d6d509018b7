"""The table of corpora, made from their objects."""

import json

import pytest

from c2ser.bin import corpora
from c2ser.corpora import corpus_names
from c2ser.corpora.common.catalogue import HEADER, UNKNOWN, as_json, corpora_table, facts, text_table


def test_every_corpus_is_in_the_table():
    rows = corpora_table()
    assert [row[0] for row in rows] == corpus_names()
    assert all(len(row) == len(HEADER) and all(row) for row in rows)
    cells = {row[0]: dict(zip(HEADER, row)) for row in rows}
    assert cells["resd"]["speakers"] == "unknown (200)" and cells["mer2023"]["speakers"] == "unknown"
    assert cells["turevdb"]["labels"] == "angry, happy, sad, calm" and cells["folder"]["labels"] == UNKNOWN
    assert cells["cafe"] | {"speakers": "12", "utterances": "936", "protocols": "loso 12, emobox 3"} == cells["cafe"]


def test_lines_of_the_terminal_are_short_and_aligned():
    lines = text_table(corpora_table()).splitlines()
    assert len(lines) == len(corpus_names()) + 1 and max(map(len, lines)) < 200
    start = lines[0].index("access")
    assert all(line[start - 1] == " " and line[start] != " " for line in lines)


@pytest.mark.parametrize("name", corpus_names())
def test_facts_of_a_corpus(name):
    known, fields = facts(name), json.loads(json.dumps(as_json(name)))
    assert known["title"] == fields["title"] and known["notes"] and "References" not in known["notes"]
    assert all(known.values()) and fields["name"] == name
    assert (known["read by"] == "prepare_corpus") == (fields["read_by"] == "prepare_corpus")


def test_the_command_shows_all_or_one(capsys):
    corpora.main([])
    assert capsys.readouterr().out == text_table(corpora_table())
    corpora.main(["cafe"])
    shown = capsys.readouterr().out
    assert "licence:     CC BY-NC-SA 4.0\n" in shown and "sexes:       6 f, 6 m\n" in shown and "c = angry" in shown
    corpora.main(["--format", "markdown"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| name ") and len(lines) == len(corpus_names()) + 2
    corpora.main(["--format", "json"])
    assert [found["name"] for found in json.loads(capsys.readouterr().out)] == corpus_names()
    corpora.main(["jlcorpus", "--format", "markdown"])
    assert "| sexes       | told by paths" in capsys.readouterr().out
    with pytest.raises(SystemExit) as error:
        corpora.main(["cafee"])
    assert str(error.value.code).startswith("error: unknown corpus 'cafee' (did you mean cafe")
