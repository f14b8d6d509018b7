"""Stage 6: what rationales promise, for each wording, emotion, level and language; and the files they go to."""

import random
import re
import statistics
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
import yaml

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.data.tables import read_table, write_table
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.languages import language_of, read_emotion
from c2ser.rationales.prompts import PROMPTS
from c2ser.rationales.targets import THRESHOLDS_NAME, build_cot
from c2ser.rationales.templates import explicit_target, implicit_target

UTTS = [f"utt{number}" for number in range(100)]
TREACHEROUS = 'I was so happy, "angry" he said; 我很悲伤 “开心”, 「恐惧」!'


def said_levels(rationale: str, language: str) -> tuple[str, ...]:
    """Reads the levels back from what stands outside of the quotes."""
    style = re.sub('".*"|“.*”', "", rationale)
    said = {
        name: [level for level, phrase in zip(LEVELS, phrases) if phrase in style]
        for name, phrases in language_of(language).templates.phrases.items()
    }
    assert all(len(levels) <= 1 for levels in said.values())
    return tuple((said[name] or ["nan"])[0] for name in ATTRIBUTES)


@pytest.mark.parametrize("language", ["en", "zh", "de", None])
def test_every_rationale_concludes_with_its_emotion_and_no_other(language):
    for emotion, text in product(EMOTIONS, (None, TREACHEROUS, "Alles ist gut.", '""')):
        target = explicit_target(("low", "high", "medium"), text=text, emotion=emotion, language=language)
        assert read_emotion(target, EMOTIONS) == emotion
        outside = re.sub('".*"|“.*”', "", target)
        word = language_of(language).emotions[emotion]
        assert outside.count(word) == 1 and outside.rstrip(".。").endswith(word)
        assert read_emotion(outside.replace(word, ""), EMOTIONS) is None
        assert len(target.splitlines()) == 1 and "{" not in target


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_rationale_says_its_levels(language):
    for levels in product((*LEVELS, "nan"), repeat=3):
        target = explicit_target(levels, text=TREACHEROUS, emotion="sad", language=language)
        assert said_levels(target, language) == levels


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_transcript_is_kept_and_its_quotes_cannot_end_it(language):
    target = explicit_target(
        ("low", "low", "low"), text='He said: "No, 不 “never”."', emotion="angry", language=language
    )
    assert re.findall('["“”]', target) == (["“", "”"] if language == "zh" else ['"', '"'])
    assert "He said: No, 不 never." in target
    assert '"' not in explicit_target(("low", "low", "low"), text=' "" ', emotion="angry", language="en")


@pytest.mark.parametrize("language", ["en", "zh", "de", None])
def test_answers_name_the_emotion_alone(language):
    for emotion in EMOTIONS:
        answer = implicit_target(emotion, language)
        assert read_emotion(answer, EMOTIONS) == emotion
        assert len(answer.split()) < 10 and len(answer) < 50


def test_prompts_name_no_emotion():
    assert PROMPTS["explicit"] != PROMPTS["implicit"]
    assert all(read_emotion(prompt, EMOTIONS) is None for prompt in PROMPTS.values())


@pytest.fixture
def train(tmp_path) -> Path:
    directory = tmp_path / "train"
    attributes = {"a": "100 -30 10", "b": "200 -20 nan", "c": "300 -10 nan", "unlabelled": "200 -20 nan"}
    write_table(directory / "attributes", attributes)
    write_table(directory / "utt2spk", dict.fromkeys(attributes, "s"))
    write_table(directory / "utt2emo", {"a": "angry", "b": "happy", "c": "sad"})
    write_table(directory / "text", {"a": "Guten Tag", "c": "你好"})
    write_table(directory / "utt2lang", {"a": "de", "b": "en", "c": "zh"})
    return directory


def test_targets_of_a_training_set(train, tmp_path):
    assert build_cot(train, tmp_path / "out") == 3
    assert (tmp_path / "out" / "attribute_levels").read_text().splitlines() == [
        "a low low medium",
        "b medium medium nan",
        "c high high nan",
        "unlabelled medium medium nan",
    ]
    explicit, implicit = (read_table(tmp_path / "out" / name) for name in ("explicit", "implicit"))
    labels = read_table(train / "utt2emo")
    for targets in (explicit, implicit):
        assert {utt: read_emotion(target) for utt, target in targets.items()} == labels
    assert '"Guten Tag"' in explicit["a"] and "“你好”" in explicit["c"] and '"' not in explicit["b"]


