"""How a program ends: one line on stderr, and the exit code that tells what happened."""

import errno
import os
import subprocess
import sys

import pytest

from c2ser.errors import C2SERError, InputError, StorageError, TrainingError, describe, one_line_errors, writing


def exit_of(error: BaseException) -> object:
    with pytest.raises(SystemExit) as ended, one_line_errors():
        raise error
    return ended.value.code


def test_kinds_are_told_apart_and_are_value_errors():
    for kind in (InputError, StorageError, TrainingError):
        assert issubclass(kind, C2SERError) and issubclass(kind, ValueError)
        assert exit_of(kind("x.yaml: bad")) == "error: x.yaml: bad"
    assert not issubclass(StorageError, InputError) and not issubclass(TrainingError, InputError)


def test_several_faults_are_a_line_each():
    assert exit_of(InputError("a: bad\nb: worse")) == "error: a: bad\nerror: b: worse"


def test_errors_of_the_system_name_the_file_if_there_is_one():
    missing = FileNotFoundError(errno.ENOENT, "No such file or directory", "wav.scp")
    assert exit_of(missing) == "error: wav.scp: No such file or directory; check the path"
    full = OSError(errno.ENOSPC, "No space left on device")
    assert describe(full) == "No space left on device; free some space, or write elsewhere"
    assert describe(OSError("two\nlines")) == "two lines"


def test_a_full_disk_names_the_file():
    with pytest.raises(StorageError) as error, writing("/dev/full"), open("/dev/full", "w") as file:
        file.write("x" * 100)
        file.flush()
    assert str(error.value) == "/dev/full: No space left on device; free some space, or write elsewhere"


def test_what_is_read_meanwhile_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError), writing(tmp_path / "out"):
        open(tmp_path / "none")


def test_an_interrupt_exits_with_130(capsys):
    assert exit_of(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "error: interrupted\n"


def test_a_reader_of_stdout_that_has_ended_is_no_traceback():
    code = "from c2ser.errors import one_line_errors\nwith one_line_errors():\n    while True: print('x' * 1000)"
    reader, writer = os.pipe()
    process = subprocess.Popen([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(reader)
    os.close(writer)
    assert process.communicate()[1] == "" and process.returncode == 1
