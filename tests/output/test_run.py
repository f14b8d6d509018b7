"""Runs that are interrupted go on where they stopped, and end with the bytes of a run that was not."""

import os

import pytest

from c2ser.data.files import locked
from c2ser.errors import InputError
from c2ser.output.run import print_answers, save_answers


@pytest.fixture
def files(tmp_path) -> list[str]:
    paths = [tmp_path / "in" / f"{number:03}.wav" for number in range(100)]
    paths[0].parent.mkdir()
    for path in paths:
        path.write_bytes(b"x")
    return list(map(str, paths))


class Answering:
    """Answers, and notes what it was asked; stops after some files as a kill would."""

    def __init__(self, stop_after: int | None = None):
        self.asked: list[str] = []
        self.stop_after = stop_after

    def __call__(self, files):
        for file in files:
            if len(self.asked) == self.stop_after:
                raise KeyboardInterrupt
            self.asked.append(file)
            if file.endswith("7.wav"):
                yield {"file": file, "error": f"{file}: broken"}
            else:
                yield {"file": file, "text": f"with {files[0]}"}  # answers depend a little on the group


def lines(answers):
    return (f"{answer['file']} {answer['text']}\n" for answer in answers)


def save(files, output, settings="s", **options):
    answering = Answering(**options)
    left_out = save_answers(files, answering, lines=lines, output=output, settings=settings)
    return answering.asked, left_out


def interrupt(files, output, after: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        save(files, output, stop_after=after)


def test_interrupted_runs_end_with_the_same_bytes(files, tmp_path):
    asked, left_out = save(files, tmp_path / "whole.tsv")
    whole = (tmp_path / "whole.tsv").read_text()
    assert asked == files and len(left_out) == 10 and len(whole.splitlines()) == 90
    output = tmp_path / "new" / "again.tsv"
    interrupt(files, output, after=20)
    assert not output.exists()
    with open(f"{output}.unfinished", "ab") as journal:
        journal.write(b'["torn')
    asked, again = save(files, output)
    assert asked[0] == files[16] and again == left_out  # the first group of 16 was finished
    assert output.read_text() == whole
    assert os.listdir(output.parent) == ["again.tsv"]


def test_what_changed_is_answered_again_and_all_after_it(files, tmp_path):
    output = tmp_path / "a.tsv"
    interrupt(files, output, after=60)
    with open(files[20], "ab") as file:
        file.write(b"more")
    assert save(files, output)[0] == files[16:]
    interrupt(files, output, after=60)
    assert save(files, output, settings="other")[0] == files
    interrupt(files, output, after=60)
    assert save(files[1:], output)[0] == files[1:]


def test_a_run_without_a_finished_group_leaves_nothing(files, tmp_path):
    interrupt(files, tmp_path / "a.tsv", after=3)
    assert not list(tmp_path.glob("a.tsv*"))


def test_two_runs_do_not_write_one_file(files, tmp_path):
    with locked(tmp_path / "a.tsv.unfinished"), pytest.raises(InputError, match="another program is writing there"):
        save(files, tmp_path / "a.tsv")


def test_answers_are_printed_as_they_come(files, capsys):
    printed = []

    def answering(group):
        printed.append(capsys.readouterr().out)
        yield from Answering()(group)

    left_out = print_answers(files, answering, lines=lines)
    printed.append(capsys.readouterr().out)
    assert len(left_out) == 10 and [len(text.splitlines()) for text in printed] == [0, 15, 28, 47]
