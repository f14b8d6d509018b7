"""Scores against scikit-learn as oracle, and what scoring does with odd input."""

import json
import subprocess
import sys
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    precision_recall_fscore_support,
    recall_score,
)

from c2ser.bin import results
from c2ser.data.overlaps import Overlap
from c2ser.data.tables import write_table
from c2ser.emotions import INVALID, PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.scoring.metrics import bootstrap_intervals, count_confusion, summarise, wilson_interval
from c2ser.scoring.pooling import pool_scores
from c2ser.scoring.results import write_results
from c2ser.scoring.score import score_files
from c2ser.scoring.tables import markdown_table

RESULT_FILES = ("result.json", "result.txt", "confusion.tsv", "confusion.png", "utt.tsv")


def random_labels(seed: int, n: int, in_reference: int = 7) -> tuple[list[str], list[str]]:
    """Half of the hypotheses right, the others any emotion or invalid; the reference has the first few emotions."""
    rng = np.random.default_rng(seed)
    reference = rng.choice(PAPER_EMOTIONS[:in_reference], n)
    guesses = rng.choice([*PAPER_EMOTIONS, INVALID], n)
    return reference.tolist(), np.where(rng.random(n) < 0.5, reference, guesses).tolist()


def summary(reference: list[str], hypothesis: list[str]) -> dict:
    return summarise(count_confusion(reference, hypothesis, emotions=PAPER_EMOTIONS))


def score_labels(tmp_path: Path, reference: dict, hypothesis: dict, **options) -> dict:
    write_table(tmp_path / "ref", reference)
    write_table(tmp_path / "hyp", hypothesis)
    return score_files(tmp_path / "ref", tmp_path / "hyp", output_dir=tmp_path / "out", **options)


@pytest.mark.parametrize("in_reference", [1, 2, 5, 7])
@pytest.mark.parametrize("n", [1, 3, 40, 1000])
def test_metrics_are_those_of_scikit_learn(n, in_reference):
    reference, hypothesis = random_labels(n, n, in_reference)
    result = summary(reference, hypothesis)
    classes = sorted(set(reference))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a hypothesis has classes that the reference lacks
        assert result["ua"] == pytest.approx(balanced_accuracy_score(reference, hypothesis))
    assert result["n_utts"] == n
    assert result["wa"] == pytest.approx(accuracy_score(reference, hypothesis))
    assert result["invalid_rate"] == pytest.approx(np.mean(np.array(hypothesis) == INVALID))
    for name, average in (("macro_f1", "macro"), ("micro_f1", "micro"), ("weighted_f1", "weighted")):
        expected = f1_score(reference, hypothesis, labels=classes, average=average, zero_division=0)
        assert result[name] == pytest.approx(expected)
    expected = precision_recall_fscore_support(reference, hypothesis, labels=classes, zero_division=0)
    assert sorted(result["per_class"]) == classes
    for row, emotion in enumerate(classes):
        assert list(result["per_class"][emotion].values()) == pytest.approx([column[row] for column in expected])


def test_intervals_are_those_of_resampled_utterances():
    reference, hypothesis = (np.array(labels) for labels in random_labels(5, 300))
    intervals = bootstrap_intervals(count_confusion(reference, hypothesis, emotions=PAPER_EMOTIONS).counts)
    rng = np.random.default_rng(1)
    resamples = [rng.integers(300, size=300) for _ in range(1000)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        resampled = {
            "wa": [accuracy_score(reference[r], hypothesis[r]) for r in resamples],
            "ua": [balanced_accuracy_score(reference[r], hypothesis[r]) for r in resamples],
        }
    for name, values in resampled.items():
        assert intervals[name] == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=0.012)


def test_interval_holds_the_score_and_narrows_with_more_utterances():
    few, many = summary(*random_labels(2, 100)), summary(*random_labels(2, 10000))
    for result in (few, many):
        for name, (low, high) in result["ci95"].items():
            assert 0 <= low <= result[name] <= high <= 1
    width = {n: r["ci95"]["ua"][1] - r["ci95"]["ua"][0] for n, r in ((100, few), (10000, many))}
    assert width[10000] == pytest.approx(width[100] / 10, rel=0.5)


