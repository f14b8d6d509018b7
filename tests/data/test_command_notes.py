"""What made the files of a folder is noted beside them."""

from c2ser.bin.score import main as score
from c2ser.data.commands import noted_command
from c2ser.data.tables import write_table


def test_score_notes_its_command_and_the_set(tmp_path):
    for name in ("set/utt2emo", "answers/utt2emo"):
        write_table(tmp_path / name, {"a": "sad"})
    options = ["--ref", str(tmp_path / "set/utt2emo"), "--hyp", str(tmp_path / "answers/utt2emo")]
    score([*options, "--output_dir", str(tmp_path / "score")])
    noted = noted_command(tmp_path / "score")
    assert noted.command.startswith("python -m c2ser.bin.score --ref ") and noted.data_dir == str(tmp_path / "set")


def test_without_a_note_nothing_is_known(tmp_path):
    assert noted_command(tmp_path) is None
    for content in ("{", "[]", '{"made": "otherwise"}'):
        (tmp_path / "made_by.json").write_text(content)
        assert noted_command(tmp_path) is None
