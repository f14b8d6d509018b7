"""Trainings that read arks in large blocks: every utterance once, from few blocks at a time, the same after a kill."""

import re
from argparse import Namespace
from collections import Counter
from itertools import chain

import numpy as np
import pytest
from espnet2.train.dataset import ESPnetDataset
from helpers.audio import encoded, noise16
from helpers.emotion2vec_training import command_line, write_emotion2vec_data
from helpers.trainings import assert_same_weights, launch, whole_and_killed

from c2ser.data.audio_blocks import audio_blocks
from c2ser.data.audio_copy import copy_audio
from c2ser.data.shards import shard_writer
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.tasks.corpus_mix import padded_batches
from c2ser.tasks.sequential import BlockShuffle, SequentialIterFactory, reads_sequentially

UTTERANCES = {f"u{number:03d}": 2000 + 50 * (number % 40) for number in range(300)}  # and their samples
LIMIT = 20_000  # samples of a batch


@pytest.fixture(scope="module")
def scp(tmp_path_factory):
    """A table of utterances in arks."""
    folder = tmp_path_factory.mktemp("arks")
    with shard_writer(folder, "1", utterances=UTTERANCES, stored={}, shard_bytes=300_000) as shards:
        audio = {utt: encoded(noise16(length), format="FLAC") for utt, length in UTTERANCES.items()}
        write_table(folder / "wav.scp", {utt: shards.append(utt, content) for utt, content in audio.items()})
    return folder / "wav.scp"


def shuffle_of(scp, blocks_per_window=10, **processes) -> BlockShuffle:
    sizes = {utt: (length,) for utt, length in UTTERANCES.items()}
    make_batches = padded_batches(sizes, (LIMIT,), world_size=processes.get("world_size", 1))
    blocks = audio_blocks(read_table(scp).items(), block_bytes=20_000)
    return BlockShuffle(blocks, make_batches=make_batches, blocks_per_window=blocks_per_window, **processes)


