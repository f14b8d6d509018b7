"""A small language model, yet to be trained, from a configuration and the texts that it will be trained on."""

import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import sentencepiece
from transformers import LlamaConfig, LlamaTokenizer

from c2ser.errors import InputError


def build_llm(model: dict, tokenizer: dict, *, texts: Iterable[str], output_dir: str | Path) -> None:
    """Writes the folder of a small language model that is yet to be trained: configuration and tokenizer.

    Args:
        model: fields of transformers' LlamaConfig, whose tokenizer reads sentencepiece; the vocabulary is set here.
        tokenizer: options of sentencepiece's trainer, such as ``vocab_size``.
        texts: what the tokenizer is trained on.
        output_dir: the folder.

    Raises:
        InputError: there is no text.

    Example:
        >>> build_llm({"hidden_size": 32}, {"vocab_size": 300}, texts=["Hello."], output_dir="llm")  # doctest: +SKIP
    """
    output_dir = Path(output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        _train_sentencepiece(texts, Path(folder) / "tokenizer", tokenizer)
        (Path(folder) / "tokenizer_config.json").write_text(json.dumps({"pad_token": "<pad>"}), encoding="utf-8")
        pieces = LlamaTokenizer.from_pretrained(folder)
    pieces.save_pretrained(output_dir)
    special = {"bos_token_id": pieces.bos_token_id, "eos_token_id": pieces.eos_token_id}
    config = LlamaConfig(**model, vocab_size=len(pieces), pad_token_id=pieces.pad_token_id, **special)
    config.save_pretrained(output_dir)


def _train_sentencepiece(texts: Iterable[str], prefix: Path, options: dict) -> None:
    """Trains a BPE that decodes every text as it was: no normalization, bytes for rare characters."""
    sentences = list(texts)
    if not sentences:
        raise InputError("no text to train a tokenizer on; build the CoT data first")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_prefix=str(prefix),
        model_type="bpe",
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        hard_vocab_limit=False,
        pad_id=3,
        num_threads=1,
        minloglevel=2,
        **options,
    )
