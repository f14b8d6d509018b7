"""Rationales reworded by a chat model where the rewrite stays true, templates elsewhere."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from c2ser.acoustics.levels import parse_levels
from c2ser.data.data_dir import DataDir
from c2ser.data.files import atomic_write
from c2ser.data.names import ATTRIBUTE_LEVELS, EXPLICIT, UTT2EMO
from c2ser.data.tables import write_table
from c2ser.data.transcripts import LANGUAGES as LANGUAGE_TABLES
from c2ser.data.transcripts import TRANSCRIPTS, preferred
from c2ser.emotions import parse_emotion
from c2ser.errors import InputError
from c2ser.languages import LANGUAGES, language_of
from c2ser.lm.chat.model import ChatModel, Conversation
from c2ser.rationales.checker import Facts, faults
from c2ser.rationales.rewriting_report import Try, merged_report, report_text, rewriting_report
from c2ser.rationales.templates import explicit_target
from c2ser.settings import build_from_mapping, positive, read_settings, require

REPORT_NAME = "rewriting.json"


@dataclass(frozen=True)
class Prompt:
    """The instructions of a chat model in one language.

    Attributes:
        system: its role; may be empty.
        user: the task, with ``{template}``.
        retry: the message after a rewrite that the checker rejects, with ``{faults}``.
    """

    system: str = ""
    user: str = ""
    retry: str = ""

    @property
    def instructions(self) -> str:
        """All of it but what is filled in; no rewrite should repeat these."""
        return "\n".join([self.system, self.user.format(template="\n"), self.retry.format(faults="\n")])

    def conversation(self, template: str) -> Conversation:
        """Starts a conversation about a template."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": self.user.format(template=template)}]

    def again(self, conversation: Conversation, rewrite: str, *, found: Sequence[str]) -> Conversation:
        """Continues a conversation after a rejected rewrite.

        Args:
            conversation: so far.
            rewrite: the model's answer.
            found: the faults of it.
        """
        retry = self.retry.format(faults="\n".join(f"- {fault}" for fault in found))
        return [*conversation, {"role": "assistant", "content": rewrite}, {"role": "user", "content": retry}]


@dataclass(frozen=True)
class RewritingConfig:
    """How rationales are rewritten.

    Attributes:
        prompts: by code of the language, one for each of `LANGUAGES`.
        max_new_tokens: longest rewrite, in tokens.
        temperature: sampling temperature of the second try; the first is greedy.
    """

    prompts: dict[str, Prompt]
    max_new_tokens: int = 256
    temperature: float = 0.7

    def __post_init__(self):
        require(*positive(self, "max_new_tokens", "temperature"))

    @classmethod
    def read(cls, path: str | Path) -> "RewritingConfig":
        """Reads the YAML file of a recipe.

        Raises:
            InputError: a key or placeholder is unknown or missing, or a value is of the wrong type.
        """
        mapping = read_settings(path)
        if missing := next((code for code in LANGUAGES if code not in mapping), None):
            raise InputError(f"{path}: '{missing}' is missing, the prompt of that language")
        prompts = {code: _prompt(mapping[code], f"{path}: {code}") for code in LANGUAGES}
        sampling = {key: value for key, value in mapping.items() if key not in LANGUAGES}
        return build_from_mapping(cls, {**sampling, "prompts": prompts}, file=path)


def _prompt(mapping: dict, name: str) -> Prompt:
    prompt = build_from_mapping(Prompt, mapping, name=name)
    for key, placeholder in (("system", None), ("user", "template"), ("retry", "faults")):
        text, wanted = getattr(prompt, key), {placeholder} - {None}
        try:
            found = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
        except (TypeError, ValueError) as error:
            raise InputError(f"{name}: {key}: not a text with placeholders ({error}); write {{{{ for a brace") from None
        if found != wanted:
            has = ", ".join(sorted(found)) or "none"
            raise InputError(f"{name}: {key}: its placeholders should be {placeholder or 'none'}, not {has}")
    return prompt


