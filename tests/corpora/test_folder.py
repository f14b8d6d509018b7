"""A corpus of one's own: audio in folders by emotion, with and without speakers and sets."""

import logging
from pathlib import Path

import pytest

from c2ser.corpora import Source, folder
from c2ser.corpora.common.reading import CorpusReading
from c2ser.data.label_maps import read_label_map
from c2ser.errors import InputError


def put(path: Path, transcript: bytes | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    if transcript is not None:
        path.with_suffix(".txt").write_bytes(transcript)


def test_takes_every_audio_file_and_names_the_others(tmp_path, caplog):
    for name in ("1.wav", "2.WAV", "3.Wav", "4.flac", "5.MP3", "6.ogg", "7.aiff", "8.m4a", "9.lab", ".hidden.wav"):
        put(tmp_path / "train" / "s1" / "happy" / name)
    utterances = list(folder.read(tmp_path, "train"))
    assert [utt.id for utt in utterances] == [f"s1-happy-{number}" for number in range(1, 9)]
    assert {(utt.speaker, utt.emotion, utt.language) for utt in utterances} == {("s1", "happy", None)}
    assert "left out 1 file that is not audio (convert to WAV): s1/happy/9.lab" in caplog.text


def test_reads_whole_transcripts(tmp_path):
    transcripts = {
        "1": b"\xef\xbb\xbfSay the word\r\ndog.\n",
        "2": b" \n\n",
        "3": b"",
        "4": "Grüße,\n\n  so  weit".encode(),
        "5": None,
    }
    for name, transcript in transcripts.items():
        put(tmp_path / "dev" / "s1" / "sad" / f"{name}.wav", transcript)
    texts = [utt.text for utt in folder.read(tmp_path, "dev")]
    assert texts == ["Say the word dog.", None, None, "Grüße, so weit", None]
    put(tmp_path / "dev" / "s1" / "sad" / "6.wav", b"Gr\xfc\xdfe")
    with pytest.raises(InputError, match=r"s1/sad/6.txt: not UTF-8"):
        list(folder.read(tmp_path, "dev"))


def test_emotions_are_canonical_names_or_english_words(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    labels = {"happy": "happy", "Joy": "happy", "ANGER": "angry", "calm": "calm", "neutral": "neutral"}
    for label in labels:
        put(tmp_path / "test" / "s1" / label / "1.wav")
    assert {utt.id.split("-")[1]: utt.emotion for utt in folder.read(tmp_path, "test")} == labels
    assert f"{tmp_path}/test: joy (1) counted as happy" in caplog.text
    for speaker in ("s1", "s2"):
        put(tmp_path / "test" / speaker / "contempt" / "1.wav")
    put(tmp_path / "test" / "s1" / "Wut" / "1.wav")
    with pytest.raises(InputError, match=r"test: unknown emotions: 'Wut' 1, 'contempt' 2; rename .* angry, happy"):
        list(folder.read(tmp_path, "test"))


def test_spaces_in_names_become_underscores_in_ids(tmp_path):
    put(tmp_path / "s 1" / "happy" / "take 1 b.wav")
    (utterance,) = folder.read_undivided(tmp_path, has_speakers=True)
    assert (utterance.id, utterance.speaker) == ("s_1-happy-take_1_b", "s_1")


def opened(source_dir: Path):
    corpus = folder.open_folder(Source(source_dir))
    return corpus, list(corpus.read(source_dir))


def test_speakers_over_emotions_are_divided_by_speakers(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    for speaker in ("ann", "bob"):
        put(tmp_path / speaker / "happy" / "1.wav")
    corpus, utterances = opened(tmp_path)
    assert [utt.id for utt in utterances] == ["ann-happy-1", "bob-happy-1"]
    assert [utt.speaker for utt in utterances] == ["ann", "bob"]
    assert corpus.sets == () and next(iter(corpus.protocols)) == "speakers"
    assert f"{tmp_path}: read as <speaker>/<emotion>/<name>" in caplog.text and "optimistic" not in caplog.text


def test_emotions_alone_are_divided_by_utterances_and_it_is_said(tmp_path, caplog):
    for label in ("happy", "sad"):
        put(tmp_path / label / "1.wav", b"Hello.")
    corpus, utterances = opened(tmp_path)
    assert [utt.id for utt in utterances] == [utt.speaker for utt in utterances] == ["happy-1", "sad-1"]
    assert utterances[0].text == "Hello." and list(corpus.protocols) == ["utterances"]
    assert "the speakers are not known" in caplog.text and "figures are optimistic" in caplog.text


@pytest.mark.parametrize("sets", [("train", "dev", "test"), ("train", "test")])
def test_sets_over_speakers_are_as_they_are(tmp_path, sets):
    for name in sets:
        put(tmp_path / name / f"{name}1" / "happy" / "1.wav")
    corpus, utterances = opened(tmp_path)
    assert corpus.sets == sets and list(corpus.protocols) == ["official"]
    assert [utt.id for utt in corpus.read(tmp_path, "test")] == ["test1-happy-1"] and len(utterances) == len(sets)


@pytest.mark.parametrize(
    "paths, message",
    [
        ([], r"no audio; put it there as <speaker>/<emotion>/<name>.wav, <emotion>/.* or give a TSV or CSV file"),
        (["s1/happy/1.txt"], "no audio; put it there as"),
        (["train/s1/happy/1.wav"], "has train, but no test; add it"),
        (["train/happy/1.wav", "test/happy/1.wav"], r"train/happy/1\.wav: not in <speaker>/<emotion>/"),
        (["happy/1.wav", "sad/s1/1.wav"], r"sad/s1/1\.wav: not in <emotion>/ below"),
        (["a/happy/1.wav", "sad/1.wav"], r"sad/1\.wav: not in <speaker>/<emotion>/"),
        (["happy/1.wav", "sad/"], r"sad: no audio of 'sad'; put some there, or delete the folder"),
        (["a/happy/1.wav", "b/sad/"], r"b/sad: no audio of 'sad'"),
        (["happy/1.wav", "a.csv", "b.TSV"], r"several tables, a\.csv, b\.TSV; give the one .* as --source_dir"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, paths, message):
    for path in paths:
        (tmp_path / path).mkdir(parents=True) if path.endswith("/") else put(tmp_path / path)
    with pytest.raises(InputError, match=message):
        opened(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere: no such folder; put it there"):
        folder.open_folder(Source(tmp_path / "nowhere"))


def test_a_speaker_may_lack_an_emotion(tmp_path):
    put(tmp_path / "a" / "happy" / "1.wav")
    put(tmp_path / "b" / "sad" / "1.wav")
    (tmp_path / "a" / "sad").mkdir()
    assert len(opened(tmp_path)[1]) == 2


def test_links_are_followed_and_loops_are_not(tmp_path):
    put(tmp_path / "disk" / "happy" / "1.wav")
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "s1").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "happy" / "loop").symlink_to(tmp_path / "disk")
    (utterance,) = folder.read(tmp_path, "train")
    assert utterance.id == "s1-happy-1"


def test_words_for_folders_that_are_links_are_explained(tmp_path):
    put(tmp_path / "disk" / "Wut" / "1.wav")
    for label in ("Freude", "neutral"):
        put(tmp_path / "audio" / label / "1.wav")
    (tmp_path / "audio" / "Wut").symlink_to(tmp_path / "disk" / "Wut")
    assert sorted(read_with_map(tmp_path / "audio", "Wut: angry\nFreude: happy\n").values()) == [
        "angry",
        "happy",
        "neutral",
    ]


def read_with_map(source: Path, lines: str) -> dict[str, str]:
    """What prepare_corpus makes of a source and a map of labels."""
    path = source.parent / "map.yaml"
    path.write_text(lines)
    label_map = read_label_map(path)
    corpus = folder.open_folder(Source(source, words=label_map.words))
    reading = CorpusReading(corpus, source, label_map=label_map)
    reading.write(source.parent / "all")
    assert reading.label_set() == ["angry", "happy", "neutral"]
    return dict(line.split() for line in (source.parent / "all/utt2emo").read_text().splitlines())


@pytest.mark.parametrize("layout", ["", "ann", "table"])
def test_words_of_another_language_are_explained_by_a_label_map(tmp_path, caplog, layout):
    caplog.set_level(logging.INFO)
    labels, source = ("Wut", "Freude", "neutral", "calm", "Husten"), tmp_path / "audio"
    for label in labels:
        put(source / layout / label / "1.wav")
    if layout == "table":
        rows = "".join(f"table/{label}/1.wav,{label}\n" for label in labels)
        (source / "list.csv").write_text(f"path,emotion\n{rows}")
    lines = "Wut: angry\nFREUDE: happy\ncalm: neutral\nHusten: null\n"
    emotions = read_with_map(source, lines)
    expected = {"Wut": "angry", "Freude": "happy", "neutral": "neutral", "calm": "neutral"}
    assert {utt.split("-")[-2]: emotion for utt, emotion in emotions.items()} == expected
    assert "wut (1) counted as angry" in caplog.text and "left out 1 of 5 utterances: 'Husten' 1" in caplog.text
    with pytest.raises(InputError, match=r"map\.yaml:5: 'angst' is not a label of folder, .* husten, .*wut"):
        read_with_map(source, lines + "Angst: fearful\n")
