"""The commands on data directories."""

import subprocess
import sys

from helpers.data_dirs import contents

from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table


def run(command: str, *args: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", f"c2ser.bin.{command}", *map(str, args)], capture_output=True, text=True
    )


def test_commands_end_with_one_line_and_exit_code_1(data):
    assert run("validate_data_dir", data).returncode == 0
    (data / "utt2emo").write_text((data / "utt2emo").read_text().replace("angry", "bored", 1))
    found = run("validate_data_dir", data)
    assert found.returncode == 1 and "utt2emo:1" in found.stderr and "Traceback" not in found.stderr
    refused = run("split_data_dir", "--data_dir", data, "--nj", 10)
    assert refused.returncode == 1 and refused.stderr.count("\n") == 1
    assert run("split_data_dir", "--data_dir", data).returncode == 2
    assert run("split_data_dir", "--data_dir", data, "--nj", 2).returncode == 0
    assert run("merge_data_dir", "--data_dir", data, "--nj", 2, "--names", "utt2emo").returncode == 0
    parts = (data / "split2" / "1", data / "split2" / "2")
    assert run("combine_data_dirs", "--data_dirs", *parts, "--output_dir", data.parent / "c").returncode == 0
    assert contents(data.parent / "c") == contents(data)


def test_labelled_only(data, tmp_path):
    combine = ("combine_data_dirs", "--labelled_only", "--output_dir", tmp_path / "out", "--data_dirs", data)
    assert run(*combine).returncode == 0
    assert list(DataDir(tmp_path / "out").utterances()) == list(read_table(data / "utt2emo"))
    (data / "utt2emo").unlink()
    before = contents(tmp_path / "out")
    refused = run(*combine)
    assert refused.returncode == 1 and refused.stderr.count("\n") == 1 and contents(tmp_path / "out") == before
    assert f"{data}: no labelled utterance in any of the sets" in refused.stderr


def test_parts_that_are_not_there_and_numbers_that_make_none(data):
    refused = run("merge_data_dir", "--data_dir", data, "--nj", 3)
    assert refused.returncode == 1 and "split3/1/utt2spk: no such file" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert run("split_data_dir", "--data_dir", data, "--nj", 0).returncode == 2


def test_leave_speaker_out(data, tmp_path):
    assert run("leave_speaker_out", "--data_dir", data, "--fold", 2, "--output_dir", tmp_path).returncode == 0
    sets = {name: set(read_table(tmp_path / name / "utt2spk").values()) for name in ("train", "dev", "test")}
    assert sets == {"train": {"spk0"}, "dev": {"spk2"}, "test": {"spk1"}}


def test_nothing_to_draw_from(data, tmp_path):
    (data / "utt2emo").unlink()
    refused = run("subset_data_dir", "--data_dir", data, "--fraction", 0.5, "--output_dir", tmp_path / "out")
    assert refused.returncode == 1 and "utt2emo: no labelled utterance to draw" in refused.stderr


def test_a_fraction_of_each_emotion_is_drawn(data, tmp_path):
    def draw(fraction: float) -> int:
        command = [sys.executable, "-m", "c2ser.bin.subset_data_dir", "--data_dir", str(data)]
        done = subprocess.run([*command, "--fraction", str(fraction), "--output_dir", str(tmp_path / "part")])
        return done.returncode

    assert draw(0.5) == 0
    assert DataDir(tmp_path / "part").validate() == []
    labels, drawn = read_table(data / "utt2emo"), read_table(tmp_path / "part" / "utt2emo")
    assert read_table(tmp_path / "part" / "utt2spk").keys() == drawn.keys() <= labels.keys()
    for emotion in set(labels.values()):
        assert list(drawn.values()).count(emotion) == round(list(labels.values()).count(emotion) / 2)
    assert draw(1.5) == 2
