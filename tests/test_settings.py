"""Settings and configurations from YAML."""

import pytest

from c2ser.errors import InputError
from c2ser.settings import read_config

BASE = "optim: adamw\noptim_conf: {lr: 1.0, betas: [0.9, 0.99]}\nmax_epoch: 3\nllm: {layers: 2}\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "alm.yaml").write_text(BASE)
    (tmp_path / "more").mkdir()
    return tmp_path


def test_a_file_has_what_differs_from_its_base(folder):
    second, third = folder / "more" / "second.yaml", folder / "third.yaml"
    second.write_text("base: ../alm.yaml\noptim_conf: {lr: 0.5, eps: 1}\nllm: a name\n")
    third.write_text("base: more/second.yaml\noptim_conf: {betas: [0.5, 0.5]}\nextra: null\n")
    expected = {
        "optim": "adamw",
        "optim_conf": {"lr": 0.5, "betas": [0.9, 0.99], "eps": 1},
        "max_epoch": 3,
        "llm": "a name",
    }
    assert read_config(second) == expected
    expected["optim_conf"]["betas"] = [0.5, 0.5]
    assert read_config(third) == {**expected, "extra": None}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("base: none.yaml\n", "x.yaml: base 'none.yaml' is not a file"),
        ("base: [1]\n", r"x.yaml: base '\[1\]' is not a file"),
        ("base: more\n", "x.yaml: base 'more' is not a file"),
        ("base: x.yaml\n", "x.yaml: base 'x.yaml' is based on this file"),
        ("base: more/y.yaml\n", r"y.yaml: base '\.\./x.yaml' is based on this file"),
        ("- 1\n", "x.yaml: "),
    ],
)
def test_wrong_bases(folder, content, error):
    (folder / "x.yaml").write_text(content)
    (folder / "more" / "y.yaml").write_text("base: ../x.yaml\n")
    with pytest.raises(InputError, match=error):
        read_config(folder / "x.yaml")
