"""Dev utterances that a training's model answers."""

from argparse import Namespace
from collections import Counter
from pathlib import Path

import kaldiio
import pytest
import soundfile
import torch
import torch.multiprocessing
from helpers.alm_training import write_alm_data
from helpers.tiny_alm import model_with, save_llms
from helpers.trainings import by_one_and_two_processes, process_group

from c2ser.alm.model import C2SERModel
from c2ser.data.tables import read_table, write_table
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.languages import read_emotion
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.recognizer import Speech
from c2ser.tasks.answering import DevAnswers, draw_evenly


def test_utterances_are_drawn_evenly_over_emotions_and_fixed_by_the_seed():
    emotions = {f"{name}{i:03d}": name for name, count in (("a", 100), ("b", 30), ("c", 4)) for i in range(count)}
    drawn = draw_evenly(emotions, 34, seed=1)
    assert Counter(emotions[utt] for utt in drawn) == {"a": 15, "b": 15, "c": 4}
    assert drawn == draw_evenly(dict(reversed(emotions.items())) | emotions, 34, seed=1)
    assert drawn != draw_evenly(emotions, 34, seed=2)
    assert draw_evenly(emotions, 1000, seed=1) == emotions.keys()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("answering")
    write_alm_data(path)
    labelled = {utt: shape for utt, shape in read_table(path / "utt2num_samples").items() if utt != "utt99"}
    write_table(path / "utt2num_samples", labelled)
    save_llms(path)
    return path


def arguments(folder: Path, **changes) -> Namespace:
    kinds = {"wav.scp": ("speech", "sound"), "tokens.scp": ("acoustic", "kaldi_ark")}
    kinds |= {mode: (mode, "text") for mode in ("explicit", "implicit")}
    values = {
        "valid_data_path_and_name_and_type": [(f"{folder}/{table}", *kind) for table, kind in kinds.items()],
        "valid_shape_file": [f"{folder}/utt2num_samples"],
        "emotions": f"{folder}/emotions",
        "valid_utt2corpus": None,
        "corpus_emotions": None,
        "answer_utterances": 200,
        "seed": 0,
    }
    return Namespace(**{**values, **changes})


def tiny(folder: Path) -> C2SERModel:
    return model_with(str(folder / "llama"))


def figures_of_a_process(rank: int, world_size: int, port: int, folder: Path, results) -> None:
    torch.set_num_threads(1)
    with process_group(rank, world_size, port):
        dev = DevAnswers(arguments(folder), "explicit")
        dev.batches = [[utt] for batch in dev.batches for utt in batch]  # so that each process has some
        results[world_size, rank] = dev.answers(tiny(folder)), dev.figures(tiny(folder), epoch=1)


def test_all_processes_have_the_answers_and_figures_of_one(folder):
    results = by_one_and_two_processes(figures_of_a_process, folder)
    answers, figures = results[1, 0]
    assert len(answers) == 12 and len(set(answers.values())) > 3
    assert results[2, 0] == results[2, 1] == (answers, figures)


@pytest.mark.parametrize("mode", ["explicit", "implicit"])
def test_answers_are_those_of_inference_one_by_one(folder, mode):
    dev = DevAnswers(arguments(folder, answer_utterances=7), mode)
    assert len(dev.batches) == 1 and Counter(map(read_emotion, dev.targets.values())) == Counter(PAPER_EMOTIONS)
    model = tiny(folder)
    answers = dev.answers(model.train())
    longest = max(len(tokens) for tokens in model.tokenizer(list(dev.targets.values())).input_ids)
    bound = min({"explicit": 256, "implicit": 24}[mode], -(-3 * longest // 2))
    recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, max_new_tokens=bound)
    tokens = kaldiio.load_scp(str(folder / "tokens.scp"))
    for utt, target in dev.targets.items():
        audio, _ = soundfile.read(folder / f"{utt}.wav", dtype="float32")
        (alone,) = recognizer.recognize([Speech(audio, tokens[utt], language="en", utterance=utt)], mode)
        assert answers[utt] == alone.text
        assert target == read_table(folder / mode)[utt]
    assert len(set(answers.values())) > 2


def test_figures_are_logged_with_what_was_said(folder, caplog):
    caplog.set_level("INFO")
    figures = DevAnswers(arguments(folder), "implicit").figures(tiny(folder), epoch=3)
    assert f"ua={figures['ua']:.3f}" in caplog.messages[0] and "epoch 3: 12 implicit answers in " in caplog.messages[0]
    assert "'utt00': said " in caplog.messages[1] and read_table(folder / "implicit")["utt00"] in caplog.messages[1]


def test_utterances_of_several_corpora_are_drawn_evenly_and_answered_within_their_label_sets(folder, tmp_path):
    utterances = list(read_table(folder / "utt2num_samples"))
    write_table(tmp_path / "utt2corpus", {utt: "b" if utt == utterances[-1] else "a" for utt in utterances})
    (tmp_path / "sets").write_text(f"a {' '.join(PAPER_EMOTIONS)}\nb {' '.join(PAPER_EMOTIONS)}\n")
    options = {"valid_utt2corpus": f"{tmp_path}/utt2corpus", "corpus_emotions": f"{tmp_path}/sets"}
    dev = DevAnswers(arguments(folder, answer_utterances=8, **options), "implicit")
    assert Counter(dev.corpora[utt] for utt in dev.targets) == {"a": 7, "b": 1}
    figures = dev.figures(tiny(folder), epoch=1)
    assert figures["ua"] == (figures["ua_a"] + figures["ua_b"]) / 2
    assert dev.worst_figures().keys() == figures.keys()
    write_table(tmp_path / "utt2corpus", {utterances[0]: "a"})
    with pytest.raises(InputError, match=f"utt2corpus: '{utterances[1]}' has no line; add its corpus"):
        DevAnswers(arguments(folder, **options), "implicit")


def test_what_is_missing_is_named(folder, tmp_path):
    with pytest.raises(InputError, match="answer_utterances: give valid_shape_file, the lengths of utterances, or 0"):
        DevAnswers(arguments(folder, valid_shape_file=[]), "implicit")
    (tmp_path / "emotions").write_text("happy\nsad\n")
    with pytest.raises(InputError, match="utterance 'utt00': target '.*angry.' names no emotion of the label set"):
        DevAnswers(arguments(folder, emotions=str(tmp_path / "emotions")), "implicit")
