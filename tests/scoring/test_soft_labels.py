"""Answers and probabilities against votes, with scipy and scikit-learn as oracles; and what listeners would score."""

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cosine, jensenshannon
from sklearn.metrics import f1_score, recall_score

from c2ser.bin.listeners import main
from c2ser.corpora import get_corpus
from c2ser.corpora.common.voted import voted_utterances
from c2ser.data.scores import format_scores
from c2ser.data.tables import write_table
from c2ser.data.votes import format_votes
from c2ser.emotions import INVALID
from c2ser.errors import InputError
from c2ser.scoring.listeners import Rated, score_listeners
from c2ser.scoring.resampling import mean_interval
from c2ser.scoring.score import score_files

EMOTIONS = ("angry", "happy", "neutral", "sad")


def write_rated(folder: Path, num_utts: int = 80) -> dict[str, dict]:
    """A set of eight speakers with votes, but for the first utterance, and answers with scores, but for the second."""
    rng = np.random.default_rng(0)
    utts = [f"u{number:02}" for number in range(num_utts)]
    votes = {utt: Counter(rng.choice(EMOTIONS, 6, p=rng.dirichlet([0.5] * 4)).tolist()) for utt in utts}
    scores = {utt: dict(zip(EMOTIONS, rng.dirichlet([0.6] * 4).tolist())) for utt in utts}
    tables = {
        "data/utt2emo": {utt: rng.choice(EMOTIONS[:3]) for utt in utts},
        "data/utt2spk": {utt: f"s{number % 8}" for number, utt in enumerate(utts)},
        "data/utt2votes": {utt: format_votes(votes[utt]) for utt in utts[1:]},
        "hyp/utt2emo": {utt: max(scores[utt], key=scores[utt].get) for utt in utts},
        "hyp/utt2scores": {utt: format_scores(scores[utt]) for utt in utts if utt != utts[1]},
    }
    for name, table in tables.items():
        write_table(folder / name, table)
    return tables | {"votes": {utt: votes[utt] for utt in utts[1:]}, "scores": scores}


def score(folder: Path) -> dict:
    return score_files(folder / "data/utt2emo", folder / "hyp/utt2emo", output_dir=folder / "score")


def test_figures_are_those_of_scipy_and_scikit_learn(tmp_path):
    tables = write_rated(tmp_path)
    soft = score(tmp_path)["soft"]
    assert (soft["n_utts"], soft["n_scored"]) == (79, 78)
    answers = tables["hyp/utt2emo"]
    heard = np.mean([votes[answers[utt]] > 0 for utt, votes in tables["votes"].items()])
    assert soft["annotator_accuracy"]["value"] == pytest.approx(heard)
    pairs = [
        ([votes[emotion] / 6 for emotion in EMOTIONS], list(tables["scores"][utt].values()))
        for utt, votes in list(tables["votes"].items())[1:]
    ]
    divergences = [jensenshannon(*pair, base=2) ** 2 for pair in pairs]
    assert soft["jsd"]["value"] == pytest.approx(np.mean(divergences), abs=1e-5)
    assert soft["cosine"]["value"] == pytest.approx(np.mean([1 - cosine(*pair) for pair in pairs]), abs=1e-5)
    present = [np.array(values) > 0.25 for values in zip(*pairs)]
    for average in ("macro", "micro"):
        expected = f1_score(*present, average=average, zero_division=0)
        assert soft[f"multilabel_{average}_f1"]["value"] == pytest.approx(expected)
    for name in ("annotator_accuracy", "jsd", "cosine"):
        low, high = soft[name]["ci95"]
        assert 0 <= low < soft[name]["value"] < high <= 1
    text = (tmp_path / "score/result.txt").read_text()
    assert "Jensen-Shannon divergence" in text and "one listener, UA" in text


def test_without_scores_only_answers_count_and_without_votes_nothing(tmp_path):
    write_rated(tmp_path)
    (tmp_path / "hyp/utt2scores").unlink()
    assert score(tmp_path)["soft"].keys() == {"n_utts", "annotator_accuracy"}
    (tmp_path / "data/utt2votes").unlink()
    assert not {"soft", "listeners"} & score(tmp_path).keys()


@pytest.mark.parametrize(
    "table, line, message",
    [
        ("hyp/utt2scores", "u00 angry=0.5 sad=0.3", "utt2scores:1: utterance 'u00': the probabilities sum to 0.8"),
        ("hyp/utt2scores", "u00 cheesy=1", "utt2scores:1: utterance 'u00': unknown emotion in 'cheesy=1'"),
        ("data/utt2votes", "u00 angry:x", "utt2votes:1: 'u00': 'angry:x' has no count"),
    ],
)
def test_faulty_tables_are_told_with_file_and_line(tmp_path, table, line, message):
    write_rated(tmp_path)
    (tmp_path / table).write_text(f"{line}\n")
    with pytest.raises(InputError, match=message):
        score(tmp_path)
    assert not (tmp_path / "score/result.json").exists()


