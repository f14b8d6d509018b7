"""Probabilities of emotions as lines of a table, and what is wrong with lines of others."""

import random

import pytest

from c2ser.data.scores import format_scores, parse_scores, read_scores
from c2ser.emotions import EMOTIONS, PAPER_EMOTIONS
from c2ser.errors import InputError


@pytest.mark.parametrize("seed", range(5))
def test_probabilities_come_back_as_they_were_written(seed):
    rng = random.Random(seed)
    weights = {emotion: rng.random() for emotion in rng.sample(EMOTIONS, rng.randint(1, len(EMOTIONS)))}
    scores = {emotion: weight / sum(weights.values()) for emotion, weight in weights.items()}
    assert parse_scores(format_scores(scores)) == pytest.approx(scores, abs=1e-6)


def test_lines_may_be_in_any_order(tmp_path):
    (tmp_path / "utt2scores").write_text("b sad=1.0\na happy=0.25 sad=0.75\n")
    assert list(read_scores(tmp_path / "utt2scores")) == [("a", {"happy": 0.25, "sad": 0.75}), ("b", {"sad": 1.0})]


@pytest.mark.parametrize(
    "line, message",
    [
        (b"b angry=0.5 sad=0.4", "utt2scores:2: utterance 'b': the probabilities sum to 0.9, not to 1"),
        (b"b angry=0.5 sad=0.6", "utt2scores:2: utterance 'b': the probabilities sum to 1.1, not to 1"),
        (b"b", "utt2scores:2: utterance 'b': the probabilities sum to 0, not to 1"),
        (b"b cheesy=1", "utt2scores:2: utterance 'b': unknown emotion in 'cheesy=1'"),
        (b"b bored=1", "utt2scores:2: utterance 'b': unknown emotion in 'bored=1'"),
        (b"b angry=0.5 angry=0.5", "utt2scores:2: utterance 'b': angry has two probabilities"),
        (b"b angry=1.5 sad=-0.5", "utt2scores:2: utterance 'b': 'angry=1.5' has no probability from 0 to 1"),
        (b"b angry=nan", "utt2scores:2: utterance 'b': 'angry=nan' has no probability from 0 to 1"),
        (b"b angry:1", "utt2scores:2: utterance 'b': unknown emotion in 'angry:1'"),
        (b"a angry=1", "utt2scores:2: duplicate key 'a'"),
        (b"b angry=1\xff", "utt2scores:2: not UTF-8"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_utterance(tmp_path, line, message):
    (tmp_path / "utt2scores").write_bytes(b"a angry=1\n" + line + b"\n")
    with pytest.raises(InputError, match="utt2scores") as error:
        list(read_scores(tmp_path / "utt2scores", PAPER_EMOTIONS))
    assert message in str(error.value)
