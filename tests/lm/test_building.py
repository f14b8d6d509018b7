"""A small language model built from texts: its tokenizer loses nothing, and the same texts give the same files."""

import pytest
from helpers.tiny_alm import LLM, targets

from c2ser.errors import InputError
from c2ser.lm.building import build_llm
from c2ser.lm.loading import has_weights, load_tokenizer
from c2ser.rationales.prompts import PROMPTS


@pytest.mark.parametrize(
    "text",
    [
        "I feel fine, thank you.",
        "  two  spaces, and one behind ",
        "今天我很开心！",
        "Größe, Übermut und ein Straßenfest",
        "smile 😀👩‍🚀, ﬁ ligature, Ⅳ, ½",
        "Ελληνικά, русский, العربية",
        "",
    ],
)
def test_tokenizer_gives_every_text_back(tiny_llm, text):
    tokenizer = load_tokenizer(str(tiny_llm))
    ids = tokenizer(text, add_special_tokens=False).input_ids
    assert tokenizer.decode(ids, skip_special_tokens=True).strip() == text.strip()
    assert tokenizer.unk_token_id not in ids


def test_special_tokens_are_all_there_and_differ(tiny_llm):
    tokenizer = load_tokenizer(str(tiny_llm))
    special = [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id]
    assert None not in special and len(set(special)) == 3
    assert not has_weights(str(tiny_llm))


def test_the_same_texts_build_the_same_llm(tiny_llm, tmp_path):
    build_llm(LLM, {"vocab_size": 500}, texts=[*targets(), *PROMPTS.values()], output_dir=tmp_path)
    names = sorted(path.name for path in tiny_llm.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir()) and "config.json" in names
    for name in names:
        assert (tmp_path / name).read_bytes() == (tiny_llm / name).read_bytes(), name


def test_no_text_no_llm_and_no_folder_are_one_line(tmp_path):
    with pytest.raises(InputError, match="no text to train a tokenizer on"):
        build_llm(LLM, {"vocab_size": 500}, texts=[], output_dir=tmp_path / "llm")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="give a hub id or a folder") as error:
        load_tokenizer(str(tmp_path / "empty"))
    assert len(str(error.value).splitlines()) == 1
