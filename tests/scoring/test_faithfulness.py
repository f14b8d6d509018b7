"""Explicit answers against a data directory: scikit-learn and jiwer as oracles, and odd input."""

import json
import random
import subprocess
import sys
import warnings
from pathlib import Path

import jiwer
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.data.tables import read_table, write_table
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.rationales.templates import explicit_target
from c2ser.scoring.faithfulness import measure_faithfulness
from c2ser.scoring.faithfulness_text import faithfulness_text

RATES = ("cer", "wer", "wording_rate", "language_rate", "agreement")
ENGLISH = ("I have read all of it", "the library is open", "never do that again")
CHINESE = ("我很高兴", "他们把房子刷成了蓝色", "昨天都告诉我了")


def write_set(folder: Path, **tables: dict[str, str]) -> Path:
    """A data directory of the utterances of its first table, and ``hyp``."""
    folder.mkdir(exist_ok=True)
    utterances = tables.get("utt2spk") or next(iter(tables.values()))
    write_table(folder / "utt2spk", dict.fromkeys(utterances, "anna"))
    for name, table in tables.items():
        write_table(folder / name, table)
    return folder


def random_set(folder: Path, number: int = 200) -> tuple[Path, list[dict]]:
    """Answers in template wording whose every part is right or not at random, and what each says."""
    rng, rows = random.Random(7), []
    for place in range(number):
        language = rng.choice(["en", "zh"])
        texts = ENGLISH if language == "en" else CHINESE
        row = {"utt": f"utt{place:04}", "language": language, "levels": [rng.choice(LEVELS) for _ in ATTRIBUTES]}
        row |= {"text": rng.choice(texts), "said": [rng.choice((*LEVELS, "nan")) for _ in ATTRIBUTES]}
        row |= {"quoted": rng.choice(texts), "answer_language": rng.choice([language, "en", "zh"])}
        rows.append(row)
    tables = {
        "attribute_levels": {row["utt"]: " ".join(row["levels"]) for row in rows},
        "text": {row["utt"]: row["text"] for row in rows},
        "utt2lang": {row["utt"]: row["language"] for row in rows},
        "hyp": {
            row["utt"]: explicit_target(
                row["said"],
                text=row["quoted"],
                emotion=rng.choice(PAPER_EMOTIONS),
                language=row["answer_language"],
            )
            for row in rows
        },
    }
    return write_set(folder, **tables), rows


def measure(folder: Path, **options) -> dict:
    return measure_faithfulness(folder, folder / "hyp", output_dir=folder / "out", **options)


def test_figures_are_those_of_scikit_learn_and_jiwer(tmp_path):
    folder, rows = random_set(tmp_path / "set")
    result = measure(folder)
    for place, name in enumerate(ATTRIBUTES):
        measured, said = ([row[key][place] for row in rows] for key in ("levels", "said"))
        figures = result["levels"][name]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # not stated is no level of the reference
            assert figures["macro_recall"] == pytest.approx(balanced_accuracy_score(measured, said))
        assert figures["accuracy"] == pytest.approx(accuracy_score(measured, said))
        assert figures["stated_rate"] == pytest.approx(sum(level in LEVELS for level in said) / len(said))
        most = max(LEVELS, key=measured.count)
        assert figures["majority_accuracy"] == pytest.approx(accuracy_score(measured, [most] * len(measured)))
        assert figures["n_utts"] == len(rows) and figures["left_out"] == 0
    english = [row for row in rows if row["language"] == "en"]
    assert result["wer"] == pytest.approx(
        jiwer.wer([row["text"].lower() for row in english], [row["quoted"].lower() for row in english])
    )
    cer = jiwer.cer([row["text"].lower() for row in rows], [row["quoted"].lower() for row in rows])
    assert result["cer"] == pytest.approx(cer)
    right = sum(row["language"] == row["answer_language"] for row in rows)
    assert result["language_rate"] == pytest.approx(right / len(rows))
    whole = sum(set(row["said"]) != {"nan"} for row in rows)
    assert result["wording_rate"] == pytest.approx(whole / len(rows))
    assert result["agreement"] == 1
    assert result["left_out"]["wer"] == len(rows) - len(english)


