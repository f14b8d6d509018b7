"""Corpora: EmoDB from its folder, EmoBox's lists of many corpora, and emodb's stage 1."""

import json
import logging
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from helpers.paths import ROOT

from c2ser.corpora import corpora, corpus, emobox, emodb, meld
from c2ser.data.data_dir import validate_data_dir, write_data_dir
from c2ser.data.download import download_zip
from c2ser.data.tables import read_table
from c2ser.errors import InputError

DATA_SH = ROOT / "egs" / "emodb" / "local" / "data.sh"


def command(name: str, *args: object) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", f"c2ser.bin.{name}", *map(str, args)], capture_output=True, text=True)


def test_registry_knows_corpora_and_no_other_module():
    assert corpora()["emodb"] is emodb
    assert "emobox" not in corpora() and "espeak" not in corpora()
    with pytest.raises(InputError, match="unknown corpus 'emo'; known are .*emodb"):
        corpus("emo")


@pytest.mark.parametrize("name", ["04a01Fa.wav", "03a03Fa.wav", "03a01Xa.wav", "x.wav"])
def test_emodb_refuses_other_file_names(name):
    with pytest.raises(InputError, match=f"{name}: no file name of EmoDB"):
        emodb.utterance(Path(name))


def test_emodb_without_audio_says_what_to_put_where(tmp_path):
    result = command(
        "prepare_corpus", "--corpus", "emodb", "--source_dir", tmp_path, "--output_dir", tmp_path / "data/all"
    )
    assert result.returncode == 1 and result.stderr.count("\n") == 1
    assert f"{tmp_path}/wav" in result.stderr and emodb.SITE in result.stderr
    assert not (tmp_path / "data").exists()


def test_emodb_whole(shared, tmp_path):
    utterances = list(emodb.utterances(shared / "data" / "emodb"))
    assert len(utterances) == 535
    assert Counter(utt.speaker for utt in utterances).keys() == emodb.SPEAKERS.keys()
    counts = {"angry": 127, "bored": 81, "disgusted": 46, "fearful": 69, "happy": 71, "neutral": 79, "sad": 62}
    assert Counter(utt.emotion for utt in utterances) == counts
    write_data_dir(tmp_path / "all", utterances, set(emodb.EMOTIONS.values()))
    assert validate_data_dir(tmp_path / "all", set(emodb.EMOTIONS.values())) == []


def test_download_puts_the_folder_there_or_nothing(tmp_path):
    with zipfile.ZipFile(tmp_path / "corpus.zip", "w") as archive:
        archive.writestr("wav/a.wav", "x")
        archive.writestr("erkennung.txt", "y")
    url, target = (tmp_path / "corpus.zip").as_uri(), tmp_path / "downloads"
    with pytest.raises(InputError, match=f"{target}/txt: not there, .*; get it by hand"):
        download_zip(url, "txt", target, by_hand="get it by hand")
    assert list(target.iterdir()) == []
    download_zip(url, "wav", target, by_hand="")
    assert [str(path.relative_to(target)) for path in sorted(target.rglob("*"))] == ["wav", "wav/a.wav"]
    download_zip("file:///nowhere", "wav", target, by_hand="")


@pytest.fixture
def toy(tmp_path) -> Path:
    """EmoBox metadata of the corpus `toy` in a folder with a space, and its audio."""
    folder, audio = tmp_path / "Emo Box" / "toy", tmp_path / "Ton für alle"
    labels = {"A": "Anger", "n": "Neutral", "x": "breath"}
    (folder / "fold_1").mkdir(parents=True)
    (folder / "label_map.json").write_text(json.dumps(labels))
    rows = []
    for index in range(40):
        wav = f"downloads/toy/sub/u {index}.wav"
        label = "aNx"[index % 3] if index < 30 else "a"
        rows.append({"key": f"toy-u {index}", "dataset": "toy", "wav": wav, "length": 1.0, "emo": label})
        (audio / "sub").mkdir(parents=True, exist_ok=True)
        (audio / "sub" / f"u {index}.wav").write_bytes(b"x")
    write_rows(folder / "fold_1" / "toy_train_fold_1.jsonl", rows[:30])
    write_rows(folder / "fold_1" / "toy_test_fold_1.jsonl", rows[30:])
    return folder


