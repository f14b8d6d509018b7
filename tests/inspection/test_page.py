"""The page to look at before training: its figures against ones counted by hand, its warnings, what it is made of."""

import base64
import json
import math
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from urllib.parse import unquote

import numpy as np
import pytest
from helpers.audio import encoded, noise16
from helpers.paths import ROOT
from helpers.stages import EMOTIONS, Page, change, stage_1, stage_2, stage_6, utts_of

from c2ser.acoustics.levels import Thresholds
from c2ser.data.data_dir import DataDir
from c2ser.data.shards import shard_writer
from c2ser.data.tables import read_table, write_table
from c2ser.data.utterance import Utterance
from c2ser.emotions import EMOTIONS as ALL_EMOTIONS
from c2ser.errors import InputError
from c2ser.inspection import plots
from c2ser.inspection.page import write_page
from c2ser.inspection.sets import UNLABELLED
from c2ser.rationales.targets import THRESHOLDS_NAME


def test_of_many_speakers_the_rare_ones_share_a_row(tmp_path):
    train = stage_1(tmp_path / "train", 50)
    spoken = {utt: f"s{number // 2:02}" for number, utt in enumerate(utts_of(train))}
    write_table(train / "utt2spk", spoken | dict.fromkeys(list(spoken)[-10:], "z"))
    rows = Page(write_page([train])[0]).tables["train", "speaker"]
    assert rows[1] == ["z", "0 0.0 %", "10 20.0 %"] and rows[-1][0] == "16 others" and len(rows) == 32
    write_table(train / "utt2spk", {utt: utt for utt in spoken})
    page = Page(write_page([train])[0])
    assert ("train", "speaker") not in page.tables and "train: speakers are not known" in page.text


TARGETS = {"attribute_levels": "build_cot", "explicit": "build_cot"}


def test_counts_are_those_counted_by_hand(sets):
    change(sets[0] / "utt2emo", dict.fromkeys(utts_of(sets[0])[:2]))  # two angry ones lose their label
    output, summary = write_page(sets)
    assert output == sets[0].parent / "data.html"
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in summary.splitlines()]
    assert rows[0] == ["emotion", "train", "test"]
    assert rows[2:] == [["angry", "10", "10"], ["sad", "12", "10"], ["unlabelled", "2", "0"], ["all", "24", "20"]]
    tables = Page(output).tables
    overview = {name: cells for name, *cells in tables["Sets", ""]}
    assert overview["utterances"] == ["24", "20"]
    assert overview["labelled"] == ["22 (91.7 %)", "20 (100.0 %)"]
    assert overview["speakers"] == ["2", "2"]
    assert overview["sexes"] == ["f 100.0 %"] * 2
    assert overview["languages"] == ["en 75.0 %, zh 25.0 %"] * 2
    assert overview["hours"] == ["0.01", "0.01"]  # 24 * 1.23 s, 20 * 1.19 s
    assert tables["Emotions", ""][1:] == [
        ["angry", "10 45.5 %", "10 50.0 %"],
        ["sad", "12 54.5 %", "10 50.0 %"],
        ["unlabelled", "2", "0"],
    ]
    assert tables["train", "speaker"][1:] == [["trainb", "6 60.0 %", "6 50.0 %"], ["traina", "4 40.0 %", "6 50.0 %"]]
    # in Chinese: of the ten angry ones 0, 4 and 8, of the ten sad ones 12 and 16
    language = [["", "en", "zh"], ["angry", "7 46.7 %", "3 60.0 %"], ["sad", "8 53.3 %", "2 40.0 %"]]
    assert tables["test", ""] == language
    durations = {name: cells for name, *cells in tables["Durations", "seconds"]}
    assert durations["shortest"] == ["1.00", "1.00"]
    assert durations["median"] == ["1.23", "1.19"]
    assert durations["longest"] == ["1.46", "1.38"]
    assert tables["test", "longest"][1:3] == [["testb_0019", "1.38"], ["testb_0017", "1.36"]]


