"""Listeners' votes reach the losses of both trainings, and what has none is counted."""

import logging
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.emotion2vec_training import write_emotion2vec_data
from helpers.tiny_alm import save_tiny_llm
from helpers.tiny_emotion2vec import CONFIG, PRETRAINING, padded, waveforms

from c2ser.data.tables import read_table, write_table
from c2ser.emotion2vec.losses import UNLABELLED
from c2ser.emotion2vec.pretraining import Emotion2VecPretraining
from c2ser.emotions import read_emotions
from c2ser.errors import InputError
from c2ser.rationales.templates import explicit_target, implicit_target
from c2ser.tasks.alm import ALMTask
from c2ser.tasks.emotion2vec import Emotion2VecTask
from c2ser.tasks.votes import category_labels, check_majorities, check_votes, read_shares

LABELS = {"a": "angry", "b": "angry", "c": "sad", "d": "sad", "e": "angry", "f": "sad"}
VOTES = {"a": "angry:6 sad:4", "b": "angry:1 sad:1", "c": "angry:3 sad:1", "d": "happy:2 sad:3 fearful:2", "f": "sad:1"}


@pytest.fixture
def data(tmp_path) -> Path:
    """Six labelled utterances, of which e has no votes, and one of none of both."""
    write_table(tmp_path / "utt2emo", LABELS)
    write_table(tmp_path / "utt2votes", VOTES)
    write_table(tmp_path / "utt2num_samples", dict.fromkeys([*LABELS, "z"], 9000))
    (tmp_path / "emotions").write_text("angry\nhappy\nsad\n")
    return tmp_path


def arguments(data: Path, **changes) -> Namespace:
    files = {"emotions": str(data / "emotions"), "min_majority": 0.5}
    for part in ("train", "valid"):
        files |= {f"{part}_utt2emo": str(data / "utt2emo"), f"{part}_utt2votes": str(data / "utt2votes")}
        files[f"{part}_shape_file"] = [str(data / "utt2num_samples")]
    return Namespace(**files | changes)


def test_labels_that_listeners_do_not_clearly_agree_with_are_left_out(data, caplog):
    clear = {utt: LABELS[utt] for utt in ("a", "e", "f")}  # tie, another emotion, no majority
    assert category_labels(arguments(data), "train") == clear
    assert category_labels(arguments(data, min_majority=0.4), "valid") == clear | {"d": "sad"}
    assert category_labels(arguments(data, min_majority=0.0), "train") == LABELS
    with caplog.at_level(logging.INFO):
        check_majorities(arguments(data, valid_utt2votes=None))
    assert "train: of 6 labelled utterances 5 have votes; 3 whose label is not the clear majority" in caplog.text
    assert "valid: of 6 labelled utterances 0 have votes; 0 whose" in caplog.text


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"min_majority": 1.5}, "min_majority: 1.5 is not from 0 to 1"),
        ({"train_utt2votes": "nowhere"}, "nowhere: no votes of the training set's utterances"),
    ],
)
def test_majorities_that_cannot_be_asked_for(data, changes, words):
    with pytest.raises(InputError, match=words):
        check_majorities(arguments(data, **changes))


def test_labels_outside_the_label_set_and_bad_votes_are_named(data):
    write_table(data / "utt2votes", VOTES | {"c": "angry:1 sad:-2"})
    with pytest.raises(InputError, match="utt2votes:3: 'c': 'sad:-2' has no count of 0 or more"):
        category_labels(arguments(data), "train")
    write_table(data / "utt2emo", LABELS | {"b": "bored"})
    with pytest.raises(InputError, match="utt2emo: 'b': 'bored' is not in the label set, angry, happy, sad"):
        category_labels(arguments(data), "train")


