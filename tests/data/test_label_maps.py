"""Maps of labels: what a label becomes, and files that name what is not there."""

from pathlib import Path

import pytest

from c2ser.data.label_maps import find_label_map
from c2ser.emotions import EMOTIONS, PAPER_EMOTIONS
from c2ser.errors import InputError


@pytest.fixture
def map_of(tmp_path):
    """Writes a file and reads it."""

    def write(text: str):
        (tmp_path / "map.yaml").write_text(text)
        return find_label_map(str(tmp_path / "map.yaml"))

    return write


def test_maps_by_name():
    assert find_label_map("own").label_set(EMOTIONS) == EMOTIONS
    assert find_label_map("paper").label_set(EMOTIONS) == PAPER_EMOTIONS
    assert find_label_map("iemocap4").label_set(EMOTIONS) == ("angry", "happy", "neutral", "sad")
    emotions = {name: find_label_map(name).emotion(["02", "Calm"], "calm") for name in ("own", "paper", "iemocap4")}
    assert emotions == {"own": "calm", "paper": None, "iemocap4": None}
    assert find_label_map("own").emotion(["breath"], None) is None
    with pytest.raises(InputError, match="nine: no such label map; give own, paper, iemocap4, or a YAML file"):
        find_label_map("nine")


def test_a_file_names_labels_or_emotions_and_leaves_the_others(map_of):
    label_map = map_of("Calm: neutral  # as in many papers\n02: sad\nenthusiasm: excited\nbored: null\n")
    assert label_map.emotion(["2", "calm"], "calm") == label_map.emotion([], "calm") == "neutral"
    assert label_map.emotion(["02", "calm"], "calm") == "sad"
    assert label_map.emotion([" Enthusiasm"], None) == "excited"
    assert label_map.emotion(["x"], "bored") is None and label_map.emotion(["x"], "happy") == "happy"
    assert label_map.label_set(["calm", "bored", "sad"]) == ("neutral", "sad")


@pytest.mark.parametrize(
    "text, fault",
    [
        ("calm: neutral\nbored: sadd\n", r"map\.yaml:2: 'bored': unknown emotion 'sadd'; known are angry, .*, or null"),
        ("calm: neutral\n\nCalm: sad\n", r"map\.yaml:3: 'calm' is a duplicate of line 1"),
        ("calm: [neutral, sad]\n", r"map\.yaml:1: not '<label>: <emotion>'"),
        ("- calm\n", r"map\.yaml:1: not a label map"),
        ("", r"map\.yaml:1: not a label map"),
        ("calm: 'neutral\n", r"map\.yaml: not valid YAML"),
    ],
)
def test_a_faulty_file_names_its_line(map_of, text, fault):
    with pytest.raises(InputError, match=fault) as error:
        map_of(text)
    assert "\n" not in str(error.value)


def test_labels_that_are_not_there_name_their_line(map_of):
    label_map = map_of("calm: neutral\nbored: null\n")
    label_map.check(["Bored", "calm", "sad"], "toy")
    with pytest.raises(InputError, match=r"map\.yaml:2: 'bored' is not a label of toy; labels are calm, sad"):
        label_map.check(["sad", "calm"], "toy")
    find_label_map("paper").check(["calm"], "toy")
    assert Path(label_map.name).name == "map.yaml"