def test_all_right_all_wrong_and_all_invalid():
    reference = ["angry", "sad", "sad"]
    right = summary(reference, reference)
    assert right["wa"] == right["ua"] == right["macro_f1"] == 1
    assert right["ci95"]["wa"] == wilson_interval(3, 3)
    assert (
        right["ci95"]["ua"] == right["ci95"]["macro_f1"] == wilson_interval(2, 2)
    )  # two classes, one of one utterance
    for hypothesis, invalid_rate in ((["happy"] * 3, 0), ([INVALID] * 3, 1)):
        wrong = summary(reference, hypothesis)
        assert wrong["wa"] == wrong["ua"] == wrong["macro_f1"] == wrong["weighted_f1"] == 0
        assert wrong["invalid_rate"] == invalid_rate
        assert list(wrong["per_class"]) == ["angry", "sad"]


def test_a_missing_hypothesis_counts_as_an_invalid_one(tmp_path, caplog):
    reference = {"a": "sad", "b": "sad", "c": "happy"}
    missing = score_labels(tmp_path / "missing", reference, {"a": "sad"})
    assert "hyp: no hypothesis for 2 of 3 utterances, b, c; they count as wrong" in caplog.text
    invalid = score_labels(tmp_path / "invalid", reference, {"a": "sad", "b": INVALID, "c": INVALID})
    assert missing == invalid
    assert missing["wa"] == pytest.approx(1 / 3) and missing["ua"] == pytest.approx(1 / 4)
    assert missing["invalid_rate"] == pytest.approx(2 / 3)


def test_hypotheses_of_unlabelled_utterances_are_left_out(tmp_path, caplog):
    write_table(tmp_path / "utt2spk", dict.fromkeys("abcd", "s"))
    result = score_labels(tmp_path, {"b": "sad", "d": "happy"}, dict.fromkeys("abcd", "sad"))
    assert result["n_utts"] == 2 and result["wa"] == 0.5
    assert "hyp: left out 2 unlabelled utterances, which " in caplog.text and "does not list, a, c" in caplog.text
    with pytest.raises(InputError, match="utterance 'bb' is not in the reference"):
        score_labels(tmp_path, {"b": "sad", "d": "happy"}, {"a": "sad", "bb": "sad"})


def test_what_always_the_same_answer_would_have_stands_beside():
    result = summary(["angry", "sad", "sad", "happy", "sad"], ["angry"] * 5)
    majority = {"emotion": "sad", "wa": 0.6, "ua": 1 / 3, "macro_f1": 0.25, "micro_f1": 0.6, "weighted_f1": 0.45}
    assert result["majority"] == pytest.approx(majority)


def test_the_order_of_lines_does_not_matter(tmp_path):
    reference, hypothesis = random_labels(6, 300)
    utts = [f"u{i:03d}" for i in range(300)]
    expected = score_labels(tmp_path, dict(zip(utts, reference)), dict(zip(utts, hypothesis)))
    before = (tmp_path / "out/utt.tsv").read_bytes()
    for name in ("ref", "hyp"):
        lines = (tmp_path / name).read_text().splitlines(keepends=True)
        np.random.default_rng(0).shuffle(lines)
        (tmp_path / name).write_text("\ufeff" + "".join(lines).replace(" ", "\t"), encoding="utf-8")
    assert score_files(tmp_path / "ref", tmp_path / "hyp", output_dir=tmp_path / "out") == expected
    assert (tmp_path / "out/utt.tsv").read_bytes() == before


