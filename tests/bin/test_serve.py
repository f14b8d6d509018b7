"""What c2ser serve says before it serves."""

import sys

import pytest

from c2ser.bin import serve


@pytest.fixture
def refused(capsys):
    """Runs the command and returns what it ends with."""

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as end:
            serve.main(["--model", "nowhere", *arguments])
        return f"{end.value.code} {capsys.readouterr().err}"

    return run


def test_a_folder_of_examples_must_have_some(refused, tmp_path):
    pytest.importorskip("gradio", reason="the extra [serve] is not installed with Gradio")
    assert "nothing: no such folder of examples" in refused("--examples", str(tmp_path / "nothing"))
    assert f"{tmp_path}: no audio file" in refused("--examples", str(tmp_path))


def test_there_are_no_examples_without_the_page(refused):
    assert "--examples: not allowed with argument --no_page" in refused("--no_page", "--examples", "a")


def test_without_gradio_programs_are_served_and_the_rest_is_said(monkeypatch, capsys):
    from types import SimpleNamespace

    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert serve.page_examples(SimpleNamespace(no_page=False, examples=None)) is None
    assert capsys.readouterr().err == "no page: gradio is not installed; install c2ser with the extra [serve]\n"
