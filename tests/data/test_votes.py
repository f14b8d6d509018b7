"""Votes as lines of a table, under label maps, and what they make of a label."""

import random

import pytest

from c2ser.data.votes import clear_majority, format_votes, map_votes, parse_votes, vote_shares
from c2ser.emotions import EMOTIONS


@pytest.mark.parametrize("seed", range(5))
def test_votes_come_back_as_they_were_written(seed):
    rng = random.Random(seed)
    votes = {emotion: rng.choice((1, 3, 0.5, 12.25)) for emotion in rng.sample(EMOTIONS, rng.randint(1, 6))}
    value = format_votes(votes)
    assert parse_votes(value) == votes
    assert [field.partition(":")[0] for field in value.split()] == [name for name in EMOTIONS if name in votes]
    assert format_votes(parse_votes(value)) == value


def test_emotions_without_votes_are_left_out():
    assert parse_votes("sad:0 angry:2.0") == {"angry": 2} and format_votes({"sad": 0, "angry": 2.0}) == "angry:2"


def test_a_label_map_adds_up_what_becomes_one_emotion_and_drops_what_has_none():
    labels = {"H": "happy", "E": "happy", "N": "neutral", "X": None}
    assert map_votes({"H": 2, "E": 1.5, "N": 1, "X": 4, "?": 1}, labels.get) == {"happy": 3.5, "neutral": 1}
    assert map_votes({"X": 4}, labels.get) == {}


def test_shares_are_of_the_votes_for_the_label_set():
    assert vote_shares({"sad": 4, "angry": 6, "bored": 10}, ["angry", "happy", "sad"]) == [0.6, 0.0, 0.4]
    assert vote_shares({"bored": 10}, ["angry", "sad"]) == [0.0, 0.0]


@pytest.mark.parametrize(
    "votes, minimum, emotion",
    [
        ({"angry": 6, "sad": 4}, 0.5, "angry"),
        ({"angry": 6, "sad": 4}, 0.7, None),
        ({"angry": 5, "sad": 5}, 0.5, None),
        ({"angry": 4, "sad": 3, "happy": 3}, 0.5, None),
        ({"angry": 4, "sad": 3, "happy": 3}, 0.4, "angry"),
        ({"angry": 1}, 1.0, "angry"),
        ({}, 0.0, None),
    ],
)
def test_a_majority_is_clear_where_no_other_emotion_has_as_many_votes(votes, minimum, emotion):
    assert clear_majority(votes, minimum) == emotion