def test_the_category_loss_is_that_of_the_clear_utterances_alone(tmp_path):
    """Through the preprocessor and the collation of the task."""
    write_emotion2vec_data(tmp_path)  # of which the first three labelled ones are angry, sad, angry
    labels = read_table(tmp_path / "utt2emo")
    write_table(tmp_path / "utt2votes", {utt: "angry:1 sad:1" if i % 2 else "angry:9" for i, utt in enumerate(labels)})
    words = ["--train_dir", str(tmp_path), "--valid_dir", str(tmp_path), "--emotions", str(tmp_path / "emotions")]
    found = {}
    for minimum in ("0", "0.6"):
        args = Emotion2VecTask.get_parser().parse_args([*words, "--min_majority", minimum])
        preprocess = Emotion2VecTask.build_preprocess_fn(args, True)
        rows = [(utt, preprocess(utt, {"speech": np.zeros(9, np.float32)})) for utt in labels]
        _, batch = Emotion2VecTask.build_collate_fn(args, True)(rows)
        found[minimum] = batch["emotion"].squeeze(1)
    assert UNLABELLED not in found["0"]
    sad = found["0"] == 1  # whose listeners were of two minds
    assert torch.equal(found["0.6"] == UNLABELLED, sad) and sad.any()
    torch.manual_seed(0)
    model = Emotion2VecPretraining(CONFIG, PRETRAINING).eval()
    speech = padded(waveforms(*[9600] * len(labels)))
    losses = []
    for emotions in (found["0.6"], torch.where(sad, UNLABELLED, found["0"]), found["0"]):
        torch.manual_seed(1)
        losses.append(model(*speech, emotions)["loss_category"].item())
    assert losses[0] == losses[1] != losses[2]


def test_shares_are_of_the_label_set(data):
    shares = read_shares(data / "utt2votes", ["angry", "happy", "sad"])
    assert shares["a"] == [0.6, 0.0, 0.4] and shares["d"] == [0.0, 0.4, 0.6] and "e" not in shares
    assert read_shares(data / "utt2votes", ["bored"]) == {} == read_shares(None, ["angry"])


def test_utterances_without_votes_are_counted(data, caplog):
    check_votes(arguments(data, valid_utt2votes=None))
    assert "train: 2 of 7 utterances have no votes; their labels count" in caplog.text
    assert "valid: 7 of 7 utterances have no votes; their labels count" in caplog.text
    with pytest.raises(InputError, match="utt2votes: no votes of the training set's utterances; set votes_weight to 0"):
        check_votes(arguments(data, train_utt2votes=None))


def test_votes_come_into_the_batches_of_the_audio_language_model(data, tmp_path):
    llm = save_tiny_llm(tmp_path / "llm")
    words = [
        "--train_dir",
        str(data),
        "--valid_dir",
        str(data),
        "--emotions",
        str(data / "emotions"),
        "--llm",
        str(llm),
    ]
    args = ALMTask.get_parser().parse_args([*words, "--votes_weight", "0.25"])
    for train in (True, False):
        preprocess = ALMTask.build_preprocess_fn(args, train)
        rows = []
        for utt in ("a", "d", "e"):
            explicit = explicit_target(("low",) * 3, text="Yes.", emotion=LABELS[utt], language="en")
            texts = {"explicit": explicit, "implicit": implicit_target(LABELS[utt], "en")}
            rows.append((utt, preprocess(utt, {"speech": np.zeros(9, np.float32), **texts})))
        _, batch = ALMTask.build_collate_fn(args, train)(rows)
        own = np.array([[LABELS[utt] == emotion for emotion in read_emotions(data / "emotions")] for utt in "ade"])
        votes = [[0.6, 0, 0.4], [0, 0.4, 0.6], own[2]]
        np.testing.assert_allclose(batch["emotion_shares"].numpy(), 0.75 * own + 0.25 * np.array(votes), rtol=1e-6)
        assert batch["implicit_choices"].shape == (3, 3)
    args.votes_weight = 0.0
    without = ALMTask.build_preprocess_fn(args, True)("a", dict(texts))
    assert "emotion_shares" not in without and "implicit_choices" not in without