def test_votes_are_a_line_of_the_sets(sets):
    """Of 24 utterances, 12 angry and then 12 sad, eight have votes."""
    utts = utts_of(sets[0])
    votes = dict.fromkeys(utts[:4], "angry:3 sad:1") | {utts[4]: "angry:1 sad:1"} | {utts[5]: "happy:2"}
    votes |= {utts[12]: "sad:2", utts[13]: "angry:5"}
    write_table(sets[0] / "utt2votes", votes)
    output, _ = write_page(sets)
    overview = {name: cells for name, *cells in Page(output).tables["Sets", ""]}
    words = "8 (33.3 %); clear majority 87.5 %, for the label 62.5 %; mean entropy 0.53 bit"
    assert overview["listeners' votes"] == [words, "–"]
    (sets[0] / "utt2votes").unlink()
    assert "listeners' votes" not in {name for name, *_ in Page(write_page(sets)[0]).tables["Sets", ""]}


def test_boxes_and_level_shares_are_those_counted_by_hand(sets, monkeypatch):
    boxes, shares = [], []
    monkeypatch.setattr(plots, "boxes", lambda quantiles, _, **axes: boxes.append((quantiles, axes)) or "data:,")
    monkeypatch.setattr(plots, "level_shares", lambda given: shares.append(given) or "data:,")
    write_page(sets)
    quantiles, axes = boxes[0]  # pitch of train; angry ones have 100 to 105 and 112 to 117 Hz
    np.testing.assert_allclose(quantiles["angry"], [100.55, 102.75, 108.5, 114.25, 116.45])
    (left, right), bounds = axes["limits"], axes["bounds"]
    deviation = math.sqrt((24**2 - 1) / 12)
    np.testing.assert_allclose(bounds, [111.5 - deviation, 111.5 + deviation])  # hence 104.6 and 118.4 Hz
    assert left < 100.55 and right > bounds[1]
    np.testing.assert_allclose(shares[0]["angry"], [5 / 12, 7 / 12, 0, 0])
    np.testing.assert_allclose(shares[0]["sad"], [0, 7 / 12, 5 / 12, 0])


def test_thresholds_are_drawn_even_where_no_utterance_reaches_them(sets, monkeypatch):
    pooled = {"pitch": (20, 500), "energy": (math.nan, math.nan), "rate": (1, 40)}
    Thresholds(pooled, "sex", {"f": {"pitch": (120, 180)}}).save(sets[0] / THRESHOLDS_NAME)
    drawn = []
    monkeypatch.setattr(plots, "boxes", lambda *_, **axes: drawn.append(axes) or "data:,")
    assert "levels are relative to each sex" in Page(write_page(sets)[0]).text
    (left, right), bounds = drawn[0]["limits"], drawn[0]["bounds"]
    assert bounds == (20, 500) and left < 20 and right > 500
    assert drawn[2]["bounds"] is None  # of loudness, which the training set has not


def test_every_emotion_has_a_colour_of_its_own():
    assert set(plots.EMOTION_COLOURS) == {*ALL_EMOTIONS, UNLABELLED}
    assert len(set(plots.EMOTION_COLOURS.values())) == len(plots.EMOTION_COLOURS)


def test_undefined_attributes_are_counted_with_their_reasons(sets):
    first, second, third = utts_of(sets[1])[:3]
    change(
        sets[1] / "attributes", {first: "nan -20.000 nan", second: "120.000 -20.000 nan", third: "nan -20.000 9.000"}
    )
    reasons = {first: "pitch: no voiced frame; rate: no transcript", second: "rate: no transcript"}
    write_table(sets[1] / "attribute_reasons", reasons | {third: "pitch: no voiced frame"})
    tables = Page(write_page(sets)[0]).tables
    undefined = {name: cells for name, *cells in tables["Undefined values", "undefined"]}
    assert undefined["pitch"] == ["0 (0.0 %)", "2 (10.0 %)"]
    assert undefined["energy"] == ["0 (0.0 %)", "0 (0.0 %)"]
    assert tables["test", "attribute"][1:] == [["pitch", "no voiced frame", "2"], ["rate", "no transcript", "2"]]