def test_a_pass_has_each_utterance_once_and_a_batch_those_of_one_window(scp):
    shuffle = shuffle_of(scp)
    windows, batches = shuffle.one_pass(3)
    assert len(windows) > 3 and Counter(chain(*(batch for _, batch in batches))) == Counter(list(UTTERANCES))
    assert [number for number, _ in batches] == sorted(number for number, _ in batches)
    for number, batch in batches:
        assert set(batch) <= {utt for block in windows[number] for utt in block.offsets}
        assert len(batch) * max(UTTERANCES[utt] for utt in batch) <= LIMIT
    assert shuffle.one_pass(3)[1] == batches and shuffle.one_pass(4)[1] != batches
    neighbours = Counter(frozenset(int(utt[1:]) // 40 for utt in batch) for _, batch in batches)
    assert sum(count for parts, count in neighbours.items() if len(parts) > 1) > 0.9 * len(batches)  # well shuffled


def test_a_buffer_for_all_shuffles_all(scp):
    windows, _ = shuffle_of(scp, blocks_per_window=10**6).one_pass(0)
    assert len(windows) == 1


def test_processes_share_each_batch(scp):
    _, whole = shuffle_of(scp, world_size=1).one_pass(0)
    shares = [shuffle_of(scp, rank=rank, world_size=2).one_pass(0)[1] for rank in range(2)]
    assert len(shares[0]) == len(shares[1])
    assert all(one[0] == other[0] and one[1] and other[1] for one, other in zip(*shares))
    assert Counter(chain(*(batch for _, batch in chain(*shares)))) == Counter(chain(*(batch for _, batch in whole)))


def factory_of(scp, num_iters_per_epoch: int | None, num_workers: int = 0) -> SequentialIterFactory:
    dataset = ESPnetDataset([(str(scp), "speech", "audio")])
    return SequentialIterFactory(
        dataset,
        dataset.loader_dict["speech"],
        shuffle=shuffle_of(scp),
        seed=5,
        num_iters_per_epoch=num_iters_per_epoch,
        num_workers=num_workers,
        collate_fn=list,
        pin_memory=False,
    )


@pytest.mark.parametrize("num_workers", [0, 2])
def test_what_is_read_is_what_random_access_reads(scp, num_workers):
    random = ESPnetDataset([(str(scp), "speech", "audio")])
    loader = factory_of(scp, None, num_workers).build_iter(1)
    read = [item for batch in loader for item in batch]
    assert Counter(utt for utt, _ in read) == Counter(list(UTTERANCES))
    assert all(np.array_equal(data["speech"], random[utt][1]["speech"]) for utt, data in read)


def test_all_is_read_in_blocks(scp, monkeypatch):
    factory = factory_of(scp, None)
    monkeypatch.setattr("c2ser.tasks.datasets.AudioLocation", None)  # what random access needs
    assert sum(map(len, factory.build_iter(1))) == len(UTTERANCES)


def test_what_is_left_of_an_epoch_is_what_it_would_have_been(scp):
    whole = [[utt for utt, _ in batch] for batch in factory_of(scp, None).build_iter(2)]
    loader = factory_of(scp, None).build_iter(2)
    del loader.batch_sampler[:17]  # as the trainer does that goes on after them
    assert [[utt for utt, _ in batch] for batch in loader] == whole[17:]


@pytest.mark.parametrize("number", [7, 100])
def test_epochs_of_given_length_follow_each_other(scp, number):
    """Shorter or longer than a pass: together they are passes, one after the other."""
    factory = factory_of(scp, number)
    epochs = [factory.batches(epoch) for epoch in range(1, 13)]
    assert all(len(keys) == number for _, keys in epochs)
    for windows, keys in epochs:
        for window, utt in chain(*keys):
            assert any(utt in block.offsets for block in windows[window])
    length = len(factory.shuffle.one_pass(5)[1])
    drawn = [utt for _, keys in epochs for batch in keys for _, utt in batch]
    first = [utt for _, batch in factory.shuffle.one_pass(5)[1] for utt in batch]
    assert drawn[: len(first)] == first or number * 12 < length


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"shuffle_buffer": -1.0}, "give 0 for random access"),
        ({"batch_type": "sorted"}, "goes with batch_type numel, not sorted"),
        ({"corpus_temperature": 2.0}, "corpora that are mixed by weights are read at random"),
    ],
)
def test_options_that_do_not_go_together(options, error):
    given = {"shuffle_buffer": 8.0, "batch_type": "numel", "corpus_weights": {}, "corpus_temperature": None}
    assert reads_sequentially(Namespace(**given), "train") and not reads_sequentially(Namespace(**given), "valid")
    with pytest.raises(InputError, match=error):
        reads_sequentially(Namespace(**given | options), "train")


def test_a_killed_training_ends_with_the_same_weights(tmp_path):
    (tmp_path / "files").mkdir()
    write_emotion2vec_data(tmp_path / "files")
    write_table(tmp_path / "files/utt2spk", dict.fromkeys(read_table(tmp_path / "files/wav.scp"), "s"))
    copy_audio(tmp_path / "files", tmp_path / "arks")
    for name in ("emotions", "train.yaml"):
        (tmp_path / "arks" / name).write_bytes((tmp_path / "files" / name).read_bytes())

    def start(exp):
        options = ["--shuffle_buffer", "0.1", "--save_minutes", "0"]
        return launch(command_line(tmp_path / "arks", exp, *options), exp)

    whole, killed = whole_and_killed(start, tmp_path, r"2epoch:train:2-2batch")
    assert_same_weights("3epoch.pth", whole, killed)
    assert re.search(r"\d+ blocks of 0\.0 MB of audio or less, shuffled in [2-9] windows", (whole / "log").read_text())
    assert re.search(r"epoch 2 goes on after [1-9]\d* batches", (killed / "log").read_text())
