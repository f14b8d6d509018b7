"""Audio in arks: what other readers find there, what is left after a kill, and what is found to be wrong."""

from pathlib import Path

import kaldiio
import numpy as np
import pytest
from helpers.audio import RATE, encoded, noise16

from c2ser.data.location import AudioLocation
from c2ser.data.shards import AudioFaults, read_index, shard_writer
from c2ser.errors import InputError

UTTERANCES = [f"böse-{number}" for number in range(7)]
SMALL = 30_000  # bytes of an ark: a few of these utterances


def samples_of(utt: str) -> np.ndarray:
    return noise16(4000 + 1000 * int(utt[-1]))


def store(folder: Path, utterances=UTTERANCES, *, stored=None, until: int | None = None) -> dict[str, str]:
    """Stores utterances that are not stored yet as a command does; stops after some of them as a kill does."""
    stored = stored if stored is not None else {}
    with shard_writer(folder, "1", utterances=UTTERANCES, stored=stored, shard_bytes=SMALL) as shards:
        for utt in [utt for utt in utterances if utt not in stored][:until]:
            stored[utt] = shards.append(utt, encoded(samples_of(utt), format="FLAC"))
    return stored


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_kaldiio_and_audio_location_read_the_same_samples(tmp_path):
    places = store(tmp_path / "a folder")
    scp = tmp_path / "wav.scp"
    scp.write_text("".join(f"{utt} {place}\n" for utt, place in places.items()), encoding="utf-8")
    theirs = kaldiio.load_scp(str(scp))
    for utt, place in places.items():
        rate, samples = theirs[utt]
        assert rate == RATE and np.array_equal(np.rint(samples * 32768), samples_of(utt))
        assert np.array_equal(AudioLocation.parse(place).read().samples * 32768, samples_of(utt))
    walked = {utt: audio for ark in sorted(tmp_path.glob("*/*.ark")) for utt, audio in kaldiio.load_ark(str(ark))}
    assert list(walked) == UTTERANCES


def test_arks_end_at_their_size_and_the_index_says_what_they_hold(tmp_path):
    places = store(tmp_path)
    arks = sorted(tmp_path.glob("1.*.ark"))
    assert len(arks) > 2 and all(SMALL <= ark.stat().st_size < 2 * SMALL for ark in arks[:-1])
    for ark in arks:
        records = list(read_index(ark))
        assert records[-1].end == ark.stat().st_size
        assert all(places[record.utterance] == f"{ark}:{record.offset}" for record in records)


@pytest.mark.parametrize("done", [0, 1, 4, 7])
def test_after_a_kill_it_ends_with_the_same_bytes(tmp_path, done):
    store(tmp_path / "whole")
    stored = store(tmp_path / "killed", until=done)
    store(tmp_path / "killed", stored=dict(stored), until=1)  # written, and killed before the journal has it
    last = max((tmp_path / "killed").glob("*.ark"))
    with open(last, "ab") as ark, open(f"{last}.index", "ab") as index:
        ark.write(b"half a rec")
        index.write(b"half a l")
    store(tmp_path / "killed", stored=stored)
    assert content(tmp_path / "killed") == content(tmp_path / "whole")


def test_what_is_whole_is_not_touched(tmp_path):
    stored = store(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    store(tmp_path, stored=stored)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_stale_arks_go_and_those_of_others_stay(tmp_path):
    """After a change of the settings nothing counts; other jobs' utterances may be in arks of this name."""
    store(tmp_path)
    with shard_writer(tmp_path, "1", utterances=["other"], stored={}) as shards:
        place = shards.append("other", encoded(noise16(), format="FLAC"))
    assert np.array_equal(AudioLocation.parse(place).read().samples * 32768, noise16())
    with shard_writer(tmp_path, "1", utterances=[*UTTERANCES, "other"], stored={}):
        pass
    assert not list(tmp_path.glob("*.ark")) and not list(tmp_path.glob("*.index"))


def test_one_program_at_a_time(tmp_path):
    stored = store(tmp_path)
    with shard_writer(tmp_path, "1", utterances=UTTERANCES, stored=stored):
        with pytest.raises(InputError, match="another program is writing there"):
            store(tmp_path, stored=stored)
        with shard_writer(tmp_path, "2", utterances=["other"], stored={}) as others:
            others.append("other", encoded(noise16(), format="FLAC"))
    assert len(list(tmp_path.glob("2.*.ark"))) == 1


@pytest.mark.parametrize("indexed", [True, False])
def test_faults_of_places(tmp_path, indexed):
    places = store(tmp_path, UTTERANCES[:2])
    ark = tmp_path / "1.0001.ark"
    if not indexed:
        Path(f"{ark}.index").unlink()
    first, second = (AudioLocation.parse(place) for place in places.values())
    assert AudioFaults()(first) is AudioFaults()(second) is None
    whole = ark.read_bytes()
    ark.write_bytes(whole[:-1])
    fault = AudioFaults()
    assert fault(first) is None
    assert fault(second).startswith("truncated: ") and fault(second).endswith(" bytes are there:")
    ark.write_bytes(whole)
    assert AudioFaults()(AudioLocation.parse(f"{ark}:{10 * len(whole)}")) == "no audio starts at"
    assert AudioFaults()(AudioLocation.parse(f"{ark}.gone:1")) == "no such file"
    assert AudioFaults()(AudioLocation.parse("cat a |")) is None
    if indexed:
        assert AudioFaults()(AudioLocation.parse(f"{ark}:{first.offset + 1}")) == "no audio starts at"