def test_the_recogniser_speaks_where_the_corpus_is_silent(train):
    """A line of the corpus's own counts, whatever the recogniser heard."""
    write_table(train / "text_asr", {"a": "Guten Rat", "b": "Hello", "unlabelled": "Hm"})
    write_table(train / "utt2lang_asr", {"c": "en", "unlabelled": "zh"})
    build_cot(train, train)
    explicit = read_table(train / "explicit")
    assert '"Guten Tag"' in explicit["a"] and '"Hello"' in explicit["b"] and "“你好”" in explicit["c"]
    (train / "text").unlink()
    (train / "utt2lang").unlink()
    build_cot(train, train)
    assert '"Guten Rat"' in read_table(train / "explicit")["a"] and '"' not in read_table(train / "explicit")["c"]


def test_a_test_set_moves_no_threshold(train, tmp_path):
    build_cot(train, train)
    thresholds = train / THRESHOLDS_NAME
    saved = thresholds.read_bytes()
    test = tmp_path / "test"
    write_table(test / "attributes", {"x": "1000 -60 10", "y": "2000 -20 10"})
    write_table(test / "utt2spk", {"x": "s", "y": "s"})
    write_table(test / "utt2emo", {"x": "angry", "y": "angry"})
    build_cot(test, test, thresholds=thresholds)
    assert read_table(test / "attribute_levels") == {"x": "high low medium", "y": "high medium medium"}
    assert thresholds.read_bytes() == saved and not (test / THRESHOLDS_NAME).exists()
    assert set(yaml.safe_load(saved)) == set(ATTRIBUTES)


# Of 60 training utterances: sex and corpus divide them in two, speakers in six of ten each.
LEVEL_GROUPS = {
    None: lambda number: "all",
    "sex": lambda number: "m" if number // 10 < 3 else "f",
    "speaker": lambda number: f"s{number // 10}",
    "corpus": lambda number: "even" if number % 2 == 0 else "odd",
}


@pytest.fixture(scope="module")
def population(tmp_path_factory) -> dict[str, Path]:
    """A training set whose groups differ in mean and spread, a test set of the same and of unknown groups."""
    generator = random.Random(0)
    folder = tmp_path_factory.mktemp("population")
    for name in ("train", "test"):
        tables = {table: {} for table in ("attributes", "utt2emo", "utt2spk", "utt2corpus")}
        for number in range(60 if name == "train" else 70):
            utt, speaker = f"s{number // 10}-{number}", number // 10
            mean, std = (100 + 20 * speaker, 5 + speaker) if number % 2 else (130 + 20 * speaker, 10)
            values = (generator.gauss(mean, std), generator.gauss(-mean / 5, std / 5), generator.gauss(mean / 10, 2))
            tables["attributes"][utt] = " ".join(f"{value:.3f}" for value in values)
            tables["utt2emo"][utt] = "happy"
            tables["utt2spk"][utt] = f"s{speaker}"
            if speaker < 6:
                tables["utt2corpus"][utt] = LEVEL_GROUPS["corpus"](number)
        for table, lines in tables.items():
            write_table(folder / name / table, lines)
        write_table(folder / name / "spk2gender", {f"s{speaker}": "mmmfff"[speaker] for speaker in range(6)})
    return {name: folder / name for name in ("train", "test")}


def expected_levels(train: Path, test: Path, by: str | None) -> dict[str, str]:
    """Mean ± std of each group in plain arithmetic; groups that the training set has not take the pooled ones."""
    values: dict[str, list[list[float]]] = {}
    for utt, line in read_table(train / "attributes").items():
        for group in {"all", LEVEL_GROUPS[by](int(utt.split("-")[1]))}:
            values.setdefault(group, []).append([float(value) for value in line.split()])
    expected = {}
    for utt, line in read_table(test / "attributes").items():
        group = LEVEL_GROUPS[by](int(utt.split("-")[1]))
        group = "all" if utt.startswith("s6") else group
        words = []
        for column, value in enumerate(map(float, line.split())):
            sample = [row[column] for row in values[group]]
            distance = (value - statistics.fmean(sample)) / statistics.pstdev(sample)
            words.append("low" if distance < -1 else "high" if distance > 1 else "medium")
        expected[utt] = " ".join(words)
    return expected