def test_each_figure_lies_in_its_interval(tmp_path):
    result = measure(random_set(tmp_path / "set")[0])
    for figures in (result, *result["levels"].values()):
        for name, (low, high) in figures["ci95"].items():
            assert low <= figures[name] <= high <= low + 0.25
    assert result["ci95"].keys() == set(RATES)


def test_the_result_has_the_keys_of_the_contract(tmp_path):
    folder, _ = random_set(tmp_path / "set", 20)
    result = measure(folder)
    assert json.loads((folder / "out" / "result.json").read_text()) == result
    assert result.keys() >= {"levels", *RATES}
    assert list(result["levels"]) == ["pitch", "energy", "rate"]
    for figures in result["levels"].values():
        assert figures.keys() >= {"accuracy", "macro_recall", "stated_rate", "majority_accuracy"}
    assert (folder / "out" / "result.txt").read_text() == faithfulness_text(result)


def test_targets_themselves_are_all_right_and_a_rerun_writes_the_same_bytes(tmp_path):
    levels = {f"utt{number}": "low nan high" for number in range(12)}
    folder = write_set(tmp_path / "set", attribute_levels=levels, text=dict.fromkeys(levels, "No, never!"))
    targets = {
        utt: explicit_target(levels[utt].split(), text="No, never!", emotion="sad", language=None) for utt in levels
    }
    write_table(folder / "hyp", targets)
    result = measure(folder)
    assert result["levels"]["pitch"]["accuracy"] == result["levels"]["rate"]["macro_recall"] == 1
    assert result["levels"]["energy"]["macro_recall"] is None and result["levels"]["energy"]["left_out"] == 12
    assert result["cer"] == result["wer"] == 0 and result["wording_rate"] == 1
    assert result["language_rate"] is None and result["left_out"]["language_rate"] == 12
    first = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    measure(folder)
    assert first == {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    assert {"utt.tsv", "result.txt", "result.json"} <= first.keys()


def test_what_is_undefined_is_left_out_and_counted(tmp_path):
    utterances = dict.fromkeys("abcde", "x")
    answer = 'This is said at a slow pace. One can hear "Yes." in it. So the emotion appears to be sad.'
    folder = write_set(
        tmp_path / "set",
        utt2spk=utterances,
        attribute_levels={"a": "nan nan low", "b": "nan nan nan", "c": "low low low", "d": "low low low"},
        text={"a": "Yes!", "b": "...", "d": "Yes."},
        text_asr={"c": "No.", "d": "No."},
        utt2lang={"a": "de", "b": "zh"},
        utt2lang_asr={"c": "en"},
        hyp={"a": answer, "b": answer, "c": answer, "d": "The words", "e": answer},
    )
    result = measure(folder)
    pitch, rate = result["levels"]["pitch"], result["levels"]["rate"]
    assert (pitch["n_utts"], pitch["left_out"], pitch["stated_rate"], pitch["accuracy"]) == (2, 3, 0, 0)
    assert (rate["n_utts"], rate["left_out"], rate["stated_rate"]) == (3, 2, pytest.approx(2 / 3))
    assert result["n_recognised"] == 1
    assert result["left_out"] == {"cer": 2, "wer": 2, "wording_rate": 0, "language_rate": 2, "agreement": 1}
    assert result["cer"] == pytest.approx((0 + 3 + 3) / (3 + 2 + 3))  # "yes" for "no" are three edits
    assert result["language_rate"] == pytest.approx(2 / 3)
    assert result["wording_rate"] == pytest.approx(4 / 5)


def test_levels_and_words_are_needed_only_where_they_are_known(tmp_path):
    bare = "So the emotion appears to be sad."
    folder = write_set(
        tmp_path / "set", attribute_levels={"a": "nan nan nan", "b": "low nan nan"}, hyp={"a": bare, "b": bare}
    )
    assert measure(folder)["wording_rate"] == 0.5


def test_a_missing_answer_counts_as_an_empty_one(tmp_path, caplog):
    tables = {"attribute_levels": {"a": "low low low", "b": "high low low"}, "text": {"a": "No", "b": "No"}}
    tables["utt2lang"] = {"a": "en", "b": "en"}
    answer = 'This is said in a low pitch. One can hear "No." in it. So the emotion appears to be sad.'
    missing = measure(write_set(tmp_path / "set", **tables, hyp={"a": answer}))
    assert "hyp: no answer for 1 of 2 utterances" in caplog.text
    empty = measure(write_set(tmp_path / "set", **tables, hyp={"a": answer, "b": ""}))
    assert (missing.pop("n_missing"), empty.pop("n_missing")) == (1, 0)
    assert missing == empty
    assert missing["cer"] == missing["wording_rate"] == missing["language_rate"] == 0.5
    assert missing["levels"]["pitch"]["macro_recall"] == 0.5 and missing["agreement"] == 1


def test_a_set_without_levels_says_which_command_makes_them(tmp_path, caplog):
    folder = write_set(tmp_path / "set", text={"a": "No"}, hyp={"a": "The speaker is sad."})
    result = measure(folder)
    assert "attribute_levels: no such file" in caplog.text and "build_cot" in caplog.text
    assert result["levels"]["pitch"] == {
        **dict.fromkeys(("accuracy", "macro_recall", "stated_rate", "majority_accuracy")),
        "ci95": dict.fromkeys(("accuracy", "macro_recall", "stated_rate", "majority_accuracy")),
        "recall": {},
        "n_utts": 0,
        "left_out": 1,
    }


def test_the_table_has_what_each_utterance_says(tmp_path):
    answer = 'This is said in a low pitch. One can hear "No \t way." in it. It is full of joy. So the emotion is sad.'
    folder = write_set(
        tmp_path / "set",
        attribute_levels={"a": "high nan low"},
        text={"a": "No, way!"},
        utt2lang={"a": "en"},
        hyp={"a": answer},
    )
    measure(folder)
    header, line = (line.split("\t") for line in (folder / "out" / "utt.tsv").read_text().splitlines())
    row = dict(zip(header, line, strict=True))
    assert (row["pitch_measured"], row["pitch_stated"], row["energy_measured"]) == ("high", "low", "nan")
    assert (row["rate_measured"], row["rate_stated"]) == ("low", "-")
    assert (row["reference"], row["quoted"], row["char_edits"], row["words"]) == ("no way", "no way", "0", "2")
    assert (row["emotion"], row["objections"], row["agrees"], row["whole"]) == ("sad", "joy", "0", "0")


@pytest.mark.parametrize(
    "tables, message",
    [
        ({"hyp": {"a": "x", "z": "x"}}, "hyp: utterance 'z' is not in .*set; compare matching sets"),
        ({"attribute_levels": {"a": "low high"}, "hyp": {"a": "x"}}, "attribute_levels:1: 'a': 'low high' should be"),
        ({"hyp": {"a": "x"}, "utt2emo": {"a": "cross"}}, "utt2emo:1: 'a': unknown emotion 'cross'"),
    ],
)
def test_bad_input_is_one_line_with_its_place(tmp_path, tables, message):
    folder = write_set(tmp_path / "set", utt2spk={"a": "anna"}, **tables)
    with pytest.raises(InputError, match=message) as raised:
        measure(folder)
    assert "\n" not in str(raised.value) and not list((folder / "out").glob("*"))


def test_the_command(tmp_path):
    folder, _ = random_set(tmp_path / "set", 20)
    command = [sys.executable, "-m", "c2ser.bin.faithfulness", "--data_dir", folder, "--hyp", folder / "hyp"]
    done = subprocess.run(
        [*command, "--output_dir", tmp_path / "out", "--samples", "3"], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout == (tmp_path / "out" / "result.txt").read_text()
    assert (tmp_path / "out" / "answers.html").read_text(encoding="utf-8").count("<article") == 3
    failed = subprocess.run(
        [*command[:-1], folder / "none", "--output_dir", tmp_path / "out"], capture_output=True, text=True
    )
    assert failed.returncode == 1 and failed.stderr.count("\n") == 1 and "none: no such file" in failed.stderr
    assert len(read_table(folder / "hyp")) == 20
