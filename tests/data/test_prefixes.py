"""Sets of several corpora as one, with ids and speakers apart."""

import random

import pytest
from helpers.data_dirs import random_tables, read_tables, write_tables

from c2ser.data import names
from c2ser.data.prefixes import combine_corpora
from c2ser.errors import InputError


def test_ids_speakers_and_recordings_of_two_corpora_stay_apart(tmp_path):
    rng = random.Random(0)
    wav = tmp_path / "a.wav"
    for segments in (True, False):
        sources = {}
        for corpus in ("emodb", "urdu"):  # of the same speakers and partly the same ids
            sources[corpus] = [
                write_tables(tmp_path / f"{corpus}{segments}", random_tables(rng, wav, segments=segments))
            ]
        both = read_tables(combine_corpora(sources, tmp_path / f"both{segments}"))
        for corpus, (source,) in sources.items():
            for name, table in read_tables(source).items():
                if name in (names.SPK2UTT, names.UTT2CORPUS):
                    continue
                with_id = name in (names.UTT2SPK, names.SEGMENTS)
                renamed = {f"{corpus}-{k}": f"{corpus}-{v}" if with_id else v for k, v in table.items()}
                assert {k: v for k, v in both[name].items() if k.startswith(f"{corpus}-")} == renamed
            assert {both[names.UTT2CORPUS][f"{corpus}-{utt}"] for utt in source.utterances()} == {corpus}
        assert len(both[names.UTT2SPK]) == sum(len(source) for (source,) in sources.values())


def test_several_sets_of_a_corpus_are_one_and_an_id_in_both_is_an_error(tmp_path):
    tables = random_tables(random.Random(1), tmp_path / "a.wav", prefix="x", segments=False)
    other = random_tables(random.Random(2), tmp_path / "a.wav", prefix="y", segments=False)
    sets = [write_tables(tmp_path / "one", tables), write_tables(tmp_path / "other", other)]
    assert len(combine_corpora({"esd": sets}, tmp_path / "both")) == sum(map(len, sets))
    with pytest.raises(InputError, match="is in .* too"):
        combine_corpora({"esd": [sets[0], sets[0]]}, tmp_path / "twice")


def test_labels_can_be_left_out(tmp_path):
    tables = random_tables(random.Random(1), tmp_path / "a.wav", segments=False)
    source = write_tables(tmp_path / "one", tables | {names.UTT2VOTES: dict.fromkeys(tables[names.UTT2SPK], "sad:1")})
    target = combine_corpora({"esd": [source]}, tmp_path / "two", labelled=False)
    assert not target.has(names.UTT2EMO) and not target.has(names.UTT2VOTES) and target.has(names.TEXT)
