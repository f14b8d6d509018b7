"""The text of cards."""

import re

import pytest
import yaml
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from c2ser.errors import InputError
from c2ser.packing.card.checking import check_card
from c2ser.packing.card.rendering import card_text
from c2ser.packing.card.run import read_run

HTML = "<img/src=x>|**bold**[a](b)`c`"


def card(exp, **options) -> str:
    return card_text(read_run(exp, **options), "packed é", emotions=["angry", "sad"], parameters=1_500_000)


def rendered(text: str) -> str:
    return MarkdownIt("commonmark").enable("table").render(ModelCard(text).text)


def test_figures_are_the_results_with_their_intervals(write_run):
    text = card(write_run(), command="egs/emodb/run.sh")
    results = ModelCard(text).data.eval_results
    values = {one.metric_type: one.metric_value for one in results}
    assert values == {"accuracy": 87.5, "recall": 87.5, "f1": 86.67}
    assert all(one.metric_args["ci95"][0] <= one.metric_value <= one.metric_args["ci95"][1] for one in results)
    where = {(one.dataset_split, one.dataset_config, one.dataset_type) for one in results}
    assert where == {("test", "explicit", "emodb")}
    page = rendered(text)
    for said in (
        "87.5 [",
        "male",
        "75.0 [",
        "not stated on its site",
        "1.0 to 1.3 s",
        "Per cent [95 % interval over utterances]",
        "apart",
        "egs/emodb/run.sh",
    ):
        assert said in page
    assert re.search("worst group is sex male, UA 75.0; the whole set has 87.5", page)
    for topic in ("Intended use", "Out of scope", "Regulation (EU) 2024/1689", "100.0 [86.2, 100.0]"):
        assert topic in page


def test_metadata_names_languages_and_base_models(write_run):
    metadata = ModelCard(card(write_run())).data.to_dict()
    assert metadata["language"] == ["de", "en"] and metadata["license"] == "unknown"
    assert metadata["base_model"] == ["openai/whisper-base", "Qwen/Qwen2-7B"]


def test_what_is_not_known_is_said_to_be(write_run, tmp_path):
    exp = write_run(explicit_probability=[1.0, 0.0], whisper=str(tmp_path / "secret" / "whisper"))
    (tmp_path / "dump").rename(tmp_path / "elsewhere")
    (exp / "inference_explicit").rename(tmp_path / "scores")
    text = card(exp)
    assert text.count("ot known") >= 7 and "model-index" not in text and str(tmp_path) not in text
    assert "trained to answer without reasons" in text


def test_text_of_the_run_stays_text(write_run, tmp_path):
    exp = write_run(corpus=HTML.replace(" ", ""), test="te<b>st")
    text = card(exp, command="run.sh `id` <script>alert(1)</script>")
    (tmp_path / "README.md").write_text(text)
    check_card(tmp_path / "README.md")
    page = rendered(text)
    assert not re.search(r"<(script|img|b|a href=.b)\b", page) and "<strong>bold" not in page
    assert "&lt;img/src=x&gt;|**bold**[a](b)`c`" in page and "te&lt;b&gt;st" in page
    assert yaml.safe_load(text.split("---\n")[1])["model-index"][0]["results"][0]["dataset"]["split"] == "te<b>st"


@pytest.mark.parametrize("text", ["# A\n\n<script>alert(1)</script>\n", "---\na: 1\n---\n\n# A\n\nx <img src=y> z\n"])
def test_html_of_others_is_found(text, tmp_path):
    (tmp_path / "README.md").write_text(text)
    line = text[: text.index("<")].count("\n") + 1
    with pytest.raises(InputError, match=f"README.md:{line}: has HTML"):
        check_card(tmp_path / "README.md")