def test_a_recognisers_transcripts_and_languages_are_shown(sets):
    test = sets[1]
    utts = utts_of(test)
    write_table(test / "text_asr", dict.fromkeys(utts[:15], "so I heard"))
    write_table(test / "utt2lang", dict.fromkeys(utts[:12], "en"))
    write_table(test / "utt2lang_asr", dict(zip(utts, ["de"] * 15 + ["en"] * 5)))
    page = Page(write_page(sets)[0])
    overview = {name: cells for name, *cells in page.tables["Sets", ""]}
    assert overview["with a recogniser's transcript"] == ["–", "15 (75.0 %)"]
    assert overview["detected languages"] == ["–", "de 75.0 %, en 25.0 %"]
    assert overview["languages"][1] == "en 85.0 %, de 15.0 %"  # what was heard counts where nothing else is known
    assert page.tables["test", ""][0] == ["", "en", "de"]
    assert "so I heard" in page.text


def test_reports_of_other_stages_are_shown(sets):
    (sets[1] / "report.txt").write_text("12 of 20 utterances got a label")
    outcomes = {"accepted_at_once": {"number": 7, "share": 0.78}, "fallen_back": {"number": 2, "share": 0.22}}
    (sets[1] / "rewriting.json").write_text(json.dumps({"utterances": 9, "outcomes": outcomes}))
    page = Page(write_page(sets)[0])
    assert "12 of 20 utterances got a label" in page.text
    assert page.tables["test", "rationales"][1:] == [["accepted at once", "7"], ["fallen back", "2"]]


@pytest.mark.parametrize(
    "make, lacking",
    [
        (stage_1, {"utt2dur": "extract_attributes", "attributes": "extract_attributes", **TARGETS}),
        (stage_2, TARGETS),
        (stage_6, {}),
    ],
)
def test_a_set_of_any_stage_is_shown_and_what_it_lacks_is_said(tmp_path, make, lacking):
    page = Page(write_page([make(tmp_path / "train")])[0])
    said = re.findall(r"train: no (\w+)(?: and implicit)?; (\w+) writes", page.text)
    assert said == list(lacking.items())
    assert ("Not available yet, hence not checked" in page.text) == bool(lacking)
    assert page.tags.count("img") == {4: 0, 2: 4, 0: 7}[len(lacking)]
    assert page.tags.count("article") == page.tags.count("audio") == 6


def test_the_page_needs_nothing_else(sets):
    output = write_page(sets)[0]
    page = Page(output)
    pictures = [reference for reference in page.references if reference.startswith("data:image/svg+xml;base64,")]
    assert len(pictures) == 2 * 7
    for picture in pictures:
        root = ElementTree.fromstring(base64.b64decode(picture.split(",")[1]))
        links = [value for element in root.iter() for name, value in element.items() if name.endswith("href")]
        assert all(link.startswith("#") for link in links)
    audio = {unquote(reference) for reference in page.references if not reference.startswith("data:")}
    known = {entry for data_dir in sets for entry in read_table(data_dir / "wav.scp").values()}
    assert {os.path.normpath(output.parent / link) for link in audio} <= known and len(audio) == 12
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert not re.search(r"url\(|@import|https?://", output.read_text())


def test_audio_in_arks_is_in_the_page(tmp_path):
    data_dir = stage_1(tmp_path / "train")
    clip = encoded(noise16(), format="FLAC")
    with shard_writer(tmp_path, "1", utterances=[], stored={}) as shards:
        write_table(data_dir / "wav.scp", {utt: shards.append(utt, clip) for utt in utts_of(data_dir)})
    sources = Page(write_page([data_dir])[0]).references
    assert sources and set(sources) == {f"data:audio/flac;base64,{base64.b64encode(clip).decode()}"}


def test_audio_of_a_segment_is_linked_with_its_times(tmp_path):
    data_dir = stage_1(tmp_path / "train")
    write_table(data_dir / "wav.scp", {"rec": f"{tmp_path}/a b.wav"})
    write_table(data_dir / "segments", dict.fromkeys(utts_of(data_dir), "rec 1.5 2.25"))
    assert set(Page(write_page([data_dir], tmp_path / "page" / "p.html")[0]).references) == {"../a%20b.wav#t=1.5,2.25"}


