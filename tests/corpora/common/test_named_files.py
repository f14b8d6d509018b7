"""Corpora as their owners have them, read back whole; what cannot be used is named, or counted."""

import json
import logging
from pathlib import Path, PurePosixPath

import pytest
from helpers.audio import encoded, tone
from helpers.raw_corpora import add_labels, lay_out, read_lists

from c2ser.corpora import Speaker, get_corpus
from c2ser.corpora.common.labels import find_label
from c2ser.corpora.common.layouts import read_path
from c2ser.corpora.common.preparation import prepare_set
from c2ser.corpora.emobox.metadata import read_label_map
from c2ser.corpora.meld import CLIPS
from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.errors import InputError

# corpus -> what the name of a file tells of its speaker: name and sex, by rules of the corpus's own documentation
SPEAKERS = {
    "aesdd": lambda path: (path.stem.partition("(")[2].partition(")")[0].lstrip("0"), None),
    "ased": lambda path: (path.stem[-2:], None),
    "asvpesd": lambda path: (str(int(path.stem.split("-")[5])), None),
    "casia": lambda path: (path.parts[2], None),
    "cremad": lambda path: (path.stem[:4], None),
    "emovdb": lambda path: (path.parts[2].split("_")[0], None),
    "emovo": lambda path: (path.parts[2], path.parts[2][0]),
    "enterface": lambda path: (path.parts[2].removeprefix("subject "), None),
    "esd": lambda path: (path.parts[2], None),
    "iemocap": lambda path: (f"Ses{path.stem[3:5]}{path.stem[-4]}", path.stem[-4].lower()),
    "mesd": lambda path: (path.stem.split("_")[1], {"F": "f", "M": "m"}.get(path.stem.split("_")[1])),
    "oreau": lambda path: (path.stem[:2], path.parts[3]),
    "savee": lambda path: (path.stem[:2], "m"),
    "shemo": lambda path: (path.stem[:3], path.stem[0].lower()),
    "urdu": lambda path: (path.stem.split("_")[0], path.stem[1].lower()),
}
SAMPLED = 1000  # rows of a corpus that are laid out, of those that have far more