def rewrite_cot(data_dir: str | Path, output_dir: str | Path, *, chat: ChatModel, config: RewritingConfig) -> dict:
    """Rewrites the rationales of a set; where two rewrites fail the check, the template is kept.

    Writes ``explicit``, ``rewriting.txt`` and, last, ``rewriting.json``.

    Args:
        data_dir: a set with the tables of `c2ser.rationales.targets.build_cot`. Its templates are worded anew, so
            that rewriting twice gives the same result.
        output_dir: may be ``data_dir``.
        chat: the chat model.
        config: prompts and sampling.

    Returns:
        The report; see `rewriting_report`.

    Raises:
        InputError: a table is missing or lacks an utterance, or the chat model fails.
    """
    facts = _facts(Path(data_dir))
    explicit = {utt: told.template for utt, told in facts.items()}
    tries: dict[str, list[Try]] = {utt: [] for utt in facts}
    conversations = {utt: config.prompts[told.language].conversation(told.template) for utt, told in facts.items()}
    for sampling in ({}, {"temperature": config.temperature, "seed": 1}):
        rewrites = chat.answers(list(conversations.values()), config.max_new_tokens, **sampling)
        asked, conversations = conversations, {}
        for (utt, conversation), rewrite in zip(asked.items(), rewrites, strict=True):
            prompt = config.prompts[facts[utt].language]
            found = faults(rewrite, facts[utt], prompt=prompt.instructions)
            tries[utt].append(Try(rewrite, found))
            if found:
                conversations[utt] = prompt.again(conversation, rewrite, found=found)
            else:
                explicit[utt] = rewrite
    write_table(Path(output_dir) / EXPLICIT, explicit)
    report = rewriting_report({utt: told.template for utt, told in facts.items()}, tries)
    _write_report(Path(output_dir), report)
    return report


def merge_rewriting(directory: str | Path, num_splits: int) -> dict:
    """Merges the reports of the parts of a directory, writes the merged report and returns it.

    Args:
        directory: has the parts ``split<n>/1`` to ``split<n>/<n>``.
        num_splits: n.

    Raises:
        InputError: a part has no report, which means that its job did not finish.
    """
    parts = [part.path / REPORT_NAME for part in DataDir(directory).parts(num_splits)]
    if missing := next((part for part in parts if not part.exists()), None):
        raise InputError(f"{missing}: no such file; the job of this part did not finish")
    report = merged_report([json.loads(part.read_text(encoding="utf-8")) for part in parts])
    _write_report(Path(directory), report)
    return report


def _facts(data_dir: Path) -> dict[str, Facts]:
    """Reads what each labelled utterance's rationale should state."""
    if not DataDir(data_dir).has(ATTRIBUTE_LEVELS):
        raise InputError(f"{data_dir / ATTRIBUTE_LEVELS}: no such file; run build_cot first")
    rows = DataDir(data_dir).iterate(
        ATTRIBUTE_LEVELS,
        optional=[UTT2EMO, *TRANSCRIPTS, *LANGUAGE_TABLES],
        parsers={ATTRIBUTE_LEVELS: parse_levels, UTT2EMO: parse_emotion},
    )
    facts = {}
    for utt, levels, emotion, text, text_asr, lang, lang_asr in rows:
        if emotion is not None:
            words, language = preferred(text, text_asr), preferred(lang, lang_asr)
            template = explicit_target(levels, text=words, emotion=emotion, language=language)
            facts[utt] = Facts(template, levels, words, emotion, language_of(language).code)
    return facts


def _write_report(directory: Path, report: dict) -> None:
    with atomic_write(directory / "rewriting.txt") as file:
        file.write(report_text(report))
    with atomic_write(directory / REPORT_NAME) as file:
        json.dump(report, file, ensure_ascii=False, indent=1)
        file.write("\n")