def test_files_written(tmp_path):
    reference = {"a": "sad", "b": "happy", "ü": "happy"}
    result = score_labels(tmp_path, reference, {"a": "angry", "b": INVALID, "ü": "happy"})
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == sorted(RESULT_FILES)
    assert json.loads((out / "result.json").read_text()) == result
    figures = {"wa", "ua", "macro_f1", "micro_f1", "weighted_f1"}
    assert result.keys() == {"n_utts", *figures, "invalid_rate", "ci95", "ci95_over", "majority", "per_class"}
    assert result["ci95"].keys() == figures and result["ci95_over"] == "utterances"
    assert (out / "confusion.tsv").read_text().splitlines() == [
        "reference\thappy\tsad\tangry\t<invalid>",
        "happy\t1\t0\t0\t1",
        "sad\t0\t0\t1\t0",
    ]
    assert (out / "utt.tsv").read_text(encoding="utf-8").splitlines()[1:] == [
        "a\tsad\tangry\t0",
        "b\thappy\t<invalid>\t0",
        "ü\thappy\thappy\t1",
    ]
    assert (out / "confusion.png").read_bytes().startswith(b"\x89PNG")


def test_a_rerun_writes_the_same_bytes(tmp_path):
    labels = [dict(enumerate(column)) for column in random_labels(3, 50)]
    reference, hypothesis = ({f"u{key:02}": value for key, value in table.items()} for table in labels)
    score_labels(tmp_path, reference, hypothesis)
    first = {name: (tmp_path / "out" / name).read_bytes() for name in RESULT_FILES}
    score_labels(tmp_path, reference, hypothesis)
    assert first == {name: (tmp_path / "out" / name).read_bytes() for name in RESULT_FILES}


def test_the_label_set_orders_the_classes(tmp_path):
    (tmp_path / "emotions").write_text("sad\nbored\nangry\n")
    result = score_labels(tmp_path, {"a": "angry", "b": "sad"}, {"a": "bored"}, emotions=tmp_path / "emotions")
    assert list(result["per_class"]) == ["sad", "angry"]
    assert (tmp_path / "out/confusion.tsv").read_text().startswith("reference\tsad\tangry\tbored\t<invalid>\n")


