"""Groups of files that are answered together."""

import os

from c2ser.data.file_groups import file_groups


def test_groups_begin_small_and_large_files_form_small_ones(tmp_path):
    assert [len(group) for group in file_groups(["none"] * 1000)] == [16, 32, 64, 128, 256, 256, 248]
    for number in range(4):
        (tmp_path / str(number)).touch()
        os.truncate(tmp_path / str(number), 20 << 20)
    large = [str(tmp_path / str(number)) for number in range(4)]
    assert list(file_groups(["none", *large])) == [["none", large[0]], *([file] for file in large[1:])]
