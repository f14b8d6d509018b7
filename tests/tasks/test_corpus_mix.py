"""Batches by weights of corpora: shares, lengths, copies, and trainings that draw them."""

import re
from argparse import Namespace
from collections import Counter
from itertools import chain

import numpy as np
import pytest
from helpers.emotion2vec_training import command_line, write_emotion2vec_data
from helpers.trainings import assert_same_weights, launch, whole_and_killed

from c2ser.data.tables import write_table
from c2ser.errors import InputError
from c2ser.tasks.batches import EmotionBatchSampler
from c2ser.tasks.corpus_mix import MixedBatchSampler, corpus_shares, mixed_sampler, padded_batches

SIZES = {"esd": 3500, "urdu": 40, "emodb": 53}  # a tenth of the corpora's
SECONDS = {"esd": 3.0, "urdu": 2.5, "emodb": 2.0}  # EmoDB's are all of one length
BATCH_SAMPLES = 16 * 32000


@pytest.fixture(scope="module")
def lengths() -> dict[str, int]:
    rng = np.random.default_rng(0)
    spread = {"esd": 0.4, "urdu": 0.3, "emodb": 0.0}
    return {
        f"{corpus}-{number}": int(16000 * SECONDS[corpus] * np.exp(spread[corpus] * rng.normal()))
        for corpus, size in SIZES.items()
        for number in range(size)
    }


def corpus_of(utt: str) -> str:
    return utt.partition("-")[0]


def sampler_of(lengths: dict[str, int], shares: dict[str, float], **processes: int) -> MixedBatchSampler:
    sizes = {utt: (length,) for utt, length in lengths.items()}
    make_batches = padded_batches(sizes, (BATCH_SAMPLES,), world_size=processes.get("world_size", 1))
    return MixedBatchSampler({utt: corpus_of(utt) for utt in lengths}, shares, make_batches=make_batches, **processes)


def drawn_shares(batches) -> dict[str, float]:
    counts = Counter(corpus_of(utt) for utt in chain(*batches))
    return {corpus: counts[corpus] / counts.total() for corpus in SIZES}


SHARES = [
    corpus_shares(SIZES, weights={"esd": 1, "urdu": 1, "emodb": 1}),
    corpus_shares(SIZES, weights={"esd": 6, "urdu": 1, "emodb": 3}),
    corpus_shares(SIZES, temperature=2),
]


@pytest.mark.parametrize("shares", SHARES)
@pytest.mark.parametrize("seed", [0, 7])
def test_shares_of_an_epoch_and_of_a_part_of_one(lengths, shares, seed):
    batches = sampler_of(lengths, shares).generate(seed)
    assert sum(map(len, batches)) == pytest.approx(sum(SIZES.values()), rel=0.02)
    assert drawn_shares(batches) == pytest.approx(shares, abs=0.005)
    for start in range(0, len(batches) - 30, 30):  # an epoch of num_iters_per_epoch: 30
        assert drawn_shares(batches[start : start + 30]) == pytest.approx(shares, abs=0.03)


@pytest.mark.parametrize("shares", SHARES)
def test_no_batch_has_copies_and_utterances_of_a_corpus_come_equally_often(lengths, shares):
    batches = sampler_of(lengths, shares).generate(3)
    assert all(len(set(batch)) == len(batch) for batch in batches)
    times = Counter(chain(*batches))
    for corpus in SIZES:
        counts = {times[utt] for utt in lengths if corpus_of(utt) == corpus}
        assert max(counts) - min(counts) <= 2


def test_batches_are_of_similar_lengths_and_fit(lengths):
    batches = sampler_of(lengths, SHARES[2]).generate(1)
    padded = [len(batch) * max(lengths[utt] for utt in batch) for batch in batches]
    assert max(padded) <= BATCH_SAMPLES
    assert sum(padded) < 1.25 * sum(lengths[utt] for utt in chain(*batches))
    assert sum(len({corpus_of(utt) for utt in batch}) > 1 for batch in batches) > len(batches) / 3


def test_each_epoch_has_as_many_batches_drawn_anew_by_its_seed(lengths):
    sampler = sampler_of(lengths, SHARES[0])
    assert {len(sampler.generate(seed)) for seed in range(4)} == {len(sampler)}
    assert sampler.generate(2) == sampler_of(lengths, SHARES[0]).generate(2) != sampler.generate(3)