@pytest.mark.parametrize(
    "ref, hyp, message",
    [
        ("", "", "ref: no utterance in it"),
        ("a sad\nb cheesy\n", "a sad\n", "ref:2: utterance 'b': unknown emotion 'cheesy'"),
        ("a sad\nb bored\n", "a sad\n", "ref:2: utterance 'b': unknown emotion 'bored'"),
        ("a sad\nb <invalid>\n", "a sad\n", "ref:2: utterance 'b': unknown emotion '<invalid>'"),
        ("a sad\nb sad\n", "a sad\nb\n", "hyp:2: utterance 'b': unknown emotion ''"),
        ("a sad\n", "a sad\nz sad\n", "hyp: utterance 'z' is not in the reference"),
        ("a sad\n", "a sad\na happy\n", "hyp:2: duplicate key 'a'"),
        ("a sad\n", "b sad\na sad\na happy\n", "hyp:3: duplicate key 'a'"),
        ("a sad\nb s\udcff\n", "a sad\n", "ref:2: not UTF-8"),
        ("a sad\n", "b sad\na s\udce9\n", "hyp:2: not UTF-8"),
        ("a sad\n", None, "hyp: no such file"),
    ],
)
def test_bad_input_is_one_line_with_its_place(tmp_path, ref, hyp, message):
    (tmp_path / "ref").write_text(ref, errors="surrogateescape")
    (tmp_path / "emotions").write_text("sad\nhappy\n")
    if hyp is not None:
        (tmp_path / "hyp").write_text(hyp, errors="surrogateescape")
    with pytest.raises(InputError) as error:
        score_files(tmp_path / "ref", tmp_path / "hyp", output_dir=tmp_path / "out", emotions=tmp_path / "emotions")
    assert message in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_command_line(tmp_path):
    write_table(tmp_path / "ref", {"a": "sad", "b": "happy"})
    command = [sys.executable, "-m", "c2ser.bin.score", "--ref", tmp_path / "ref", "--output_dir", tmp_path / "out"]
    done = subprocess.run([*command, "--hyp", tmp_path / "ref"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == (tmp_path / "out/result.txt").read_text()
    failed = subprocess.run([*command, "--hyp", tmp_path / "none"], capture_output=True, text=True)
    assert failed.returncode == 1 and failed.stderr == f"error: {tmp_path}/none: no such file\n"
    assert subprocess.run(command, capture_output=True).returncode == 2


def write_scores(exp_dir: Path, seed: int) -> None:
    """An experiment folder of one model in two modes and one probe, scored on random answers."""
    results = ("alm_x_implicit/inference_implicit/test/score", "alm_x_explicit/inference_explicit/test/score")
    for offset, folder in enumerate([*results, "emotion2vec_s_x/probe/test"]):
        columns = random_labels(seed + offset, 60, in_reference=4)
        reference, hypothesis = ({f"u{i:02}": emotion for i, emotion in enumerate(column)} for column in columns)
        write_table(exp_dir / "ref", reference)
        write_table(exp_dir / "hyp", hypothesis)
        score_files(exp_dir / "ref", exp_dir / "hyp", output_dir=exp_dir / folder)


def test_results_of_one_experiment(tmp_path):
    write_scores(tmp_path / "exp", 0)
    text = write_results([tmp_path / "exp"], tmp_path / "RESULTS.md", command="./run.sh")
    assert (tmp_path / "RESULTS.md").read_text(encoding="utf-8") == text
    score = json.loads((tmp_path / "exp/emotion2vec_s_x/probe/test/result.json").read_text())
    row = next(line for line in text.splitlines() if line.startswith("| emotion2vec_s_x | probe    | test |   60 |"))
    low, high = (f"{100 * bound:.1f}" for bound in score["ci95"]["ua"])
    assert f"{100 * score['ua']:.1f} [{low}, {high}]" in row.replace("  ", " ")
    assert "alm_x_explicit  | explicit" in text and "alm_x_implicit  | implicit" in text
    assert "| angry | happy | neutral |  sad |" in text
    assert "`./run.sh`" in text and "torch" in text
    assert write_results([tmp_path / "exp"], tmp_path / "RESULTS.md", command="./run.sh") == text


def test_results_of_folds_are_those_of_their_utterances_with_mean_and_deviation_beside(tmp_path):
    folds = [tmp_path / f"fold{fold}" for fold in (1, 2, 3)]
    for fold in folds:
        write_scores(fold, 10 * int(fold.name[-1]))
    text = write_results(folds, tmp_path / "RESULTS.md", command="./run.sh")
    uas = [100 * json.loads((f / "emotion2vec_s_x/probe/test/result.json").read_text())["ua"] for f in folds]
    row = next(line for line in text.splitlines() if line.startswith("| emotion2vec_s_x | probe"))
    assert f"| {np.mean(uas):.1f} ± {np.std(uas, ddof=1):.1f} |" in row.replace("  ", " ")
    assert "|     3 |  180 |" in row
    assert all(str(fold) in text for fold in folds)
    lines = [(f / "emotion2vec_s_x/probe/test/utt.tsv").read_text().splitlines()[1:] for f in folds]
    pairs = [line.split("\t")[1:3] for line in sum(lines, [])]
    ua = recall_score(*zip(*pairs), average="macro", labels=sorted({reference for reference, _ in pairs}))
    assert row.split("|")[7].split()[0] == f"{100 * ua:.1f}"


def test_a_fold_of_two_utterances_moves_the_mean_but_not_the_result(tmp_path):
    for fold, reference, hypothesis in ((1, "sad angry", "sad angry"), (2, "sad " * 8, "angry " * 8)):
        for name, labels in (("ref", reference), ("hyp", hypothesis)):
            write_table(tmp_path / name, {f"u{number}": label for number, label in enumerate(labels.split())})
        score_files(
            tmp_path / "ref", tmp_path / "hyp", output_dir=tmp_path / str(fold) / "m/inference_implicit/test/score"
        )
    text = write_results([tmp_path / "1", tmp_path / "2"], tmp_path / "RESULTS.md", command="./run.sh")
    row = next(line for line in text.splitlines() if line.startswith("| m "))
    cells = [cell.split(" [")[0].strip() for cell in row.split("|")]
    assert cells[4:9] == ["2", "10", "20.0", "55.6", "20.0"]
    assert cells[10:12] == ["50.0 ± 70.7", "50.0 ± 70.7"]
    (tmp_path / "1/m/inference_implicit/test/score/utt.tsv").write_text("a sad\n")
    with pytest.raises(InputError, match="utt.tsv:1: not a line that score writes"):
        write_results([tmp_path / "1", tmp_path / "2"], tmp_path / "RESULTS.md", command="./run.sh")


def write_folds(folder: Path, seeds: int) -> tuple[list[str], dict[int, list[str]]]:
    """Two folds of 40 utterances, four speakers each, answered by several seeds; returns truths and answers by seed."""
    rng = np.random.default_rng(0)
    truths, answers = rng.choice(PAPER_EMOTIONS[:3], 80), {}
    for seed in range(seeds):
        answers[seed] = np.where(rng.random(80) < 0.6 + 0.1 * seed, truths, rng.choice(PAPER_EMOTIONS[:3], 80)).tolist()
        for fold in range(2):
            own, data = range(40 * fold, 40 * fold + 40), folder / f"data{fold}"
            write_table(data / "utt2emo", {f"u{number:02}": truths[number] for number in own})
            write_table(data / "utt2spk", {f"u{number:02}": f"s{number // 10}" for number in own})
            write_table(data / "hyp", {f"u{number:02}": answers[seed][number] for number in own})
            output = folder / f"seed{seed}_fold{fold}/m/inference_implicit/test/score"
            score_files(data / "utt2emo", data / "hyp", output_dir=output)
    return truths.tolist(), answers


def test_seeds_have_mean_and_deviation_of_their_folds_together(tmp_path):
    truths, answers = write_folds(tmp_path, 3)
    text = write_results(sorted(tmp_path.glob("seed*")), tmp_path / "RESULTS.md", command="./run.sh")
    assert "## 2 folds and 3 seeds: all answers together [95 % interval over speakers]" in text
    uas = [100 * balanced_accuracy_score(truths, own) for own in answers.values()]
    row = next(line for line in text.splitlines() if line.startswith("| m "))
    cells = [cell.strip() for cell in row.split("|")]
    assert cells[4:7] == ["2", "3", "80"]
    assert cells[8].split(" [")[0] == f"{np.mean(uas):.1f}"
    assert cells[12] == f"{np.mean(uas):.1f} ± {np.std(uas, ddof=1):.1f}"


def test_systems_that_were_not_run_have_a_row_and_their_command(tmp_path, capsys):
    write_folds(tmp_path, 2)
    folders = sorted(map(str, tmp_path.glob("seed*")))
    wanted = ["m/implicit=c2ser x", "Qwen2-Audio/zero_shot=c2ser recognize --model Qwen/Qwen2-Audio a=b"]
    for exp_dirs in (folders, folders[:1]):
        results.main(["--exp_dir", *exp_dirs, "--output", str(tmp_path / "RESULTS.md"), "--not_run", *wanted])
        text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
        (row,) = [line for line in text.splitlines() if line.startswith("| Qwen2-Audio")]
        cells = [cell.strip() for cell in row.split("|")[1:-1]]
        assert cells[:3] == ["Qwen2-Audio", "zero_shot", "not run"] and set(cells[3:]) == {"-"}
        assert "- Qwen2-Audio, zero_shot: `c2ser recognize --model Qwen/Qwen2-Audio a=b`" in text
        assert "c2ser x`" not in text.split("Figures are")[0] and text.index("not run") < text.index("## Recall")
    with pytest.raises(SystemExit) as ended:
        results.main(["--exp_dir", *folders, "--not_run", "Qwen2-Audio=x"])
    assert ended.value.code == 2 and "is not MODEL/MODE=COMMAND" in capsys.readouterr().err


def test_an_interval_does_not_shrink_because_a_training_was_repeated(tmp_path):
    write_folds(tmp_path, 1)
    once = pool_scores(sorted(tmp_path.glob("seed*/m/inference_implicit/test/score/utt.tsv")))
    again = pool_scores(sorted(tmp_path.glob("seed*/m/inference_implicit/test/score/utt.tsv")) * 4)
    assert (again.num_folds, again.num_seeds, again.num_utts) == (2, 4, 80) and len(again.by_seed) == 4
    assert once.by_seed == [] and once.result["ci95_over"] == "speakers"
    for name, interval in once.result["ci95"].items():
        assert again.result["ci95"][name] == pytest.approx(interval)
    for table in tmp_path.glob("seed*/m/inference_implicit/test/score/utt.tsv"):
        lines = [line.rsplit("\t", 1)[0] for line in table.read_text().splitlines()]
        table.write_text("".join(f"{line}\n" for line in lines))
    tables = sorted(tmp_path.glob("seed*/m/inference_implicit/test/score/utt.tsv"))
    once, again = pool_scores(tables), pool_scores(tables * 4)
    assert once.result["ci95_over"] == again.result["ci95_over"] == "utterances"
    assert again.result["ci95"]["ua"] == pytest.approx(once.result["ci95"]["ua"], abs=0.02)


def test_speakers_of_the_training_set_are_those_of_the_report_beside_the_test_set(tmp_path):
    dump = tmp_path / "dump"
    write_table(dump / "test" / "utt2emo", {"a-1": "sad", "a-2": "sad", "b-1": "angry"})
    for shared, unknown, cell in ((2, 0, "2 shared"), (0, 0, "apart"), (0, 3, "unknown"), (None, None, "unknown")):
        (dump / "leaks.json").unlink(missing_ok=True)
        if shared is not None:
            overlap = Overlap("train", "test", shared, values=2, utterances=shared, total=3, unknown=unknown)
            report = {"train": ["train"], "dev": None, "tests": ["test"], "audio": [], "speakers": [asdict(overlap)]}
            (dump / "leaks.json").write_text(json.dumps(report | {"sentences": []}))
        output = tmp_path / "exp/m/inference_implicit/test/score"
        result = score_files(dump / "test/utt2emo", dump / "test/utt2emo", output_dir=output)
        assert ("speakers" in result) == (shared is not None)
        text = write_results([tmp_path / "exp"], tmp_path / "RESULTS.md", command="./run.sh")
        (row,) = [line for line in text.splitlines() if line.startswith("| m ") and "100.0 [" in line]
        assert row.split("|")[-2].strip() == cell


def test_results_without_scores(tmp_path):
    with pytest.raises(InputError, match="contains no scores"):
        write_results([tmp_path], tmp_path / "RESULTS.md", command="./run.sh")
    broken = tmp_path / "m/probe/test/result.json"
    broken.parent.mkdir(parents=True)
    for content in ("", "[]", '{"wa": 1}'):
        broken.write_text(content)
        with pytest.raises(InputError, match="result.json: .*score again"):
            write_results([tmp_path], tmp_path / "RESULTS.md", command="./run.sh")


def test_table_columns_line_up():
    lines = markdown_table(["model", "UA"], [["a|b", "100.0"], ["longer name", "±"]]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1] == "| ----------- | ----: |"
    assert r"a\|b" in lines[2]


def test_what_an_utterances_corpus_has_not_counts_as_invalid(tmp_path, caplog):
    caplog.set_level("INFO")
    reference = {"e1": "bored", "e2": "sad", "u1": "sad", "u2": "angry"}
    hypothesis = {"e1": "bored", "e2": "bored", "u1": "bored", "u2": "angry"}
    write_table(tmp_path / "utt2corpus", {"e1": "emodb", "e2": "emodb", "u1": "urdu", "u2": "urdu"})
    table = tmp_path / "corpus_emotions"
    table.write_text("emodb bored sad\nurdu angry sad\n")
    result = score_labels(tmp_path, reference, hypothesis, corpus_emotions=table)
    assert result["invalid_rate"] == 0.25 and result["wa"] == 0.5
    assert "u1\tsad\t<invalid>\t0" in (tmp_path / "out" / "utt.tsv").read_text()
    assert "1 emotions are not of the label set of their corpus" in caplog.text
    assert score_labels(tmp_path, reference, hypothesis)["invalid_rate"] == 0.0
    table.write_text("emodb bored sad\nurdu sad\n")
    with pytest.raises(InputError, match="ref: 'u2': 'angry' is not in the label set of its corpus"):
        score_labels(tmp_path, reference, hypothesis, corpus_emotions=table)
