"""Sets from EmoBox's metadata: labels, speakers, and the lists of many corpora."""

import json
import logging
from collections import Counter
from pathlib import Path

import pytest
from helpers.emobox import row, write_rows, write_toy

from c2ser.corpora import get_corpus
from c2ser.corpora.emobox import label_set, read_sets
from c2ser.corpora.emobox.importing import import_fold
from c2ser.corpora.emobox.metadata import find_lists
from c2ser.data.label_maps import find_label_map
from c2ser.errors import InputError


def test_labels_go_through_the_map_and_others_are_left_out(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    metadata, audio = write_toy(tmp_path)
    sets = read_sets(metadata, audio, fold=1)
    assert Counter(utt.emotion for utt in sets["train"]) == {"angry": 10, "neutral": 10}
    assert label_set(metadata, sets) == ["angry", "neutral"]
    assert "label map own leaves out 10 of 30 utterances: 'breath' 10" in caplog.text
    assert "30 of 30 audio files differ in length" in caplog.text


def test_calm_is_an_emotion_of_its_own_and_merged_labels_are_reported(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    words = ("Neutral", "Calm", "Happy", "Joy", "Happy")
    write_rows(tmp_path / "toy" / "toy.jsonl", [row(f"{i}", word) for i, word in enumerate(words)])
    for index in range(len(words)):
        (tmp_path / f"{index}.wav").touch()
    sets = read_sets(tmp_path / "toy", tmp_path)
    assert [utt.emotion for utt in sets["all"]] == ["neutral", "calm", "happy", "happy", "happy"]
    assert label_set(tmp_path / "toy", sets) == ["happy", "neutral", "calm"]
    assert "toy.jsonl: label map own: joy (1) counted as happy" in caplog.text and "as neutral" not in caplog.text


def test_parts_of_recordings_keep_their_times(tmp_path):
    rows = [row("a", "Happy", start_time=i, end_time=i + 1) | {"key": f"toy-{i}"} for i in range(2)]
    write_rows(tmp_path / "toy" / "toy.jsonl", rows)
    (tmp_path / "a.wav").touch()
    (first, second) = read_sets(tmp_path / "toy", tmp_path)["all"]
    assert (first.id, first.recording, first.start, first.end) == ("toy_0", "toy_a", 0.0, 1.0)
    assert (second.id, second.recording, second.start) == ("toy_1", "toy_a", 1.0)


def test_votes_are_read_from_the_corpus_and_become_what_the_metadata_makes_of_the_labels(tmp_path):
    """EmoBox counts IEMOCAP's excited as happy, and has no frustrated."""
    names = {"Ses01F_impro01_F000": "exc", "Ses01F_impro01_M001": "neu"}
    words = {"exc": "Happy", "hap": "Happy", "neu": "Neutral", "sad": "Sad"}
    rows = [row(name, label) | {"key": f"iemocap-{name}"} for name, label in names.items()]
    write_rows(tmp_path / "iemocap" / "iemocap.jsonl", rows)
    (tmp_path / "iemocap" / "label_map.json").write_text(json.dumps(words))
    lines = ["[1.0 - 2.0]\tSes01F_impro01_F000\texc\t[2, 2, 2]", "C-E1:\tExcited;\t()", "C-E2:\tHappiness;\t()"]
    lines += ["C-E3:\tFrustration;\t()", "[2.0 - 3.0]\tSes01F_impro01_M001\tneu\t[2, 2, 2]", "C-E1:\tAnger;\t()"]
    evaluation = tmp_path / "audio" / "Session1" / "dialog" / "EmoEvaluation" / "Ses01F_impro01.txt"
    evaluation.parent.mkdir(parents=True)
    evaluation.write_text("\n".join(lines))
    for name in names:
        (tmp_path / "audio" / f"{name}.wav").touch()
    assert [utt.votes for utt in read_sets(tmp_path / "iemocap", tmp_path / "audio")["all"]] == [{"happy": 2.0}, None]


def test_nothing_is_read_where_audio_is_missing(tmp_path):
    metadata, audio = write_toy(tmp_path)
    (audio / "sub" / "u 35.wav").unlink()
    with pytest.raises(InputError, match=r"toy_test_fold_1\.jsonl:6: no audio .*u 35\.wav \(1 of 10 files are missing"):
        read_sets(metadata, audio, fold=1)
    assert len(read_sets(metadata, audio, fold=1, skip_bad=True)["test"]) == 9


UNKNOWN = 0  # speakers, where nothing tells them
SAMPLE = 250  # rows of a list that are read

# corpus, fold, labels that are left out, speakers in the sample, emotions, the id of the first row
CORPORA = [
    ("aesdd", 1, "", 6, 5, "aesdd_3-a03-3"),
    ("asvpesd", None, "10 11 12 13 17", 108, 9, "asvpesd_36-03-01-09-01-06-36-02-02-01-39"),
    ("casia", 2, "", 4, 6, "casia_wangzhe-239-wangzhe-neutral"),
    ("emns", 1, "Sarcastic", 1, 7, "emns_narrator-recorded_audio_RF6OuQ4"),
    ("emodb", 5, "", 10, 7, "03a02Wb"),
    ("emovdb", None, "", 4, 5, "emovdb_jenie-jenie-Amused-0057"),
    ("emovo", 6, "", 6, 7, "emovo_f2-gio-f2-b2"),
    ("emozionalmente", 1, "", UNKNOWN, 7, "emozionalmente_1613655062436"),
    ("enterface", 1, "", 43, 6, "enterface_19-s19_an_1.avi"),
    ("esd", 1, "", 4, 5, "esd_0005-0005-000001"),
    ("iemocap", None, "", 10, 4, "iemocap_Ses01F-Ses01F_impro04_F000"),
    ("m3ed", 1, "", 398, 7, "m3ed_bianchengnidenayitian_1_A-bianchengnidenayitian_1_1"),
    ("meld", None, "", UNKNOWN, 7, "meld_dia0_utt0-train"),
    ("mer2023", None, "worried", UNKNOWN, 5, "mer2023_sample_00002721"),
    ("mesd", 1, "", 3, 6, "mesd_F-Anger_F_A_tarde"),
    ("oreau", 1, "", 32, 7, "oreau_10-10a02Ja"),
    ("pavoque", 1, "poker", 1, 4, "pavoque_roettig-a0027a-neutral"),
    ("resd", 1, "enthusiasm", UNKNOWN, 6, "resd_32_happiness_enthusiasm_h_120.wav"),
    ("savee", None, "", 4, 7, "savee_JE-JE-n23"),
    ("shemo", 1, "", 84, 6, "shemo_F02-F02S05"),
]
LANGUAGES = {"mesd": "es", "oreau": "fr", "resd": "ru", "shemo": "fa", "aesdd": "el"}
LANGUAGES |= dict.fromkeys(("casia", "m3ed", "mer2023"), "zh") | dict.fromkeys(("emovo", "emozionalmente"), "it")
LANGUAGES |= dict.fromkeys(("emodb", "pavoque"), "de")


def sample(metadata: Path, target: Path, fold: int | None, rows_per_list: int) -> tuple[Path, list[dict]]:
    """Copies even parts of a corpus's lists, lays empty files out by their paths, and returns the rows."""
    copy, rows = target / metadata.name, []
    for path in find_lists(metadata, fold).values():
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        chosen = lines[:: max(1, len(lines) // rows_per_list)]
        write_rows(copy / path.relative_to(metadata), chosen)
        rows += chosen
    if (metadata / "label_map.json").is_file():
        (copy / "label_map.json").write_bytes((metadata / "label_map.json").read_bytes())
    for wav in {target / chosen["wav"] for chosen in rows}:
        wav.parent.mkdir(parents=True, exist_ok=True)
        wav.touch()
    return copy, rows


@pytest.mark.parametrize("name, fold, left_out, speakers, emotions, known", CORPORA)
def test_reads_emobox_metadata(shared, tmp_path, name, fold, left_out, speakers, emotions, known):
    metadata, rows = sample(shared / "data" / "emobox" / "data" / name, tmp_path, fold, SAMPLE)
    sets = read_sets(metadata, tmp_path / "downloads" / name, fold=fold)
    utterances = [utt for utts in sets.values() for utt in utts]
    kept = [row for row in rows if row["emo"] not in left_out.split()]
    assert len(utterances) == len({utt.id for utt in utterances}) == len(kept)
    assert len(label_set(metadata, sets)) == emotions
    assert known == utterances[0].id
    assert all(utt.id.startswith(utt.speaker) and len(utt.id.split()) == 1 for utt in utterances)
    assert len({utt.speaker for utt in utterances if utt.speaker != utt.id}) == speakers
    assert {utt.emotion for utt in utterances} <= set(label_set(metadata, sets))
    expected = {"esd": {"zh", "en"}, "asvpesd": {"zh", "en", "fr", None}}.get(name, {LANGUAGES.get(name, "en")})
    assert {utt.language for utt in utterances} == expected


def test_facts_of_speakers_come_from_paths_and_from_the_corpus(shared, tmp_path):
    genders = {}
    for name in ("savee", "emovo", "oreau", "shemo"):
        metadata, _ = sample(shared / "data" / "emobox" / "data" / name, tmp_path, None, 800)
        utterances = read_sets(metadata, tmp_path / "downloads" / name)["all"]
        genders[name] = {utt.speaker: utt.gender for utt in utterances}
    assert genders["savee"] == {f"savee_{speaker}": "m" for speaker in ("DC", "JE", "JK", "KL")}
    assert genders["emovo"] == {f"emovo_{sex}{number}": sex for sex in "fm" for number in (1, 2, 3)}
    assert Counter(genders["oreau"].values()) == {"m": 25, "f": 7} and genders["oreau"]["oreau_42"] == "f"
    assert Counter(genders["shemo"].values()) == {"m": 53, "f": 30} and genders["shemo"]["shemo_M36"] == "m"


# corpora without metadata beside the checkout: a path of EmoBox, its label, the speaker and the sex
PATHS = {
    "cafe": ("CaFE_48k/Peur/Fort/12-P-2-5.wav", "p", "12", "f"),
    "jlcorpus": ("Raw JL corpus/JL(wav+txt)/female1_excited_7a_2.wav", "excited", "female1", "f"),
    "mead": ("M003/audio/fear/level_1/001.m4a", "fear", "M003", "m"),
    "polish": ("m3.s_trzymaj_5.wav", "s", "m3", "m"),
    "oreau": ("OréauFR_02/m/sessp/07z04Pa.wav", "P", "07", "m"),
    "subesco": ("F_10_FAHMEE_S_6_FEAR_5].wav", "fear", "F_10", "f"),
    "turevdb": ("Sound Source/Calm/1984_sk_eger.wav", "Calm", "1984", None),
}


@pytest.mark.parametrize("name", PATHS)
def test_paths_tell_speaker_and_sex(tmp_path, name):
    path, label, speaker, sex = PATHS[name]
    rows = [row("a", label) | {"key": f"{name}-a", "wav": f"downloads/{name}/{path}"}]
    write_rows(tmp_path / name / f"{name}.jsonl", rows)
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).touch()
    (utt,) = read_sets(tmp_path / name, tmp_path)["all"]
    assert (utt.id, utt.speaker, utt.gender) == (f"{name}_{speaker}-a", f"{name}_{speaker}", sex)
    assert utt.emotion == ("calm" if label == "Calm" else "excited" if label == "excited" else "fearful")
    (raw,) = get_corpus(name).read(tmp_path)
    assert (raw.speaker, raw.emotion, raw.gender) == (utt.speaker, utt.emotion, sex)


def test_speakers_that_only_emobox_lists(tmp_path):
    write_rows(tmp_path / "toy" / "toy.jsonl", [row(name, "Happy") for name in ("a", "b", "c")])
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.wav").touch()
    line = "toy-{0} 1 {1} 0 1.0 <id=toy-{0},lang=en,spk={1},emotion=Happy> Happy\n"
    listed = tmp_path / "toy" / "data.seg.wrd.stm"
    listed.write_text(line.format("a", "Ann, Lee") + line.format("b", "Ann, Lee"))
    ids = {utt.id: utt.speaker for utt in read_sets(tmp_path / "toy", tmp_path)["all"]}
    assert ids == {"toy_Ann,_Lee-a": "toy_Ann,_Lee", "toy_Ann,_Lee-b": "toy_Ann,_Lee", "toy_c": "toy_c"}
    listed.write_text(line.format("a", "a") + line.format("b", "b"))  # a speaker per utterance: not known
    assert [utt.speaker for utt in read_sets(tmp_path / "toy", tmp_path)["all"]] == ["toy_a", "toy_b", "toy_c"]


def test_two_rows_that_get_one_id(tmp_path):
    write_rows(tmp_path / "toy" / "toy.jsonl", [row("a b", "Happy"), row("a_b", "Sad")])
    for name in ("a b", "a_b"):
        (tmp_path / f"{name}.wav").touch()
    with pytest.raises(InputError, match=r"toy\.jsonl:2: .*a_b\.wav and that of line 1 both get the id 'toy_a_b'"):
        read_sets(tmp_path / "toy", tmp_path)


def test_a_fold_whose_lists_share_an_utterance_or_have_no_class(tmp_path):
    metadata, audio = write_toy(tmp_path)
    lists = metadata / "fold_1"
    write_rows(lists / "toy_test_fold_1.jsonl", [row("u 30", "a"), row("u 3", "a")])
    shared = r"toy_test_fold_1\.jsonl:2: 'toy-u 3' is also in .*/toy_train_fold_1\.jsonl:4; get EmoBox again"
    with pytest.raises(InputError, match=shared):
        read_sets(metadata, audio, fold=1)
    write_rows(lists / "toy_test_fold_1.jsonl", [row("u 30", "x")])
    with pytest.raises(InputError, match=r"toy_test_fold_1\.jsonl:1: the label map own leaves out all 1 utterances"):
        read_sets(metadata, audio, fold=1)
    write_rows(lists / "toy_test_fold_1.jsonl", [row("u 30", "a")])
    (metadata / "label_map.json").write_text(json.dumps({"A": "Anger", "n": "Neutral", "x": "breath", "b": "bored"}))
    lacking = r"toy_train_fold_1\.jsonl: none of its 20 utterances with an emotion is 'bored', which the label set has"
    with pytest.raises(InputError, match=lacking):
        import_fold(metadata, audio, output_dir=tmp_path / "data", fold=1)
    assert not (tmp_path / "data").exists()


def test_an_unknown_label_names_its_line_unless_a_map_names_the_label(tmp_path):
    write_rows(tmp_path / "toy" / "toy.jsonl", [row("a", "Happy"), row("b", "hapy"), row("c", "breath")])
    (tmp_path / "toy" / "label_map.json").write_text(json.dumps({"Happy": "Happy", "breath": "breath"}))
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.wav").touch()
    with pytest.raises(InputError, match=r"toy\.jsonl:2: unknown label 'hapy'; .*--label_map .*'hapy: null'"):
        read_sets(tmp_path / "toy", tmp_path)
    (tmp_path / "map.yaml").write_text("hapy: happy\nBreath: sad\n")
    label_map = find_label_map(str(tmp_path / "map.yaml"))
    sets = read_sets(tmp_path / "toy", tmp_path, label_map=label_map)
    assert [utt.emotion for utt in sets["all"]] == ["happy", "happy", "sad"]
    assert label_set(tmp_path / "toy", sets, label_map=label_map) == ["happy", "sad"]
    (tmp_path / "map.yaml").write_text("hapy: happy\nbored: sad\n")
    with pytest.raises(
        InputError, match=r"map\.yaml:2: 'bored' is not a label of the corpus toy; labels are breath, h"
    ):
        read_sets(tmp_path / "toy", tmp_path, label_map=find_label_map(str(tmp_path / "map.yaml")))