def write_rows(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_labels_go_through_the_map_and_others_are_left_out(toy, caplog):
    caplog.set_level(logging.INFO)
    sets = emobox.read_sets(toy, toy.parents[1] / "Ton für alle", fold=1)
    assert Counter(utt.emotion for utt in sets["train"]) == {"angry": 10, "neutral": 10}
    assert emobox.label_set(toy, sets) == ["angry", "neutral"]
    assert "left out 10 of 30 utterances without an emotion: 'breath' 10" in caplog.text
    assert "30 of 30 audio files are not as long" in caplog.text


@pytest.mark.parametrize("audio_dir", ["Ton für alle", "Ton für alle/sub"])
def test_import_finds_audio_below_any_of_the_corpus_folders(toy, tmp_path, audio_dir):
    result = command(
        "import_emobox",
        *("--metadata_dir", toy, "--audio_dir", tmp_path / audio_dir),
        *("--output_dir", tmp_path / "data", "--fold", 1, "--dev_fraction", 0.1),
    )
    assert result.returncode == 0, result.stderr
    sizes = {name: len(read_table(tmp_path / "data" / name / "wav.scp")) for name in ("train", "dev", "test")}
    assert sizes == {"train": 18, "dev": 2, "test": 10}
    assert [validate_data_dir(tmp_path / "data" / name) for name in sizes] == [[], [], []]
    assert set(read_table(tmp_path / "data" / "train" / "utt2corpus").values()) == {"toy"}
    assert (
        read_table(tmp_path / "data" / "dev" / "utt2emo")
        .keys()
        .isdisjoint(read_table(tmp_path / "data" / "train" / "utt2emo"))
    )


def test_import_names_missing_audio_and_writes_nothing(toy, tmp_path):
    audio = tmp_path / "Ton für alle"
    (audio / "sub" / "u 35.wav").unlink()
    args = ("--metadata_dir", toy, "--output_dir", tmp_path / "data")
    result = command("import_emobox", *args, "--audio_dir", audio, "--fold", 1)
    assert result.returncode == 1 and not (tmp_path / "data").exists()
    assert "toy_test_fold_1.jsonl:6: no audio downloads/toy/sub/u 35.wav" in result.stderr
    assert "(1 of 10 files are missing)" in result.stderr


def test_import_names_missing_folds_lists_and_bad_lines(toy, tmp_path):
    with pytest.raises(InputError, match="fold_2: no such fold; .* has fold_1"):
        emobox.read_sets(toy, tmp_path, fold=2)
    with pytest.raises(InputError, match=r"toy\.jsonl: no such file; .*--fold"):
        emobox.read_sets(toy, tmp_path)
    (toy / "toy.jsonl").write_text('{"key": "a"}\n')
    with pytest.raises(InputError, match=r"toy\.jsonl:1: no JSON object with key"):
        emobox.read_sets(toy, tmp_path)


# corpus, list, utterances kept, speakers told by the paths, emotions, one utterance's id
EMOBOX = [
    ("asvpesd", None, 12227, 131, 9, "asvpesd_150-03-02-04-01-52-150-04-01-00-14_-03"),
    ("casia", 2, 1200, 4, 6, "casia_wangzhe-239-wangzhe-fear"),
    ("emodb", 5, 535, 10, 7, "03a01Fa"),
    ("emovdb", None, 6887, 4, 5, "emovdb_sam-sam-Disgust-0138"),
    ("emovo", 6, 588, 6, 7, "emovo_f1-gio-f1-n1"),
    ("esd", 1, 7000, 4, 5, "esd_0011-0011-001237"),
    ("iemocap", None, 5531, 10, 4, "iemocap_Ses03M-Ses03M_impro08a_M017"),
    ("m3ed", 1, 7017, None, 7, "m3ed_rucikeaidewomen_1_B-rucikeaidewomen_1_4"),
    ("mesd", 1, 862, None, 6, "mesd_Happiness_F_A_de_nada"),
    ("savee", None, 480, 4, 7, "savee_KL-KL-sa08"),
]


@pytest.mark.parametrize("name, fold, size, speakers, emotions, known", EMOBOX)
def test_reads_emobox_metadata(shared, tmp_path, name, fold, size, speakers, emotions, known):
    metadata = shared / "data" / "emobox" / "data" / name
    for path in metadata.rglob("*.jsonl"):  # audio of other corpora is not there: empty files stand for it
        for line in path.read_text().splitlines():
            wav = tmp_path / json.loads(line)["wav"]
            wav.parent.mkdir(parents=True, exist_ok=True)
            wav.touch()
    sets = emobox.read_sets(metadata, tmp_path / "downloads" / name, fold)
    utterances = [utt for utts in sets.values() for utt in utts]
    assert len(utterances) == len({utt.id for utt in utterances}) == size
    assert len(emobox.label_set(metadata, sets)) == emotions
    assert known in {utt.id for utt in utterances}
    assert all(utt.id.startswith(utt.speaker) and len(utt.id.split()) == 1 for utt in utterances)
    assert speakers is None or len({utt.speaker for utt in utterances}) == speakers
    assert {utt.emotion for utt in utterances} <= set(emobox.label_set(metadata, sets))


def run_data_sh(*args: object, cwd: Path) -> subprocess.CompletedProcess:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return subprocess.run([DATA_SH, *map(str, args)], cwd=cwd, env={"PATH": path}, capture_output=True, text=True)


@pytest.mark.parametrize("protocol, sizes", [("loso", (428, 58, 49)), ("emobox", (385, 43, 107))])
def test_stage_1_of_emodb(shared, tmp_path, protocol, sizes):
    options = ("--source_dir", shared / "data" / "emodb", "--emobox_dir", shared / "data" / "emobox")
    before: dict[Path, bytes] = {}
    for _ in range(2):  # a rerun writes the same bytes
        result = run_data_sh(*options, "--protocol", protocol, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        files = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
        assert before in ({}, files)
        before = files
    assert (tmp_path / "data" / "emotions").read_text().split()[-1] == "bored"
    ids = [set(read_table(tmp_path / "data" / name / "utt2emo")) for name in ("train", "dev", "test")]
    assert sum(map(len, ids)) == len(set.union(*ids)) == 535
    assert tuple(map(len, ids)) == sizes
    texts = read_table(tmp_path / "data" / "test" / "text")
    assert set(texts.values()) <= set(emodb.TEXTS.values()) and len(texts) == sizes[2]


def test_stage_1_of_emodb_refuses_wrong_use(tmp_path):
    assert run_data_sh("--protocol", "other", cwd=tmp_path).returncode == 2
    result = run_data_sh("--protocol", "emobox", cwd=tmp_path)
    assert result.returncode == 1 and "--emobox_dir" in result.stderr


def test_meld_from_its_tables(shared, tmp_path):
    source = shared / "data" / "meld"
    counts = {"train": 9989, "dev": 1109, "test": 2610}
    assert {name: sum(1 for _ in meld.utterances(source, name)) for name in meld.SETS} == counts
    utterances = list(meld.utterances(source))
    assert len({utt.speaker for utt in utterances}) == 303  # the tables write one of them in two ways
    first = next(meld.utterances(source, "test"))
    assert (first.id, first.speaker, first.emotion) == ("Mark-test_dia0_utt0", "Mark", "surprised")
    assert first.wav == source / "output_repeated_splits_test" / "dia0_utt0.wav"
    assert write_data_dir(tmp_path / "all", utterances, meld.EMOTIONS.values()) == sum(counts.values())


def test_meld_says_what_is_missing(tmp_path):
    with pytest.raises(InputError, match="dev_sent_emo.csv: no such file; get MELD"):
        list(meld.utterances(tmp_path, "dev"))
    (tmp_path / "dev_sent_emo.csv").write_text("Utterance,Speaker\nHi,Joey\n")
    with pytest.raises(InputError, match="dev_sent_emo.csv: row 1: no line of MELD .KeyError.'Dialogue_ID'"):
        list(meld.utterances(tmp_path, "dev"))
    (tmp_path / "dev_sent_emo.csv").write_bytes(b"Utterance,Speaker\nIt\x92s fine,Joey\n")
    with pytest.raises(InputError, match="dev_sent_emo.csv: not UTF-8"):
        list(meld.utterances(tmp_path, "dev"))
    options = ("--source_dir", tmp_path, "--output_dir", tmp_path / "data")
    for corpus_name, known in (("meld", "train, dev, test"), ("emodb", "no sets")):
        result = command("prepare_corpus", "--corpus", corpus_name, "--set", "half", *options)
        assert result.returncode == 2 and f"{corpus_name} has {known}" in result.stderr
