"""Arks in large blocks: all that is in them, as random access reads it, and no more than two windows in memory."""

from pathlib import Path

import kaldiio
import pytest
from helpers.audio import RATE, encoded, noise16

from c2ser.data.audio_blocks import ReadAhead, audio_blocks, read_block
from c2ser.data.location import AudioLocation
from c2ser.data.shards import shard_writer
from c2ser.errors import InputError

UTTERANCES = [f"u{number:02d}" for number in range(20)]


@pytest.fixture
def places(tmp_path) -> dict[str, str]:
    """Twenty utterances in a few arks."""
    with shard_writer(tmp_path, "1", utterances=UTTERANCES, stored={}, shard_bytes=50_000) as shards:
        return {
            utt: shards.append(utt, encoded(noise16(3000 + 100 * place), format="FLAC"))
            for place, utt in enumerate(UTTERANCES)
        }


@pytest.mark.parametrize("block_bytes", [1, 20_000, 10**9])
def test_blocks_have_the_bytes_that_random_access_reads(places, block_bytes):
    blocks = audio_blocks(places.items(), block_bytes=block_bytes)
    assert sorted(utt for block in blocks for utt in block.offsets) == UTTERANCES
    assert all(block.last - block.start < block_bytes for block in blocks)
    for block in blocks:
        for utt, content in read_block(block).items():
            with AudioLocation.parse(places[utt]).opened() as file:
                assert bytes(content) == file.read()
    assert sum(len(read_block(block)) for block in blocks) == len(UTTERANCES)


def test_some_utterances_of_an_ark(places):
    few = {utt: places[utt] for utt in UTTERANCES[::7]}
    blocks = audio_blocks(few.items())
    assert {utt for block in blocks for utt in read_block(block)} == set(few)


def test_what_is_damaged_is_left_to_random_access_which_says_why(places):
    blocks = audio_blocks(places.items())
    ark = Path(blocks[-1].path)
    ark.write_bytes(ark.read_bytes()[:-100])
    assert read_block(blocks[-1]).keys() == blocks[-1].offsets.keys() - {UTTERANCES[-1]}
    with pytest.raises(InputError, match="truncated"):
        AudioLocation.parse(places[UTTERANCES[-1]]).read()
    ark.unlink()
    assert read_block(blocks[-1]) == {}


def test_audio_without_its_size_is_left_to_random_access(tmp_path):
    audio = {"a": (RATE, noise16()), "b": (RATE, noise16())}
    kaldiio.save_ark(str(tmp_path / "a.ark"), audio, scp=str(tmp_path / "wav.scp"))
    lines = [line.split(" ", 1) for line in (tmp_path / "wav.scp").read_text().splitlines()]
    (block,) = audio_blocks(lines)
    assert read_block(block) == {}


def test_files_are_refused():
    with pytest.raises(InputError, match="'a': /x/a.wav is not in an ark; copy_audio makes arks"):
        audio_blocks([("a", "/x/a.wav")])


def test_windows_in_order_and_from_the_middle(places):
    blocks = audio_blocks(places.items(), block_bytes=20_000)
    windows = [blocks[:2], blocks[2:4], blocks[4:]]
    whole = [{utt for block in window for utt in block.offsets} for window in windows]
    ahead = ReadAhead(windows)
    assert [ahead.window(number).keys() for number in (0, 0, 1, 2)] == [whole[0], whole[0], whole[1], whole[2]]
    assert ReadAhead(windows).window(1).keys() == whole[1]