def test_ids_transcripts_and_names_are_escaped(tmp_path):
    treacherous = "</dd><script>alert(\"1\")</script> & 'q' &amp; مرحبا 开心 <!--"
    directory = tmp_path / "<i>train&"
    wav = tmp_path / "wav" / "a'b\" <c>#?%41&.wav"
    utt = Utterance("<b>\"&'", wav, "<u>", "angry", treacherous, "zh")
    DataDir(directory).write([utt], EMOTIONS)
    for name in ("explicit", "implicit", "text_asr"):
        write_table(directory / name, {utt.id: treacherous})
    (directory / "report.txt").write_text(treacherous, encoding="utf-8")
    page = Page(write_page([directory])[0])
    assert page.text.count(treacherous) == 5
    assert utt.id in page.text and "<u>" in page.text and "<i>train&" in page.text
    assert not {"script", "b", "i", "u"} & set(page.tags)
    assert [unquote(reference) for reference in page.references] == [f"wav/{wav.name}"]


def test_same_input_same_bytes(sets, tmp_path):
    pages = []
    for seed in "12":
        output = tmp_path / f"{seed}.html"
        command = [sys.executable, "-m", "c2ser.bin.show_data", *map(str, sets), "--output", str(output)]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
        assert done.returncode == 0 and str(output) in done.stderr
        assert "| angry " in done.stdout
        pages.append(output.read_bytes())
    assert pages[0] == pages[1]


def test_the_page_does_not_grow_with_the_set(tmp_path):
    sizes = [
        write_page([stage_6(tmp_path / name / "train", num)])[0].stat().st_size
        for name, num in [("a", 50), ("b", 2000)]
    ]
    assert sizes[1] < 1.1 * sizes[0]


@pytest.mark.parametrize(
    "spoil, line",
    [
        (lambda data_dir: shutil.rmtree(data_dir), "{data_dir}: not a complete data directory, utt2spk is missing"),
        (
            lambda data_dir: (data_dir / "wav.scp").unlink(),
            "{data_dir}: not a complete data directory, wav.scp is missing",
        ),
        (lambda data_dir: (data_dir / "utt2spk").write_text(""), "{data_dir}: the set is empty"),
        (lambda data_dir: change(data_dir / "utt2emo", {"zz": "sad"}), "utt2emo: has utterances that utt2spk"),
        (
            lambda data_dir: change(data_dir / "utt2emo", {"traina_0000": "cross"}),
            "': unknown emotion 'cross'",
        ),
        (
            lambda data_dir: change(data_dir / "utt2dur", {"traina_0000": "nan"}),
            "'nan' is not a positive",
        ),
        (lambda data_dir: change(data_dir / "attributes", {"zz": "1 2 3"}), "attributes: has utterances that utt2spk"),
        (
            lambda data_dir: change(data_dir / "attribute_levels", {"traina_0000": "low"}),
            "'traina_0000': 'low'",
        ),
        (lambda data_dir: change(data_dir / "wav.scp", {"traina_0000": None}), "wav.scp: no line for 'traina_0000'"),
        (lambda data_dir: (data_dir / "rewriting.json").write_text("["), "rewriting.json: not JSON"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, spoil, line):
    data_dir = stage_6(tmp_path / "train")
    spoil(data_dir)
    with pytest.raises(InputError, match=re.escape(line.format(data_dir=data_dir))) as error:
        write_page([data_dir])
    assert "\n" not in str(error.value)
    assert not (tmp_path / "data.html").exists()


def test_a_directory_that_is_given_twice_is_shown_once(sets, tmp_path):
    once = write_page([sets[0]], tmp_path / "page.html")
    assert write_page([sets[0], sets[0].parent / "test" / ".." / "train"], tmp_path / "page.html") == once


def test_command_fails_in_one_line(tmp_path):
    command = [sys.executable, "-m", "c2ser.bin.show_data", str(tmp_path / "nothing")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("error: ") and len(done.stderr.splitlines()) == 1


def test_the_template_is_installed(tmp_path):
    shutil.copy(ROOT / "setup.py", tmp_path)
    shutil.copytree(ROOT / "c2ser", tmp_path / "c2ser", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", "built"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    assert (tmp_path / "built/c2ser/inspection/page.html").is_file()
