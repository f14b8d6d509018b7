"""Votes from the tables that corpora publish: CREMA-D's own, and files built by the formats of the others."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from helpers.audio import encoded, tone

from c2ser.corpora import get_corpus
from c2ser.corpora.common.preparation import prepare_set
from c2ser.corpora.common.votes import (
    CREMAD_LETTERS,
    rater_votes,
    read_cremad_votes,
    read_iemocap_votes,
    read_m3ed_votes,
    read_msppodcast_votes,
    with_votes,
)
from c2ser.data.data_dir import DataDir
from c2ser.data.label_maps import find_label_map
from c2ser.data.names import UTT2VOTES
from c2ser.data.utterance import Utterance
from c2ser.data.votes import map_votes, parse_votes
from c2ser.errors import InputError

READERS = (read_cremad_votes, read_iemocap_votes, read_m3ed_votes, read_msppodcast_votes)

# A rater's line as IEMOCAP has it: evaluators E, the actor F or M; then attributes, which are no votes.
IEMOCAP = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tNeutral;\t()
C-E3:\tNeutral state;\t()
C-E4:\tNeutral; Sadness;\t(a bit; down)
C-F1:\tAnger;\t()
A-E3:\tval 3; act 2; dom  2;\t()

[10.0100 - 11.3925]\tSes01F_impro01_M001\txxx\t[2.5000, 2.5000, 2.5000]
C-E1:\tExcited; Other;\t(amazed)
C-E2:\tHappiness;\t()
C-M1:\tOther;\t()
"""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_cremad_has_the_votes_on_the_voice_of_each_clip(shared):
    """The majorities are those that CREMA-D's summary gives for the voice, not those for the face."""
    folder = shared / "data" / "cremad"
    votes = read_cremad_votes(folder)
    assert len(votes) == 7442 and votes["1001_IEO_HAP_LO"] == {"happy": 3, "neutral": 6}
    with open(folder / "processedResults" / "summaryTable.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    majorities = {"VoiceVote": 0, "FaceVote": 0}
    for row in rows:
        own = votes[row["FileName"]]
        first = {emotion for emotion, count in own.items() if count == max(own.values())}
        for kind in majorities:
            majorities[kind] += first == {CREMAD_LETTERS[letter] for letter in row[kind].split(":")}
    assert majorities == {"VoiceVote": 7442, "FaceVote": 3373}
    assert read_cremad_votes(folder / "AudioWAV") == votes


def test_iemocap_counts_its_evaluators_and_not_the_actors(tmp_path):
    write(tmp_path / "Session1" / "dialog" / "EmoEvaluation" / "Ses01F_impro01.txt", IEMOCAP)
    write(tmp_path / "Session1" / "dialog" / "EmoEvaluation" / "Categorical" / "Ses01F_impro01_e2_cat.txt", "x\n")
    assert read_iemocap_votes(tmp_path) == {
        "Ses01F_impro01_F000": {"neutral": 2.5, "sad": 0.5},
        "Ses01F_impro01_M001": {"excited": 0.5, "happy": 1.0},
    }


def test_m3ed_shares_the_vote_of_an_annotator_among_several_emotions(tmp_path):
    annotators = {"EmoAnnotator1": "Anger", "EmoAnnotator2": "Anger,Disgust", "EmoAnnotator3": "Happy"}
    turns = {"anjia_1_1": {"Speaker": "A", "EmoAnnotation": annotators | {"final_main_emo": "Sad"}}}
    turns["anjia_1_2"] = {"Speaker": "B", "EmoAnnotation": {"EmoAnnotator1": "Surprise", "final_mul_emo": "Fear"}}
    write(tmp_path / "annotation.json", json.dumps({"anjia": {"anjia_1": {"SpeakerInfo": {}, "Dialog": turns}}}))
    assert read_m3ed_votes(tmp_path) == {
        "A_anjia_1_1": {"angry": 1.5, "disgusted": 0.5, "happy": 1.0},
        "B_anjia_1_2": {"surprised": 1.0},
    }


def test_msppodcast_counts_primary_emotions_in_the_formats_of_its_releases(tmp_path):
    chosen = [("0001_0008", "Happy"), ("0001_0008", "Other-hopeful"), ("0001_0008", "Happy"), ("0001_0019", "Contempt")]
    expected = {"MSP-PODCAST_0001_0008": {"happy": 2.0}, "MSP-PODCAST_0001_0019": {}}
    new, old, oldest = (tmp_path / name for name in ("new", "old", "oldest"))
    lines = [f'MSP-PODCAST_{name}.wav,WORKER1,{emotion},"Happy,Sad",3\n' for name, emotion in chosen]
    header = "FileName,WorkerID,EmoClass_Major,EmoClass_Second,EmoAct\n"
    write(new / "Labels" / "labels_detailed.csv", header + "".join(lines))
    lines = [f'MSP-PODCAST_{name}.wav,"WORKER1; {emotion}; Sad,Angry; A:4; V:3; D:2;"\n' for name, emotion in chosen]
    write(old / "Labels" / "labels_detailed.csv", "FileName,EmoDetail\n" + "".join(lines))
    workers: dict[str, dict] = {}
    for i, (name, emotion) in enumerate(chosen):
        workers.setdefault(f"MSP-PODCAST_{name}.wav", {})[f"WORKER{i}"] = {"EmoClass_Major": emotion, "EmoAct": 3}
    write(oldest / "label" / "labels_detailed.json", json.dumps(workers))
    for folder in (new, old, oldest):
        assert read_msppodcast_votes(folder) == expected == read_msppodcast_votes(folder / "Audios")


@pytest.mark.parametrize("read", READERS)
def test_a_copy_without_the_tables_has_no_votes(tmp_path, read):
    assert read(tmp_path / "corpus") == {}


@pytest.mark.parametrize(
    "read, name, text, words",
    [
        (read_cremad_votes, "processedResults/tabulatedVotes.csv", '"","A","fileName"\n"100001",x,"a"\n', "csv:2: "),
        (read_m3ed_votes, "annotation.json", '{"anjia": [1]}', "not the annotation of M3ED"),
        (read_m3ed_votes, "annotation.json", "{", "annotation.json: not JSON"),
        (read_msppodcast_votes, "Labels/labels_detailed.csv", "FileName,Other\na.wav,1\n", "csv:2: no primary"),
        (read_msppodcast_votes, "label/labels_detailed.json", '{"a.wav": {"w": {}}}', "not the annotations of MSP"),
        (read_iemocap_votes, "EmoEvaluation/Ses01F_impro01.txt", "C-E1:\tAnger;\t()\n", "before any turn"),
    ],
)
def test_tables_that_are_something_else(tmp_path, read, name, text, words):
    write(tmp_path / name, text)
    with pytest.raises(InputError) as error:
        read(tmp_path)
    assert words in str(error.value) and str(tmp_path) in str(error.value) and "\n" not in str(error.value)


def test_a_word_outside_the_vocabulary_takes_its_share_of_the_vote_with_it():
    assert rater_votes([["anger", "x"], [" ANGER "], ["x"], []], {}) == {"angry": 1.5}
    assert rater_votes([["exc"], ["xxx"]], {"exc": "happy", "xxx": None}) == {"happy": 1.0}


def test_votes_are_added_by_the_name_of_the_file_under_a_map_of_labels():
    utterances = [Utterance(name, Path(f"wav/{name}.wav"), "s", "sad") for name in ("a", "b", "c")]
    votes = {"a": {"sad": 2, "bored": 1, "calm": 1}, "b": {"bored": 3}, "d": {"sad": 1}}
    emotion_of = find_label_map("own").emotion
    voted = list(with_votes(utterances, votes, emotion_of=lambda name: emotion_of((), name), emotions=["angry", "sad"]))
    assert [utt.votes for utt in voted] == [{"sad": 2}, None, None] and [utt.id for utt in voted] == ["a", "b", "c"]
    labels = {"sad": "sad", "calm": "sad", "bored": None}
    voted = list(with_votes(voted, votes, emotion_of=labels.get, emotions=["sad"]))
    assert [utt.votes for utt in voted] == [{"sad": 2}, None, None]  # those that they had are kept


@pytest.mark.parametrize("label_map", ["own", "neutral: sad\ndisgusted: null\n"])
def test_prepare_corpus_writes_the_votes_of_cremad(shared, tmp_path, label_map):
    """A copy with two clips of audio beside the tables; the map of labels applies to votes as it does to labels."""
    names = ("1001_IEO_HAP_LO", "1001_IEO_ANG_HI")
    shutil.copytree(shared / "data" / "cremad" / "processedResults", tmp_path / "CREMA-D" / "processedResults")
    for name in names:
        wav = tmp_path / "CREMA-D" / "AudioWAV" / f"{name}.wav"
        wav.parent.mkdir(exist_ok=True)
        wav.write_bytes(encoded(tone(), format="WAV"))
    if label_map == "own":
        becomes = {emotion: emotion for emotion in CREMAD_LETTERS.values()}
    else:
        becomes = {"angry": "angry", "happy": "happy", "fearful": "fearful", "neutral": "sad", "sad": "sad"}
        write(tmp_path / "map.yaml", label_map)
        label_map = str(tmp_path / "map.yaml")
    chosen = find_label_map(label_map)
    prepare_set(get_corpus("cremad"), tmp_path / "CREMA-D", output_dir=tmp_path / "all", label_map=chosen)
    data, votes = DataDir(tmp_path / "all"), read_cremad_votes(tmp_path / "CREMA-D")
    found = {utt.partition("-")[2]: parse_votes(value) for utt, value in data.read(UTT2VOTES).items()}
    assert found == {name.partition("_")[2]: map_votes(votes[name], becomes.get) for name in names}
    assert data.validate() == []