def test_an_interval_of_means_over_single_utterances_is_students():
    values = np.random.default_rng(0).uniform(size=30)
    reach = 2.0452 * values.std(ddof=1) / np.sqrt(30)
    assert mean_interval(values, np.arange(30)) == pytest.approx(
        [values.mean() - reach, values.mean() + reach], abs=1e-4
    )
    doubled = mean_interval(np.repeat(values, 2), np.repeat(np.arange(30), 2))
    assert doubled == pytest.approx(mean_interval(values, np.arange(30)))


def test_listeners_score_what_their_votes_do(tmp_path):
    tables = write_rated(tmp_path)
    listeners = score(tmp_path)["listeners"]
    labels = {utt: label for utt, label in tables["data/utt2emo"].items() if utt in tables["votes"]}
    majority, ones, agreed = [], {}, []
    for utt, votes in tables["votes"].items():
        first, *rest = votes.most_common()
        majority.append(INVALID if rest and rest[0][1] == first[1] else first[0])
        ones.setdefault(labels[utt], []).append(votes[labels[utt]] / 6)
        for emotion in votes.elements():
            others = votes - Counter([emotion])
            most = [name for name, count in others.items() if count == max(others.values())]
            agreed.append((emotion in most) / len(most))
    assert (listeners["n_utts"], listeners["votes_per_utt"]) == (79, 6)
    assert listeners["ties"] == majority.count(INVALID) > 0
    recall = recall_score(list(labels.values()), majority, labels=EMOTIONS[:3], average="macro", zero_division=0)
    assert listeners["majority"]["ua"] == pytest.approx(recall)
    assert listeners["one"]["ua"] == pytest.approx(np.mean([np.mean(shares) for shares in ones.values()]))
    assert listeners["one"]["wa"] == pytest.approx(np.mean(sum(ones.values(), [])))
    assert listeners["agreement"] == pytest.approx(np.mean(agreed))
    assert all(sum(shares.values()) == pytest.approx(1) for shares in listeners["votes"].values())


def test_a_single_listener_has_nobody_to_agree_with():
    assert score_listeners([Rated("a", "sad", {"sad": 1})])["agreement"] is None


CREMAD = """"","A","D","F","H","N","S","fileName"
"100001",0,0,0,1,10,0,"1001_IEO_NEU_XX"
"100002",0,0,0,3,6,0,"1001_IEO_HAP_LO"
"100003",4,0,0,0,4,1,"1002_IEO_ANG_HI"
"200003",9,0,0,0,0,0,"1002_IEO_ANG_HI"
"""


def test_the_tables_of_a_corpus_do_without_its_audio(tmp_path, capsys):
    (tmp_path / "processedResults").mkdir()
    (tmp_path / "processedResults/tabulatedVotes.csv").write_text(CREMAD)
    main(
        ["--corpus", "cremad", "--source_dir", str(tmp_path), "--output", f"{tmp_path}/l.md", "--json", f"{tmp_path}/l"]
    )
    text = capsys.readouterr().out
    assert (tmp_path / "l.md").read_text() == text
    figures = json.loads((tmp_path / "l").read_text())
    assert (figures["n_utts"], figures["ties"], figures["majority"]["wa"]) == (3, 1, pytest.approx(1 / 3))
    assert figures["votes"]["angry"] == pytest.approx({"angry": 4 / 9, "neutral": 4 / 9, "sad": 1 / 9})


def test_of_a_data_directory_and_what_is_missing(tmp_path, capsys):
    write_rated(tmp_path)
    main(["--data_dir", str(tmp_path / "data")])
    lines = [[cell.strip() for cell in line.split("|")] for line in capsys.readouterr().out.splitlines()]
    assert ["", "utterances", "79", ""] in lines
    for options, message in (
        (["--data_dir", f"{tmp_path}/hyp"], "hyp/utt2votes: no such file"),
        (["--corpus", "cremad", "--source_dir", f"{tmp_path}/data"], "no table of votes of Crowd-sourced"),
        (["--corpus", "emodb", "--source_dir", f"{tmp_path}/data"], "emodb: its tables alone do not tell"),
    ):
        with pytest.raises(SystemExit, match=message):
            main(options)
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2


def test_listeners_of_cremad(shared):
    """As counted from the corpus's own summary of its votes."""
    rated = voted_utterances(get_corpus("cremad"), shared / "data" / "cremad")
    listeners = score_listeners(Rated(one.id, one.emotion, one.votes, one.speaker) for one in rated)
    with open(shared / "data/cremad/processedResults/summaryTable.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    hits = sum(row["VoiceVote"] == row["FileName"].split("_")[2][0] for row in rows)
    assert (listeners["n_utts"], listeners["ties"]) == (len(rows), sum(":" in row["VoiceVote"] for row in rows))
    assert listeners["majority"]["wa"] == pytest.approx(hits / len(rows))
    assert (len(rows), round(hits / len(rows), 3), listeners["ties"]) == (7442, 0.416, 644)
