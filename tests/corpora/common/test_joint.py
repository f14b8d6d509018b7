"""Corpora of one training: read from YAML, prepared, combined; one left out, or one alone."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.paths import ROOT

from c2ser.bin import prepare_joint
from c2ser.corpora.common.joint import read_joint
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table
from c2ser.errors import InputError

FILE = """
temperature: 2
corpora:
    one: {corpus: folder, options: {language: de}}
    two: {corpus: folder}
    talk: {corpus: folder, source_dir: two, sets: {unlabelled: [train, dev]}}
    other: {corpus: folder, source_dir: one, sets: {test: [dev, test]}}
"""
EMOTIONS = {"one": ("angry", "sad"), "two": ("angry", "happy")}


@pytest.fixture(scope="module")
def source_dir(tmp_path_factory) -> Path:
    """Two corpora with speakers of the same names."""
    root = tmp_path_factory.mktemp("source")
    for corpus, emotions in EMOTIONS.items():
        for number, name in enumerate(("train", "dev", "test")):
            for emotion in emotions:
                folder = root / corpus / name / f"spk{number}" / emotion
                folder.mkdir(parents=True)
                for file in ("1", "2"):
                    soundfile.write(folder / f"{file}.wav", np.zeros(800), 16000)
    return root


@pytest.fixture
def prepare(source_dir, tmp_path):
    """Runs the command; returns the folder that it wrote."""
    (tmp_path / "corpora.yaml").write_text(FILE)
    words = ["--corpora", str(tmp_path / "corpora.yaml"), "--source_dir", str(source_dir)]

    def run(*options: str) -> Path:
        prepare_joint.main([*words, "--data_dir", str(tmp_path / "data"), *options])
        return tmp_path / "data"

    return run


def corpora_of(data_dir: Path) -> dict[str, set[str]]:
    return {path.parent.name: set(read_table(path).values()) for path in sorted(data_dir.glob("*/utt2corpus"))}


def test_corpora_are_put_together_and_tested_each(prepare):
    data = prepare()
    assert corpora_of(data) == {
        "dev": {"one", "two"},
        "test_one": {"one"},
        "test_other": {"other"},
        "test_two": {"two"},
        "train": {"one", "two"},
        "unlabelled": {"talk"},
    }
    assert (data / "emotions").read_text().split() == ["angry", "happy", "sad"]
    assert (data / "corpus_emotions").read_text().splitlines() == [
        "one angry sad",
        "other angry sad",
        "talk angry happy",
        "two angry happy",
    ]
    assert set(read_table(data / "train" / "utt2spk").values()) == {"one-spk0", "two-spk0"}
    assert "one-spk0-angry-1" in read_table(data / "train" / "utt2lang")
    assert len(DataDir(data / "test_other")) == 8 and not DataDir(data / "unlabelled").has("utt2emo")
    assert not [fault for name in corpora_of(data) for fault in DataDir(data / name).validate()]


def test_one_is_left_out_or_alone_and_all_are_tested(prepare, capsys):
    data = prepare("--leave_out", "two")
    assert corpora_of(data)["train"] == corpora_of(data)["dev"] == {"one"} and (data / "test_two").exists()
    data = prepare("--only", "two")
    assert corpora_of(data)["train"] == {"two"}
    capsys.readouterr()
    shown = {}
    for options in ((), ("--leave_out", "talk"), ("--only", "one")):
        prepare(*options, "--show_options")
        words = capsys.readouterr().out.split("\n")[:-1]
        shown[options] = dict(zip(words[::2], words[1::2], strict=True))
    tests = "test_one test_two test_other"
    joint = {"--unlabelled_sets": "unlabelled", "--mix_options": "--corpus_temperature 2", "--test_sets": tests}
    assert shown[()] == joint
    assert shown["--leave_out", "talk"] == joint | {"--unlabelled_sets": ""}
    assert shown["--only", "one"] == {"--unlabelled_sets": "", "--mix_options": "", "--test_sets": tests}


def test_weights_are_those_of_the_corpora_that_are_trained_on(tmp_path):
    (tmp_path / "c.yaml").write_text(
        "corpora: {a: {weight: 1}, b: {weight: 2.5}, c: {weight: 3}, d: {sets: {test: t}}}"
    )
    joint = read_joint(tmp_path / "c.yaml")
    trained = joint.trained(leave_out="c")
    assert trained == ["a", "b"]
    assert joint.options(trained)["mix_options"] == "--corpus_weights a=1 --corpus_weights b=2.5"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("corpora: {a: {}, b: {weight: 1}}", "give all corpora that are trained on a weight and no temperature"),
        ("temperature: 2\ncorpora: {a: {weight: 1}}", "and no temperature"),
        ("corpora: {a b: {}}", "'a b': letters, digits and '_' make the name"),
        ("corpora: {a: {sets: {tests: x}}}", "a: sets: 'tests' is not one of train, dev, test, unlabelled"),
        ("corpora: {a: {protocol: loso}}", "protocol"),
    ],
)
def test_faults_of_the_file_are_named(text, error, tmp_path):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(InputError, match=re.escape(str(tmp_path / "c.yaml")) + ".*" + error):
        read_joint(tmp_path / "c.yaml")


def test_a_corpus_that_is_not_trained_on_cannot_be_left_out(tmp_path):
    (tmp_path / "c.yaml").write_text("corpora: {a: {}, b: {sets: {test: test}}}")
    joint = read_joint(tmp_path / "c.yaml")
    for options in ({"leave_out": "b"}, {"only": "x"}):
        with pytest.raises(InputError, match="is trained on; there are a"):
            joint.trained(**options)
    with pytest.raises(InputError, match="no corpus with labels is left"):
        joint.trained(leave_out="a")


@pytest.mark.parametrize("conf", ["small", "paper"])
def test_the_recipes_corpora_are_known(conf):
    from c2ser.corpora import get_corpus

    joint = read_joint(ROOT / "egs" / "c2ser" / "conf" / conf / "corpora.yaml")
    for name, part in joint.corpora.items():
        assert part.options["protocol"] in get_corpus(part.corpus or name).protocols