@pytest.mark.parametrize("by", LEVEL_GROUPS)
def test_levels_by_groups(population, tmp_path, by):
    train, test = population["train"], population["test"]
    command = [sys.executable, "-m", "c2ser.bin.build_cot", "--data_dir", train, "--output_dir", tmp_path / "train"]
    subprocess.run([*command, *(("--levels_by", by) if by else ())], check=True, capture_output=True)
    assert read_table(tmp_path / "train" / "attribute_levels") == expected_levels(train, train, by)
    thresholds = tmp_path / "train" / THRESHOLDS_NAME
    saved = thresholds.read_bytes()
    assert yaml.safe_load(saved).get("by") == by
    command = [sys.executable, "-m", "c2ser.bin.build_cot", "--data_dir", test, "--output_dir", tmp_path / "test"]
    done = subprocess.run([*command, "--thresholds", thresholds], check=True, capture_output=True, text=True)
    assert read_table(tmp_path / "test" / "attribute_levels") == expected_levels(train, test, by)
    assert thresholds.read_bytes() == saved
    assert ("10 of 70 utterances take pooled thresholds" in done.stderr) == (by is not None)


def test_groups_that_are_not_there(train, tmp_path):
    with pytest.raises(InputError, match="utt2corpus: missing or empty; levels by corpus need it"):
        build_cot(train, train, levels_by="corpus")
    build_cot(train, train)
    with pytest.raises(InputError, match="leave levels_by out"):
        build_cot(train, train, thresholds=train / THRESHOLDS_NAME, levels_by="speaker")
    with open(train / THRESHOLDS_NAME, "a") as file:
        file.write("by: age\n")
    with pytest.raises(InputError, match="grouped by 'age'; known are sex, speaker, corpus"):
        build_cot(train, train, thresholds=train / THRESHOLDS_NAME)


def test_the_same_bytes_again(train, tmp_path):
    build_cot(train, tmp_path / "first")
    build_cot(train, tmp_path / "second")
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()


def test_levels_by_the_training_set_need_no_labels(train, tmp_path):
    build_cot(train, train)
    labelled = (train / "attribute_levels").read_bytes()
    (train / "utt2emo").unlink()
    assert build_cot(train, tmp_path / "test", thresholds=train / THRESHOLDS_NAME) == 0
    assert (tmp_path / "test" / "attribute_levels").read_bytes() == labelled
    assert read_table(tmp_path / "test" / "explicit") == read_table(tmp_path / "test" / "implicit") == {}


def test_what_is_missing_is_said(train, tmp_path):
    write_table(train / "utt2emo", {"a": "grumpy"})
    with pytest.raises(InputError, match="utt2emo:1: 'a': unknown emotion 'grumpy'"):
        build_cot(train, train)
    write_table(train / "utt2emo", {"z": "angry"})
    write_table(train / "utt2spk", dict.fromkeys("abcz", "s"))
    with pytest.raises(InputError, match="attributes: no line for 'z'"):
        build_cot(train, train)
    (train / "utt2emo").unlink()
    with pytest.raises(InputError, match="utt2emo: no labelled utterance"):
        build_cot(train, train)
    write_table(train / "utt2emo", {"a": "angry"})
    (train / "attributes").write_text("a 1 2\n")
    with pytest.raises(InputError, match="attributes:1: 'a': '1 2' should be three numbers"):
        build_cot(train, train)
    command = [sys.executable, "-m", "c2ser.bin.build_cot", "--data_dir", tmp_path / "none", "--output_dir", tmp_path]
    failed = subprocess.run(command, capture_output=True, text=True)
    assert failed.returncode == 1 and failed.stderr.count("\n") == 1 and "extract_attributes" in failed.stderr
