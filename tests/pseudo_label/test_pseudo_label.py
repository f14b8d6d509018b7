"""Pseudo-labels on a small corpus of noise: dark noise with one vocabulary, bright noise with another."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from helpers.paths import ROOT
from scipy.signal import lfilter
from sklearn.metrics import confusion_matrix, precision_score, recall_score
from transformers import AutoTokenizer

from c2ser.bin import pseudo_label as command
from c2ser.data.audio import read_audio
from c2ser.data.data_dir import Utterance, validate_data_dir, write_data_dir
from c2ser.data.tables import read_table, write_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder
from c2ser.emotions import INVALID
from c2ser.errors import InputError
from c2ser.lm.chat import load_chat_model
from c2ser.lm.loading import build_llm
from c2ser.pseudo_label import acoustic
from c2ser.pseudo_label.acoustic import head_teacher, log_mel_statistics, probe_teacher, statistics_teacher
from c2ser.pseudo_label.agreement import agreement, surest, surest_of_each
from c2ser.pseudo_label.labelling import pseudo_label
from c2ser.pseudo_label.report import evaluate, precision_gain, teacher_scores, warnings
from c2ser.pseudo_label.teacher import Answer, likeliest
from c2ser.pseudo_label.text import classifier_teacher, llm_teacher, read_prompts

EMOTIONS = ("angry", "sad")
TEXTS = {"angry": ("go away now", "away with you"), "sad": ("i miss home", "missing them")}
SPEAKERS = ("s1", "s2", "s3")
THRESHOLDS = {"acoustic": 0.5, "text": 0.5}
PROMPT_FILE = ROOT / "egs" / "TEMPLATE" / "conf" / "text_teacher.yaml"


def sound(emotion: str, rng: np.random.Generator) -> np.ndarray:
    coefficients = [1, -0.9] if emotion == "angry" else [1, 0.9]
    return 0.05 * lfilter(coefficients, [1], rng.standard_normal(rng.integers(6000, 9000)))


def write_set(root: Path, name: str, cells, labelled: bool) -> Path:
    """Writes utterances of (speaker, emotion of the sound, emotion of the words)."""
    rng = np.random.default_rng(len(cells))
    utterances = []
    for index, (speaker, heard, said) in enumerate(cells):
        utt = f"{speaker}_{name}{index:02d}"
        wav = root / "wav" / f"{utt}.wav"
        wav.parent.mkdir(exist_ok=True)
        soundfile.write(wav, sound(heard, rng), 16000)
        emotion = heard if labelled else None
        utterances.append(Utterance(utt, wav, speaker, emotion, TEXTS[said][index % 2]))
    write_data_dir(root / name, utterances, EMOTIONS)
    attributes = {utt.id: "nan -23.0 12.0" for utt in utterances}
    write_table(root / name / "attributes", attributes)
    return root / name


CROSSED = [("s4", heard, said) for heard in EMOTIONS for said in EMOTIONS for _ in range(2)]
AGREED = {0: "angry", 1: "angry", 6: "sad", 7: "sad"}  # numbers of CROSSED where sound and words say the same


@pytest.fixture
def sets(tmp_path) -> dict[str, Path]:
    labelled = [(speaker, emotion, emotion) for speaker in SPEAKERS for emotion in EMOTIONS for _ in range(4)]
    return {
        "train_dir": write_set(tmp_path, "train", labelled, True),
        "unlabelled_dir": write_set(tmp_path, "unlabelled", CROSSED, False),
        "held_out_dir": write_set(tmp_path, "held_out", CROSSED * 2, True),
    }


def run(monkeypatch, output_dir: Path, *options: object, **folders: Path) -> dict:
    """Runs the command and returns its report."""
    given = [str(word) for name, folder in folders.items() for word in (f"--{name}", folder)]
    monkeypatch.setattr(sys, "argv", ["pseudo_label", "--output_dir", str(output_dir), *given, *map(str, options)])
    command.main()
    return json.loads((output_dir / "report.json").read_text(encoding="utf-8"))


def test_labels_only_what_both_teachers_say(sets, tmp_path, monkeypatch):
    truth = {utt: "angry" if int(utt[-2:]) < 4 else "sad" for utt in read_table(sets["unlabelled_dir"] / "wav.scp")}
    write_table(tmp_path / "truth", truth)
    output = tmp_path / "out"
    report = run(monkeypatch, output, "--reference", tmp_path / "truth", **sets)
    assert read_table(output / "utt2emo") == {f"s4_unlabelled{i:02d}": emotion for i, emotion in AGREED.items()}
    assert read_table(output / "wav.scp") == read_table(sets["unlabelled_dir"] / "wav.scp")
    assert validate_data_dir(output) == []
    assert report["coverage"] == 0.5 and report["per_class"] == {"angry": 2, "sad": 2}
    for name, count in (("reference", 8), ("held_out", 16)):
        labels = report[name]["labels"]
        assert report[name]["n_utts"] == count
        assert [labels[by]["precision"] for by in ("acoustic", "text", "agreement")] == [1.0, 0.5, 1.0]
        assert [labels[by]["coverage"] for by in ("acoustic", "text", "agreement")] == [1.0, 1.0, 0.5]
        assert report[name]["gain"]["text"]["precision"] == 0.5
    assert (output / "report.png").stat().st_size > 0
    assert "| agreement" in (output / "report.txt").read_text()


def test_same_bytes_again_and_an_earlier_output_is_replaced(sets, tmp_path, monkeypatch):
    run(monkeypatch, tmp_path / "a", **sets)
    (tmp_path / "a" / "log").mkdir()
    (tmp_path / "a" / "utt2emo").write_text("s9_old sad\n")
    for name in "ab":
        run(monkeypatch, tmp_path / name, **sets)
    assert (tmp_path / "a" / "log").is_dir()
    names = {path.name for path in (tmp_path / "b").iterdir() if path.is_file()}
    assert {"utt2emo", "report.json", "report.txt", "report.png", "wav.scp"} <= names
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)
    assert not list(tmp_path.glob("*.part*"))


def test_no_table_of_an_earlier_set_is_left(sets, tmp_path, monkeypatch):
    run(monkeypatch, tmp_path / "out", **sets)
    other = write_set(tmp_path, "other", CROSSED, labelled=False)
    (other / "text").unlink()
    run(monkeypatch, tmp_path / "out", "--text", "none", **{**sets, "unlabelled_dir": other})
    assert not (tmp_path / "out" / "text").exists()
    assert validate_data_dir(tmp_path / "out") == []


def test_no_label_is_outside_of_the_label_set(sets, tmp_path, monkeypatch):
    (tmp_path / "emotions").write_text("sad\nhappy\n")
    report = run(monkeypatch, tmp_path / "out", "--text", "none", "--emotions", tmp_path / "emotions", **sets)
    assert set(read_table(tmp_path / "out" / "utt2emo").values()) == {"sad"}
    assert report["n_labelled"] == report["n_unanswered"]["acoustic"] == 4
    assert report["held_out"]["teachers"]["acoustic"]["n_answered"] == 8


def test_a_tie_is_no_answer():
    probabilities = np.array([[0.5, 0.5, 0.0], [0.25, 0.5, 0.25], [0.0, 0.0, 0.0], [0.1, 0.2, 0.7]])
    assert likeliest("abcd", probabilities, ["angry", "sad", None]) == {"b": ("sad", 0.5)}


def test_failure_leaves_the_earlier_output(sets, tmp_path, monkeypatch):
    run(monkeypatch, tmp_path / "out", **sets)
    before = (tmp_path / "out" / "utt2emo").read_bytes()
    Path(next(iter(read_table(sets["unlabelled_dir"] / "wav.scp").values()))).unlink()
    with pytest.raises(InputError, match="no such file"):
        run(monkeypatch, tmp_path / "out", **sets)
    assert (tmp_path / "out" / "utt2emo").read_bytes() == before


def test_audio_is_listened_to_once_and_again_where_it_changed(sets, tmp_path, monkeypatch):
    heard = []
    monkeypatch.setattr(acoustic, "log_mel_statistics", lambda wave: heard.append(1) or log_mel_statistics(wave))
    train, unlabelled = sets["train_dir"], sets["unlabelled_dir"]
    for name, count in (("train", 24), ("unlabelled", 32), ("again", 32)):
        answers = statistics_teacher(train, tmp_path / "vectors")(unlabelled) if name != "train" else None
        if name == "train":
            statistics_teacher(train, tmp_path / "vectors")
        assert len(heard) == count
    wav = Path(read_table(unlabelled / "wav.scp")["s4_unlabelled00"])
    soundfile.write(wav, sound("sad", np.random.default_rng(0)), 16000)
    changed = statistics_teacher(train, tmp_path / "vectors")(unlabelled)
    assert answers["s4_unlabelled00"].emotion == "angry" and changed["s4_unlabelled00"].emotion == "sad"


def test_recognised_words_count_where_there_are_no_others(sets):
    unlabelled = sets["unlabelled_dir"]
    texts = read_table(unlabelled / "text")
    del texts["s4_unlabelled00"], texts["s4_unlabelled01"]
    write_table(unlabelled / "text", texts)
    write_table(unlabelled / "text_asr", {"s4_unlabelled00": "i miss home", "s4_unlabelled02": "go away now"})
    answers = classifier_teacher(sets["train_dir"])(unlabelled)
    assert answers["s4_unlabelled00"].emotion == "sad" and answers["s4_unlabelled02"].emotion == "sad"
    assert "s4_unlabelled01" not in answers


def test_warns_of_a_teacher_that_has_learned_nothing(sets, tmp_path, monkeypatch, caplog):
    train = sets["train_dir"]
    words = ("well", "oh well", "and so", "now", "oh")
    write_table(train / "text", {utt: words[number % 5] for number, utt in enumerate(read_table(train / "text"))})
    run(monkeypatch, tmp_path / "out", **sets)
    assert "text teacher is no better" in caplog.text and "--text none" in caplog.text
    assert "acoustic teacher is no better" not in caplog.text
    assert "warning: the text teacher" in (tmp_path / "out" / "report.txt").read_text()


@pytest.mark.parametrize("dropped", ["acoustic", "text"])
def test_one_teacher_labels_alone(sets, tmp_path, monkeypatch, caplog, dropped):
    if dropped == "acoustic":  # then nothing is listened to
        for wav in (tmp_path / "wav").iterdir():
            wav.unlink()
    else:
        for folder in sets.values():
            (folder / "text").unlink()
    report = run(monkeypatch, tmp_path / "out", f"--{dropped}", "none", **sets)
    assert report["n_labelled"] == 8 and "gain" not in report["held_out"]
    said = [emotion for _, heard, said in CROSSED for emotion in [said if dropped == "acoustic" else heard]]
    assert list(read_table(tmp_path / "out" / "utt2emo").values()) == said
    assert ("text teacher is no better" in caplog.text) == (dropped == "acoustic")  # words cross the held-out labels


def test_says_what_cannot_be_trusted(sets, tmp_path, monkeypatch, caplog):
    shared = write_set(tmp_path, "shared", [("s1", emotion, emotion) for emotion in EMOTIONS], True)
    folders = {**sets, "held_out_dir": shared}
    report = run(monkeypatch, tmp_path / "out", "--text_threshold", 1, **folders)
    assert report["n_labelled"] == 0 and read_table(tmp_path / "out" / "utt2emo") == {}
    assert "no utterance got a label" in caplog.text and "1 speakers of the held-out set" in caplog.text
    del folders["held_out_dir"]
    run(monkeypatch, tmp_path / "out", **folders)
    assert "no held-out labels" in caplog.text and not (tmp_path / "out" / "report.png").exists()


def test_a_probe_teaches_from_an_encoders_vectors(sets, tmp_path):
    folder = tiny_emotion2vec(tmp_path / "model", ())
    answers = probe_teacher(sets["train_dir"], tmp_path / "vectors", str(folder))(sets["held_out_dir"])
    truth = read_table(sets["held_out_dir"] / "utt2emo")
    assert answers.keys() == truth.keys()
    assert sum(answers[utt].emotion == emotion for utt, emotion in truth.items()) >= 12
    assert all(0.5 <= answer.confidence <= 1 for answer in answers.values())


def test_a_head_answers_with_its_own_classes_and_not_where_they_are_none_of_the_set(sets, tmp_path):
    labels = ("angry", "happy", "other", "sadness", "unknown")
    folder = tiny_emotion2vec(tmp_path / "model", labels)
    data = sets["held_out_dir"]
    answers = head_teacher(EMOTIONS, tmp_path / "vectors", str(folder))(data)
    names = {"angry": "angry", "sadness": "sad"}
    expected = {}
    for utt, path in read_table(data / "wav.scp").items():
        (probabilities,) = Emotion2Vec.from_pretrained(folder).classify([read_audio(path)])
        likeliest = max(probabilities, key=probabilities.get)
        if likeliest in names:
            expected[utt] = names[likeliest], pytest.approx(probabilities[likeliest], abs=1e-4)
    assert answers == expected and 0 < len(answers) < 16
    for emotions, model in ((("neutral", "bored"), folder), (EMOTIONS, tiny_emotion2vec(tmp_path / "bare", ()))):
        with pytest.raises(InputError, match="no classes for two of .*; take an emotion2vec"):
            head_teacher(emotions, tmp_path / "vectors", str(model))


def tiny_emotion2vec(folder: Path, labels: tuple[str, ...]) -> Path:
    """Random weights; its classes are told apart by random directions from the mean over such noise as is here."""
    torch.manual_seed(0)
    layers = ((8, 10, 5), (8, 3, 2), (8, 3, 2))
    config = Emotion2VecConfig(layers, 16, 2, 1, 1, position_layers=1, position_width=9, position_groups=2)
    model = Emotion2Vec(Emotion2VecEncoder(config), labels)
    if labels:
        rng = np.random.default_rng(1)
        waves = [sound(emotion, rng).astype(np.float32) for emotion in EMOTIONS for _ in range(8)]
        means = torch.from_numpy(np.stack([output["frames"].mean(axis=0) for output in model.extract(waves)]))
        torch.nn.init.normal_(model.head.weight, std=30)
        model.head.bias.copy_(-model.head.weight @ means.mean(axis=0))
    model.save_pretrained(folder)
    return folder


class Reader:
    """Answers with the candidate that is last in the question's sentence; keeps the questions."""

    def __init__(self):
        self.questions = []

    def probabilities(self, conversations, candidates):
        self.questions += [messages[-1]["content"] for messages in conversations]
        return np.array([[float(f"I am {word}" in m[-1]["content"]) for word in candidates] for m in conversations])