def test_processes_share_a_batch(lengths):
    whole = sampler_of(lengths, SHARES[0], world_size=1).generate(5)
    shares = [sampler_of(lengths, SHARES[0], rank=rank, world_size=2).generate(5) for rank in range(2)]
    assert len(shares[0]) == len(shares[1]) and all(chain(*shares))
    assert drawn_shares(chain(*shares)) == pytest.approx(drawn_shares(whole), abs=0.01)


def test_pairs_of_an_emotion_stay_together_in_batches_of_emotion2vec_s(lengths):
    emotions = {utt: ("angry", "sad")[number % 2] for number, utt in enumerate(lengths)}
    options = {"batch_samples": BATCH_SAMPLES}
    sampler = MixedBatchSampler(
        {utt: corpus_of(utt) for utt in lengths},
        SHARES[1],
        make_batches=lambda utts, seed: EmotionBatchSampler(
            {utt: lengths[utt] for utt in utts}, emotions, **options
        ).whole(seed),
    )
    batches = sampler.generate(1)
    assert drawn_shares(batches) == pytest.approx(SHARES[1], abs=0.01)
    counts = [count for batch in batches for count in Counter(emotions[utt] for utt in batch).values()]
    assert sum(count == 1 for count in counts) < 0.1 * len(counts)  # where the end of a batch separates a pair


def test_temperature_smooths_sizes():
    equal = corpus_shares(SIZES, temperature=float("inf"))
    assert equal == pytest.approx(dict.fromkeys(SIZES, 1 / 3))
    by_size = corpus_shares(SIZES, temperature=1)
    assert by_size == pytest.approx({corpus: size / sum(SIZES.values()) for corpus, size in SIZES.items()})
    assert by_size["urdu"] < corpus_shares(SIZES, temperature=3)["urdu"] < equal["urdu"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"weights": {"esd": 1, "urdu": 1, "emodb": 1}, "temperature": 2}, "give one of them"),
        ({"weights": {"esd": 1, "urdu": 1}}, "of esd, urdu; the training set has emodb, esd, urdu"),
        ({"weights": {"esd": 1, "urdu": 0, "emodb": 1}}, "urdu: 0 is not a number above 0"),
        ({"weights": {"esd": 1, "urdu": "x", "emodb": 1}}, "urdu: x is not a number"),
        ({"temperature": 0.0}, "0.0 is not above 0"),
    ],
)
def test_weights_that_make_no_shares_are_refused(options, error):
    with pytest.raises(InputError, match=error):
        corpus_shares(SIZES, **options)


def test_a_corpus_too_small_for_its_share_is_refused():
    with pytest.raises(InputError, match="b has too few utterances for 90.0%"):
        MixedBatchSampler({"1": "a", "2": "b"}, {"a": 0.1, "b": 0.9}, make_batches=None)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("data")
    write_emotion2vec_data(path)
    write_table(path / "utt2corpus", {f"utt{i:02d}": "big" if i < 20 else "small" for i in range(24)})
    return path


def test_a_killed_training_by_weights_ends_with_the_same_weights(data_dir, tmp_path):
    def start(exp):
        options = ["--train_utt2corpus", f"{data_dir}/utt2corpus", "--corpus_weights", "big=1"]
        return launch(command_line(data_dir, exp, *options, "--corpus_weights", "small=1"), exp)

    whole, killed = whole_and_killed(start, tmp_path, "2epoch results")
    assert_same_weights("3epoch.pth", whole, killed)
    log = (whole / "log").read_text()
    assert re.search(r"small: 50\.0 % of the utterances, each of 4 3\.00 times", log)


def test_the_corpus_of_each_utterance_has_to_be_known(data_dir):
    args = Namespace(corpus_weights={}, corpus_temperature=2.0, train_utt2corpus=None)
    options = {"make_batches": padded_batches({}, (9,)), "rank": 0, "world_size": 1}
    with pytest.raises(InputError, match="give train_utt2corpus"):
        mixed_sampler(args, ["utt00"], **options)
    args.train_utt2corpus = f"{data_dir}/utt2corpus"
    with pytest.raises(InputError, match="utt2corpus: 'x' has no line; add its corpus"):
        mixed_sampler(args, ["utt00", "x"], **options)
