"""One table of many trainings over many test sets."""

from pathlib import Path

import pytest
from helpers.paths import ROOT

from c2ser.data.tables import write_table
from c2ser.errors import InputError
from c2ser.scoring.by_set import Figures, read_published, write_by_set
from c2ser.scoring.score import score_files

PUBLISHED = ROOT / "egs" / "c2ser" / "conf" / "published.yaml"


def write_scores(exp: Path, rights: dict[str, int]) -> None:
    """Scores of one model on test sets, of ten utterances each: how many are right."""
    for name, right in rights.items():
        folder = exp / "alm_small_implicit" / "inference_implicit" / f"test_{name}"
        write_table(folder / "ref", {f"{number}": "sad" for number in range(10)})
        write_table(folder / "hyp", {f"{number}": "sad" if number < right else "angry" for number in range(10)})
        score_files(folder / "ref", folder / "hyp", output_dir=folder / "score")


def test_each_training_has_a_line_and_unseen_corpora_a_mark(tmp_path):
    write_scores(tmp_path / "joint", {"casia": 9, "urdu": 8})
    write_scores(tmp_path / "without_urdu", {"casia": 7, "urdu": 4})
    write_scores(tmp_path / "only_urdu", {"casia": 1, "urdu": 6})
    published = [Figures("probe", "Table V", "ua", {"casia": 47.25, "esd": 72.9})]
    exp_dirs = [tmp_path / name for name in ("joint", "without_urdu", "only_urdu")]
    text = write_by_set(exp_dirs, tmp_path / "RESULTS.md", published=published, command="./run.sh")
    assert (tmp_path / "RESULTS.md").read_text() == text and "`./run.sh`" in text
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    assert rows[0] == ["training", "model", "mode", "casia", "urdu", "mean"]
    assert [row[:1] + row[3:] for row in rows[2:6]] == [
        ["joint", "90.0", "80.0", "85.0"],
        ["without_urdu", "70.0", r"40.0\*", "55.0"],
        ["only_urdu", r"10.0\*", "60.0", "35.0"],
        ["Table V", "47.2", "-", "-"],
    ]
    assert ["Table V", "probe", "UA", "47.25", "72.90"] in rows


def test_the_papers_figures_are_its_own():
    figures = {(row.system, row.metric): row.sets for row in read_published(PUBLISHED)}
    assert figures["C²SER, implicit", "ua"] == {"emo_emilia": 69.0, "casia": 53.33}
    systems = ("WavLM base + head", "emotion2vec + head", "Emotion2Vec-S + head")
    assert max(systems, key=lambda system: figures[system, "ua"]["esd"]) == "Emotion2Vec-S + head"


def test_an_unknown_metric_is_named(tmp_path):
    (tmp_path / "p.yaml").write_text("figures: [{system: a, source: b, metric: uar, sets: {esd: 1.0}}]")
    with pytest.raises(InputError, match="p.yaml: metric 'uar' is not one of ua, macro_f1"):
        read_published(tmp_path / "p.yaml")