def test_a_chat_model_is_asked_in_the_language_of_the_words(tmp_path):
    data = tmp_path / "data"
    texts = {"a": ("I am angry", "en"), "b": ("I am 悲伤 {text}", "zh"), "c": ("I am sad", None), "d": ("hm", "de")}
    utterances = [Utterance(u, tmp_path / "no.wav", u, None, text, lang) for u, (text, lang) in texts.items()]
    write_data_dir(data, utterances, EMOTIONS)
    reader = Reader()
    answers = llm_teacher(reader, read_prompts(PROMPT_FILE), EMOTIONS)(data)
    assert answers == {"a": ("angry", 1.0), "b": ("sad", 1.0), "c": ("sad", 1.0)}
    chinese, *english = reader.questions
    assert "愤怒, 悲伤" in chinese and "“I am 悲伤 {text}”" in chinese and "angry" not in chinese
    assert len(english) == 3 and all("angry, sad" in question for question in english)


def test_a_local_chat_model_teaches(sets, tmp_path, monkeypatch):
    folder = tmp_path / "llm"
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    build_llm(sizes, {"vocab_size": 300}, ["go away", "one word out of"], folder)
    (folder / "chat_template.jinja").write_text("{% for message in messages %}{{ message.content }}{% endfor %}")
    assert AutoTokenizer.from_pretrained(folder).chat_template
    (tmp_path / "emotions").write_text("angry\nsad\n")
    options = ["--text", "llm", "--llm", folder, "--prompt", PROMPT_FILE, "--emotions", tmp_path / "emotions"]
    options += ["--acoustic", "none", "--unlabelled_dir", sets["unlabelled_dir"], "--text_threshold", 0]
    run(monkeypatch, tmp_path / "out", *options)
    (prompt,) = [read_prompts(PROMPT_FILE)["en"].replace("{emotions}", "angry, sad")]
    texts = read_table(sets["unlabelled_dir"] / "text")
    asked = [[{"role": "user", "content": prompt.replace("{text}", text)}] for text in texts.values()]
    classes = load_chat_model(str(folder)).probabilities(asked, EMOTIONS).argmax(axis=1)
    assert read_table(tmp_path / "out" / "utt2emo") == dict(zip(texts, (EMOTIONS[number] for number in classes)))
    answers = {path: path.read_bytes() for path in (tmp_path / "out" / "answers").iterdir()}
    run(monkeypatch, tmp_path / "out", *options)
    assert answers == {path: path.read_bytes() for path in (tmp_path / "out" / "answers").iterdir()} != {}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train/text", None, "needs them; .*--text none"),
        ("unlabelled/text", None, "needs them"),
        ("unlabelled/utt2spk", "", "no utterance to label"),
        ("train/utt2emo", "", "0 labelled utterances, of 0 emotions"),
        ("train/utt2emo", "s1_train00 sad\n", "1 labelled utterances, of 1 emotions"),
        ("train/attributes", None, "no such file"),
        ("train/attributes", "s1_train01 1 2 3\n", "no line for 's1_train00'"),
        ("train/attributes", "s1_train00 high\n", "run stage 2 again"),
        ("held_out/utt2emo", "", "no label of an utterance"),
        ("held_out/utt2emo", "s4_held_out00 cross\n", "unknown emotion 'cross'"),
        ("held_out/utt2spk", "s1_train00 s1\n", "'s1_train00' is in .*train too"),
    ],
)
def test_bad_input_is_one_line(sets, tmp_path, monkeypatch, name, content, message):
    path = tmp_path / name
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(InputError, match=message) as error:
        run(monkeypatch, tmp_path / "out", **sets)
    assert str(path.parent) in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "out" / "wav.scp").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--acoustic", "none", "--text", "none"], "leave no teacher"),
        ([], "learn from --train_dir"),
        (["--acoustic", "head", "--text", "none"], "give the label set"),
        (["--acoustic", "head", "--text", "none", "--emotions", "e"], "needs --acoustic_model"),
        (["--acoustic", "none", "--text", "llm", "--emotions", "e"], "needs --llm and --prompt"),
        (["--train_dir", "t", "--text_threshold", "1.5"], "--text_threshold 1.5: a probability"),
        (["--train_dir", "t", "--max_per_class", "0"], "--max_per_class 0: 1 or more"),
    ],
)
def test_wrong_usage(tmp_path, monkeypatch, capsys, options, message):
    with pytest.raises(SystemExit) as exit_:
        run(monkeypatch, tmp_path / "out", "--unlabelled_dir", "u", *options)
    assert exit_.value.code == 2 and message in capsys.readouterr().err