@pytest.mark.parametrize("name", [*SPEAKERS, "m3ed", "meld", "resd"])
def test_a_raw_folder_gives_emobox_utterances_and_labels(shared, tmp_path, name):
    metadata, corpus = shared / "data" / "emobox" / "data" / name, get_corpus(name)
    source, sets = tmp_path / "downloads" / name, ["test"] if name == "meld" else []
    rows = {path: row for path, row in read_lists(metadata).items() if not sets or CLIPS["test"] in path}
    rows = dict(list(rows.items())[:: max(1, len(rows) // SAMPLED)])
    lay_out(tmp_path, list(rows))
    add_labels(name, source, rows=rows, tables=shared / "data")
    prepare_set(corpus, source, output_dir=tmp_path / "data" / "all", sets=sets, skip_bad=name == "meld")
    data = DataDir(tmp_path / "data" / "all")
    read = {wav: row for *row, wav in data.iterate(names.UTT2EMO, names.UTT2SPK, names.WAV_SCP)}
    label_map = read_label_map(metadata)
    for path, row in rows.items():
        emotion = find_label(label_map.get(row["emo"].casefold(), row["emo"]), corpus.labels)
        if emotion is None or (name == "asvpesd" and Path(path).name.startswith("03-02")):
            assert str(tmp_path / path) not in read
            continue
        _, found, speaker = read.pop(str(tmp_path / path))
        assert emotion == ("happy" if (name, row["emo"]) == ("iemocap", "exc") else found)
        assert name not in SPEAKERS or speaker == f"{name}_{SPEAKERS[name](Path(path))[0]}"
    assert read == {} and data.validate() == []


@pytest.mark.parametrize("name", SPEAKERS)
def test_paths_of_emobox_tell_the_speakers_of_all_rows(shared, name):
    corpus = get_corpus(name)
    rows = read_lists(shared / "data" / "emobox" / "data" / name)
    for path in map(PurePosixPath, rows):
        facts, (speaker, sex) = read_path(path, corpus), SPEAKERS[name](path)
        assert facts.speaker == speaker and facts.sex == (sex or corpus.speakers.get(speaker, Speaker()).sex)


def put(path: Path, hertz: float = 440.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(tone(seconds=0.05, hertz=hertz), format="WAV"))
    return path


def prepared(name: str, source: Path, **options: object) -> DataDir:
    prepare_set(get_corpus(name), source, output_dir=source.parent / "data" / "all", **options)
    return DataDir(source.parent / "data" / "all")


def test_copies_in_another_folder_are_read_once_and_counted(tmp_path, caplog):
    file = "Actor_01/03-01-02-01-01-02-01.wav"
    for folder in ("", "audio_speech_actors_01-24"):
        put(tmp_path / "ravdess" / folder / file)
    assert prepared("ravdess", tmp_path / "ravdess").read(names.UTT2EMO) == {"ravdess_01-02-01-01-02": "calm"}
    assert "left out 1 copies of files that are in another folder too" in caplog.text
    other = put(tmp_path / "ravdess" / "other" / file, hertz=300)
    message = rf"{other}: not the same audio as .*{file}, which has the same name; delete one"
    with pytest.raises(InputError, match=message):
        prepared("ravdess", tmp_path / "ravdess")
    data = prepared("ravdess", tmp_path / "ravdess", skip_bad=True)
    assert len(data) == 1 and set(data.read(names.SKIPPED)) == {"ravdess_01-02-01-01-02"}


def test_what_is_known_of_speakers_is_written(tmp_path):
    put(tmp_path / "cremad/AudioWAV/1001_IEO_ANG_HI.wav")
    data = prepared("cremad", tmp_path / "cremad")
    assert data.read(names.SPK2GENDER) == {"cremad_1001": "m"} and data.read(names.SPK2AGE) == {"cremad_1001": "51"}


def test_what_is_no_utterance_is_left_out_and_counted(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    for file in ("03-01-01-01-01-01-02.wav", "03-02-01-01-01-01-02.wav", "01-01-01-01-01-01-02.wav"):
        put(tmp_path / "ravdess" / file)
    data = prepared("ravdess", tmp_path / "ravdess")
    assert data.read(names.TEXT) == {"ravdess_02-01-01-01-01": "Kids are talking by the door."}
    assert data.read(names.SPK2GENDER) == {"ravdess_02": "f"}
    assert "left out 1 songs" in caplog.text and "left out 1 videos" in caplog.text


def test_files_that_are_missing_empty_pointers_or_of_other_names_are_one_line_or_skipped(tmp_path):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"
    source = tmp_path / "cremad" / "AudioWAV"
    put(source / "1001_IEO_ANG_HI.wav")
    bad = {"1002_DFA_SAD_XX.wav": pointer, "1003_TIE_NEU_X.wav": b"", "speech.wav": pointer}
    reasons = {}
    for file, content in bad.items():
        (source / file).write_bytes(content)
        with pytest.raises(InputError) as error:
            prepared("cremad", tmp_path / "cremad")
        (source / file).rename(tmp_path / file)
        reasons[file] = str(error.value)
    assert all(reason.startswith(f"{source / file}: ") and "\n" not in reason for file, reason in reasons.items())
    assert "a pointer of Git LFS" in reasons["1002_DFA_SAD_XX.wav"] and "git lfs pull" in reasons["1002_DFA_SAD_XX.wav"]
    assert "0 samples" in reasons["1003_TIE_NEU_X.wav"] and "such as AudioWAV/1001_IEO" in reasons["speech.wav"]
    for file in bad:
        (tmp_path / file).rename(source / file)
    data = prepared("cremad", tmp_path / "cremad", skip_bad=True)
    assert list(data.read(names.TEXT).values()) == ["It's eleven o'clock."] and len(data.read(names.SKIPPED)) == 3


def test_a_folder_without_the_corpus_says_what_to_get(tmp_path):
    put(tmp_path / "tess" / "readme.flac")
    with pytest.raises(InputError, match=r"readme\.flac: not a file of Toronto .* such as OAF_back_angry\.wav; move"):
        prepared("tess", tmp_path / "tess")
    with pytest.raises(InputError, match="nowhere: no audio of Toronto .*; get it from https://doi.org/10.5683"):
        prepared("tess", tmp_path / "nowhere")


@pytest.mark.parametrize(
    "name, file, expected",
    [
        ("tess", "OAF_neutral/OA_bite_neutral.wav", ("tess_OAF-bite_neutral", "neutral", "Say the word bite.")),
        ("tess", "YAF_food_ps.wav", ("tess_YAF-food_ps", "surprised", "Say the word food.")),
        ("savee", "AudioData/DC/su03.wav", ("savee_DC-su03", "surprised", None)),
        ("savee", "ALL/KL_sa03.wav", ("savee_KL-sa03", "sad", None)),
        ("casia", "ZhaoZuoxiang/angry/201.wav", ("casia_zhaozuoxiang-angry-201", "angry", None)),
        ("casia", "happy/250-happy-wangzhe.wav", ("casia_wangzhe-happy-250", "happy", None)),
        (
            "emovdb",
            "bea/Disgusted/disgust_1-28_0011.wav",
            ("emovdb_bea-Disgusted-disgust_1-28_0011", "disgusted", None),
        ),
        ("emovo", "m1/rab-m1-d1.wav", ("emovo_m1-rab-d1", "angry", "Sabato sera cosa farà?")),
        ("mesd", "Fear_C_B_danino.wav", ("mesd_C-Fear_B_danino", "fearful", "dañino")),
        ("mesd", "Happiness_F_A_de_nada.wav", ("mesd_F-Happiness_A_de_nada", "happy", "de nada")),
        ("urdu", "Angry/SM4_F48_A0100.wav", ("urdu_SM4-F48_A0100", "angry", None)),
        ("ased", "04Sad/S4-01-02-01-30.wav", ("ased_30-S4-01-02-01-30", "sad", None)),
        (
            "cremad",
            "AudioWAV/1076_MTI_SAD_XX.wav",
            ("cremad_1076-MTI_SAD_XX", "sad", "Maybe tomorrow it will be cold."),
        ),
    ],
)
def test_names_of_files(tmp_path, name, file, expected):
    put(tmp_path / name / file)
    data = prepared(name, tmp_path / name)
    (row,) = data.iterate(names.UTT2EMO, optional=[names.TEXT])
    assert row == expected and json.dumps(row)


def test_a_label_that_the_corpus_does_not_have_is_named(tmp_path):
    put(tmp_path / "jl" / "female1_happy_7a_2.wav")
    put(tmp_path / "jl" / "female1_hapy_7a_1.wav")
    with pytest.raises(InputError, match=r"female1_hapy_7a_1\.wav: unknown label 'hapy'; jlcorpus has angry, anxious,"):
        prepared("jlcorpus", tmp_path / "jl")
    assert len(prepared("jlcorpus", tmp_path / "jl", skip_bad=True)) == 1
