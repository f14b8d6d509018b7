"""Whether an answer reads as a whole rationale, by how it is built and not by whether it is true.

What a model learns from templates is their sentences and nothing else. A model that learns from rewritten rationales
may word them freely; there the checker of rewritten rationales tells what is one.
"""

import re
from functools import cache
from itertools import combinations

from c2ser.acoustics.levels import ATTRIBUTES, UNKNOWN
from c2ser.languages import LANGUAGES, Language, Rationale
from c2ser.languages.language import Wording
from c2ser.languages.quotes import QUOTE_MARKS
from c2ser.rationales.checker import Facts, faults
from c2ser.rationales.templates import explicit_target

STYLE, WORDS, CONCLUSION = Wording._fields  # a rationale lacks the first or second where nothing is known to fill it


def template_sentences(answer: str) -> frozenset[str] | None:
    """Returns which of the sentences `STYLE` and `WORDS` stand before the conclusion, in a template's words.

    Args:
        answer: what a model said.

    Returns:
        None where the answer is not, from its first character to its last, sentences of the templates of one language
        in their order, filled with levels as the templates say them, a quote and an emotion.

    Example:
        >>> sorted(template_sentences("This is said in a low pitch. So the emotion appears to be sad."))
        ['style']
        >>> template_sentences('This is said in a low pitch. The text "No is sad.') is None
        True
    """
    for language in LANGUAGES.values():
        found, start = {}, 0
        for kind in (STYLE, WORDS, CONCLUSION):
            if sentence := match_sentence(answer.strip(), kind, language=language, start=start):
                found[kind] = sentence
                start = sentence.end() + len(language.templates.sentence_joint)
        whole = language.templates.sentence_joint.join(sentence.group() for sentence in found.values())
        if CONCLUSION in found and whole == answer.strip():
            return frozenset(kind for kind in (STYLE, WORDS) if kind in found and _has_words(found[kind]["filled"]))
    return None


def match_sentence(text: str, kind: str, *, language: Language, start: int = 0) -> re.Match[str] | None:
    """Matches a sentence of the templates at a place of a text.

    Args:
        text: the text.
        kind: `STYLE`, `WORDS` or `CONCLUSION`.
        language: whose templates.
        start: the place.

    Returns:
        A match whose group ``filled`` is what the template was filled with.

    Example:
        >>> match_sentence('The words "No." are heard. That is all.', WORDS, language=LANGUAGES["en"])["filled"]
        'No.'
    """
    found = (pattern.match(text, start) for pattern in _patterns(language)[kind])
    return next((match for match in found if match), None)


def free_sentences(rationale: Rationale, answer: str) -> frozenset[str] | None:
    """Returns the same of a rationale in any words: one in which the checker finds no fault, were it true.

    Besides, its emotion is named in its last sentence only, and its quote marks belong to quotes. That still lets pass
    what only a grammar could refuse (``The words "No." is angry.``).

    Args:
        rationale: what the answer states, as `c2ser.languages.read_rationale` reads it without a transcript.
        answer: what a model said.

    Returns:
        None where `c2ser.rationales.checker.faults` finds a fault in it, given its own levels, words and emotion.

    Example:
        >>> from c2ser.languages import read_rationale
        >>> answer = 'Speaking slowly and in a low pitch, this person says "No." That is sadness.'
        >>> sorted(free_sentences(read_rationale(answer), answer))
        ['style', 'words']
    """
    if rationale.language is None or rationale.emotion is None:
        return None
    levels = tuple(rationale.level(name) or UNKNOWN for name in ATTRIBUTES)
    text = rationale.quotes[0] if rationale.quotes else None
    template = explicit_target(levels, text=text, emotion=rationale.emotion, language=rationale.language)
    facts = Facts(template, levels, text, rationale.emotion, rationale.language)
    if faults(answer, facts) or _has_stray_mark(rationale) or _is_repeated(rationale):
        return None
    found = {STYLE: any(rationale.levels.values()), WORDS: bool(rationale.quotes)}
    return frozenset(name for name, there in found.items() if there)


def _has_words(filling: str) -> bool:
    """Whether there is a letter or digit; a transcript may have none, and its target quotes it all the same."""
    return any(map(str.isalnum, filling))


def _has_stray_mark(rationale: Rationale) -> bool:
    return any(mark in rationale.text for mark in QUOTE_MARKS) or any(
        quote != quote.strip() for quote in rationale.quotes
    )


def _is_repeated(rationale: Rationale) -> bool:
    """Whether a sentence before the last one concludes already."""
    return bool(re.search(r"[.!?。]\s*\w", rationale.text[rationale.emotion_mentions[0].end :]))


@cache
def _patterns(language: Language) -> dict[str, list[re.Pattern[str]]]:
    """Kind of sentence -> its wordings as regular expressions."""
    fillings = {
        "style": _styles(language),
        "words": f"[^{QUOTE_MARKS}]+",
        "emotion": "|".join(map(re.escape, language.emotions.values())),
    }
    patterns: dict[str, list[re.Pattern[str]]] = {}
    for wording in language.templates.rationales:
        for kind, sentence in wording._asdict().items():
            before, filling, after = re.split(r"\{(\w+)\}", sentence)
            pattern = f"{re.escape(before)}(?P<filled>{fillings[filling]}){re.escape(after)}"
            patterns.setdefault(kind, []).append(re.compile(pattern))
    return patterns


def _styles(language: Language) -> str:
    """Matches what a template says of one or more of the attributes, in its order."""
    phrases = [f"(?:{'|'.join(map(re.escape, words))})" for words in language.templates.phrases.values()]
    joint = re.escape(language.templates.phrase_joint)
    known = [joint.join(some) for number in range(len(phrases), 0, -1) for some in combinations(phrases, number)]
    return "|".join(known)
