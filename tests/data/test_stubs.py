"""Files that are not there, or of which only a stub is."""

import pytest
from helpers.audio import encoded, tone

from c2ser.data.audio import read_audio
from c2ser.data.stubs import check_file
from c2ser.errors import InputError

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n"


def test_a_file_of_audio_passes(tmp_path):
    (tmp_path / "a.wav").write_bytes(encoded(tone(seconds=0.01), format="WAV"))
    assert check_file(tmp_path / "a.wav") is None


@pytest.mark.parametrize(
    "content, message",
    [
        (None, r"a\.wav: no such file; get it, or leave out what is missing with --skip_bad"),
        (b"", r"a\.wav: empty file, 0 samples; get it again"),
        (POINTER, r"a\.wav: a pointer of Git LFS, not the file; run 'git lfs pull'"),
    ],
)
def test_stubs_are_one_line(tmp_path, content, message):
    if content is not None:
        (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(InputError, match=message):
        check_file(tmp_path / "a.wav")


def test_reading_a_pointer_says_what_it_is(tmp_path):
    (tmp_path / "a.wav").write_bytes(POINTER)
    with pytest.raises(InputError, match=r"a\.wav: a pointer of Git LFS"):
        read_audio(tmp_path / "a.wav")