@pytest.mark.parametrize("name", ["unlabelled", "held_out", "train"])
def test_output_is_not_the_input(tmp_path, name):
    folders = {f"{other}_dir": tmp_path / other for other in ("unlabelled", "held_out", "train")}
    with pytest.raises(InputError, match="is the .* set itself"):
        pseudo_label({}, {}, EMOTIONS, output_dir=tmp_path / name, **folders)


@pytest.mark.parametrize("text", ["en: x\n", "en: '{emotions} {text}'\nzh: '{text}'\n", "en: {emotions: 1}\n"])
def test_prompts_without_their_places(tmp_path, text):
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(InputError, match="p.yaml: (en|zh): needs a prompt with {emotions} and {text}"):
        read_prompts(tmp_path / "p.yaml")


def random_answers(rng: np.random.Generator, count: int, emotions=("angry", "happy", "sad")) -> dict[str, Answer]:
    """Answers about a part of ``count`` utterances, some equally sure."""
    utts = rng.permutation(count)[: rng.integers(count // 2, count)]
    return {f"u{utt}": Answer(str(rng.choice(emotions)), float(rng.integers(1, 20)) / 20) for utt in utts}


def test_agreement_is_symmetric_and_shrinks_with_the_thresholds():
    rng = np.random.default_rng(0)
    one, other = random_answers(rng, 100), random_answers(rng, 100)
    kept = [agreement([one, other], [least, least / 2]) for least in (0, 0.3, 0.6, 0.8, 1)]
    assert all(more.items() >= fewer.items() for more, fewer in zip(kept, kept[1:]))
    assert kept[2] == agreement([other, one], [0.3, 0.6])
    assert kept[0].keys() == {utt for utt in one.keys() & other.keys() if one[utt].emotion == other[utt].emotion}
    for utt, (emotion, confidence) in kept[2].items():
        assert one[utt].emotion == emotion and one[utt].confidence >= 0.6 and other[utt].confidence >= 0.3
        assert confidence == pytest.approx(one[utt].confidence * other[utt].confidence)
    assert agreement([one], [0]) == one


def test_the_surest_are_kept_whatever_the_order():
    answers = random_answers(np.random.default_rng(1), 100)
    shuffled = dict(sorted(answers.items(), reverse=True))
    for count in (0, 1, 7, 1000):
        kept = surest(answers, count)
        assert list(kept.items()) == list(surest(shuffled, count).items()) and len(kept) == min(count, len(answers))
        left = answers.keys() - kept.keys()
        worst = min(((kept[utt].confidence) for utt in kept), default=1)
        assert all(answers[utt].confidence <= worst for utt in left)
        by_class = surest_of_each(answers, ("angry", "happy", "sad"), count)
        for emotion in ("angry", "happy", "sad"):
            of_emotion = {utt: answer for utt, answer in answers.items() if answer.emotion == emotion}
            assert {u: a for u, a in by_class.items() if a.emotion == emotion} == surest(of_emotion, count)


def test_figures_are_scikit_learns():
    rng = np.random.default_rng(2)
    emotions = ["angry", "happy", "sad"]
    truth = {f"u{utt}": str(rng.choice(emotions)) for utt in range(200)}
    answers = {
        name: {
            utt: Answer(truth[utt] if utt in truth and rng.random() < 0.3 else answer.emotion, answer.confidence)
            for utt, answer in random_answers(rng, 220).items()
        }
        for name in THRESHOLDS
    }
    agreed = agreement(list(answers.values()), [0.5, 0.5])
    result = evaluate(answers, agreed, THRESHOLDS, truth)
    alone = {name: {u: a for u, a in given.items() if a.confidence >= 0.5} for name, given in answers.items()}
    for name, labels in {**alone, "agreement": agreed}.items():
        utts = [utt for utt in truth if utt in labels]
        true, given = [truth[utt] for utt in utts], [labels[utt].emotion for utt in utts]
        scores = result["labels"][name]
        assert scores["coverage"] == len(utts) / 200
        assert scores["precision"] == np.mean(np.array(true) == given)
        assert scores["ci95"][0] < scores["precision"] < scores["ci95"][1]
        precisions = precision_score(true, given, labels=emotions, average=None)
        assert [scores["per_class"][emotion]["precision"] for emotion in emotions] == pytest.approx(precisions)
        all_given = [labels[utt].emotion if utt in labels else INVALID for utt in truth]
        counts = confusion_matrix(list(truth.values()), all_given, labels=[*emotions, INVALID])[:3]
        assert scores["confusion"] == {"rows": emotions, "columns": [*emotions, INVALID], "counts": counts.tolist()}
    for name, given in answers.items():
        utts = [utt for utt in given if utt in truth]
        scores = teacher_scores({utt: given[utt] for utt in utts}, truth)
        assert result["teachers"][name] == scores
        true, said = [truth[utt] for utt in utts], [given[utt].emotion for utt in utts]
        assert scores["ua"] == pytest.approx(recall_score(true, said, average="macro"))
        assert scores["majority"] == max(map(true.count, emotions)) / len(utts)
        same = result["same_coverage"][name]
        assert same["n_labelled"] == result["labels"]["agreement"]["n_labelled"]
        gain = result["labels"]["agreement"]["precision"] - same["precision"]
        assert result["gain_at_same_coverage"][name]["precision"] == pytest.approx(gain)
    at_half = next(row for row in result["by_threshold"] if row["threshold"] == 0.5)
    for name, scores in result["labels"].items():
        assert at_half[name] == {"coverage": scores["coverage"], "precision": scores["precision"]}


def test_the_interval_of_a_gain_is_that_of_resampled_utterances():
    rng = np.random.default_rng(3)
    truth = {f"u{utt}": "sad" for utt in range(300)}
    ours, theirs = (random_answers(rng, 300, ("sad", "sad", "angry")) for _ in range(2))
    gain = precision_gain(ours, theirs, truth)
    given = np.array([[utt in ours, utt in theirs] for utt in truth])
    right = np.array([[way[utt].emotion == "sad" if utt in way else False for way in (ours, theirs)] for utt in truth])
    draws = rng.integers(300, size=(2000, 300))
    precisions = right[draws].sum(axis=1) / given[draws].sum(axis=1)
    interval = np.quantile(precisions[:, 0] - precisions[:, 1], (0.025, 0.975))
    np.testing.assert_allclose(gain["ci95"], interval, atol=0.015)
    assert gain["precision"] == pytest.approx(-precision_gain(theirs, ours, truth)["precision"])
    assert precision_gain({}, theirs, truth) is None


@pytest.mark.parametrize(("right", "warned"), [(45, True), (58, True), (75, False)])
def test_the_interval_of_the_accuracy_decides_whether_a_teacher_has_learned(right, warned):
    """Half of 100 utterances are of the most frequent emotion; 58 right ones might be luck."""
    truth = {f"u{utt:03d}": "sad" if utt < 50 else "angry" for utt in range(100)}
    other = {"sad": "angry", "angry": "sad"}
    answers = {
        utt: Answer(truth[utt] if number < right else other[truth[utt]], 1.0) for number, utt in enumerate(truth)
    }
    held_out = {"teachers": {"text": teacher_scores(answers, truth)}, "n_seen_speakers": 0}
    lines = warnings({"n_labelled": 1, "held_out": held_out})
    assert [("--text none" in line) for line in lines] == [True] * warned


@pytest.mark.parametrize("num_samples", [1, 399, 400, 16000])
def test_log_mel_statistics_ignore_level_and_take_any_length(num_samples):
    wave = np.random.default_rng(0).standard_normal(num_samples)
    statistics = log_mel_statistics(wave)
    assert statistics.shape == (120,) and np.isfinite(statistics).all()
    np.testing.assert_allclose(statistics, log_mel_statistics(0.1 * wave), atol=1e-3)
