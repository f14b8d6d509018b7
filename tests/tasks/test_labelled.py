"""Utterances without targets are left out of trainings on targets."""

from argparse import Namespace

import pytest

from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.tasks.labelled import labelled_shapes, leave_out_unlabelled


@pytest.fixture
def shapes(tmp_path):
    write_table(tmp_path / "shapes", {"a": 1, "b": 2, "c": 3, "d": 4})
    return tmp_path / "shapes"


def test_only_utterances_with_all_targets_are_kept(tmp_path, shapes, caplog):
    write_table(tmp_path / "explicit", {"a": "x", "c": "x", "d": "x"})
    write_table(tmp_path / "implicit", {"b": "x", "c": "x", "d": "x", "e": "x"})
    output = labelled_shapes(shapes, [tmp_path / "explicit", tmp_path / "implicit"], output=tmp_path / "out")
    assert output == str(tmp_path / "out") and read_table(output) == {"c": "3", "d": "4"}
    assert "left out 2 of 4 utterances" in caplog.text


def test_a_fully_labelled_set_keeps_its_file(tmp_path, shapes):
    assert labelled_shapes(shapes, [shapes], output=tmp_path / "out") == str(shapes)
    assert not (tmp_path / "out").exists()


def test_a_set_without_targets_is_refused(tmp_path, shapes):
    write_table(tmp_path / "explicit", {"z": "x"})
    with pytest.raises(InputError, match="shapes: none of its utterances is in .*explicit"):
        labelled_shapes(shapes, [tmp_path / "explicit"], output=tmp_path / "out")


def test_both_sets_of_a_training(tmp_path, shapes):
    write_table(tmp_path / "explicit", {"a": "x", "b": "x"})
    data = [(str(tmp_path / "explicit"), "explicit", "text"), ("wav.scp", "speech", "audio")]
    args = Namespace(
        output_dir=str(tmp_path / "exp"),
        **{f"{part}_data_path_and_name_and_type": data for part in ("train", "valid")},
        **{f"{part}_shape_file": [str(shapes)] for part in ("train", "valid")},
    )
    leave_out_unlabelled(args, ("explicit",))
    for part in ("train", "valid"):
        (path,) = getattr(args, f"{part}_shape_file")
        assert path == str(tmp_path / "exp" / f"{part}_shapes") and list(read_table(path)) == ["a", "b"]
