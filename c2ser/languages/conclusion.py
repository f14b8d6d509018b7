"""Which of the emotions that an answer mentions is the one that it concludes with."""

import re

from c2ser.languages.emotion_words import MINOR, RANKED, EmotionText, find_emotions
from c2ser.languages.language import BLANK, HINT, WORD
from c2ser.languages.quotes import MARK, mask_quotes, plain, split_open_quote
from c2ser.languages.registry import LANGUAGES

_TRANSCRIPT_LINE = re.compile(
    r"^\W*(?:transcript(?:ion)?|text|words?|utterance|speech|said|转写|转录|文本|内容|台词|原文|说的话)\W*[:：]"
    r"\s*(?![\"'“‘«「『\s])[^\n]+$",
    re.IGNORECASE | re.MULTILINE,
)
_KEY = re.compile(r"""["'](\w+)["'](?=\s*[:：])""")
_MARKUP = re.compile(r"\\boxed|\\text|[*`#_~{}\[\]]|</?\w+>")
_OTHER = rf"[^\w.!?。！？{WORD}{HINT}]"
_RATINGS = (
    re.compile(
        rf"{WORD}(?:的?(?:可能性?|概率|置信度|占比|比例))?(?:大?约?[为是占])?约?{_OTHER}{{0,4}}(?P<number>\d+(?:·\d+)?)"
    ),
    re.compile(rf"(?P<number>\d+(?:·\d+)?)\s*%?{_OTHER}{{0,3}}(?:of )?{WORD}"),
)
_STOP = "\ue002"  # the end of a quoted sentence, which ends the sentence around it where another one follows
_OPTION = re.compile(rf"(?:^|[\s,;(])\(?[A-Ha-h1-9][.):]{_OTHER}{{0,3}}{WORD}")


def concluded_emotions(text: str) -> set[str]:
    """Returns the emotions that an answer concludes with: none, one, or several of equal weight.

    Args:
        text: an answer in any of the languages.

    Example:
        >>> sorted(concluded_emotions("Anger, or perhaps fear."))
        ['angry', 'fearful']
    """
    found = find_emotions(without_quotes(text))
    rated = _highest_rated(found)
    return _strongest(found) if rated is None else rated


def without_quotes(text: str) -> str:
    """Returns an answer as plain text on one line, without markup, `MARK` in place of quoted words.

    A quoted name of an emotion stays, unless it is said by somebody: ``The emotion is "angry"``.
    """
    text = _TRANSCRIPT_LINE.sub(MARK, _KEY.sub(r"\1", _unwrapped(text.replace(MARK, BLANK).strip())))
    text = plain(mask_quotes(text, _mask))
    text = re.sub(rf"{_STOP}(?=\s+[A-Z])", ".", text).replace(_STOP, "")
    text = _MARKUP.sub(" ", text)
    text = re.sub(r"(?<=[:.!?,;。、])\s*\n\s*", " ", text.strip())
    return _without_open_quote(re.sub(r"(?<=\d)\.(?=\d)", "·", re.sub(r"\s*\n\s*", ". ", text)))


def _without_open_quote(text: str) -> str:
    """With `MARK` for all that a quote which is not closed may contain: up to the conclusion, which stands last."""
    before, sentences = split_open_quote(text)
    if not sentences:
        return before
    named = (sentence for sentence in reversed(sentences[1:]) if _strongest(find_emotions(sentence)))
    last = next(named, _predicate(sentences[0]) if len(sentences) == 1 else "")
    return f"{before}{MARK}. {last}" if len(sentences) > 1 else f"{before}{MARK} {last}"


def _predicate(sentence: str) -> str:
    """The end of a sentence that says an emotion of what is quoted before it ("TheThe is angry."), or nothing."""
    mentions = find_emotions(sentence).mentions
    if not mentions or re.search(r"\w", sentence[mentions[-1].end :]):
        return ""
    copula = "|".join(language.rules.copula for language in LANGUAGES.values())
    found = re.search(rf"(?:{copula})$", sentence[: mentions[-1].start])
    return sentence[found.start() :] if found else ""


def _mask(before: str, quoted: str) -> str:
    """What stands for a quote."""
    if is_label(before, quoted):
        return quoted
    return f"{MARK}{_STOP}" if re.search(r"[.!?]$", quoted) else MARK


def is_label(before: str, quoted: str) -> bool:
    """Whether a quote is an emotion's name alone, and what stands before it does not say that somebody says it."""
    masked = find_emotions(quoted).masked
    is_name = bool(re.fullmatch(rf"[^\w{WORD}{HINT}]*{WORD}[^\w{WORD}{HINT}]*", masked))
    saying = (language.rules.saying for language in LANGUAGES.values())
    return is_name and not any(re.search(pattern, before, re.IGNORECASE) for pattern in saying)


def _unwrapped(text: str) -> str:
    """Without quotes around the whole."""
    whole = re.fullmatch('["“「『\']([^"“”「」『』]*)["”」』\']', text)
    return whole.group(1) if whole else text


def _highest_rated(text: EmotionText) -> set[str] | None:
    """The emotions of the highest number where several have one ("angry: 0.1, happy: 0.75"); None without numbers."""
    for rating in _RATINGS:
        numbers = {
            place: float(found["number"].replace("·", "."))
            for found in rating.finditer(text.masked)
            for place in [found.start() + found.group().index(WORD)]
        }
        if len(numbers) > 1:
            highest = max(numbers.values())
            names = dict(zip(text.places(), (mention.name for mention in text.mentions)))
            return {names[place] for place, number in numbers.items() if number == highest}
    return None


def _strongest(text: EmotionText) -> set[str]:
    """The emotions of the last of the groups with the highest rank."""
    best, highest = set(), -1
    options = _options(text)
    for group in text.groups():
        counted = [text.mentions[index] for index in group if index not in options]
        counted = [mention for mention in counted if mention.name and not mention.denied and not mention.unsaid]
        rank = max((mention.rank for mention in counted), default=-1)
        if counted and rank >= highest:
            least = RANKED if rank == RANKED else MINOR + 1 if rank > MINOR else MINOR
            best, highest = {mention.name for mention in counted if mention.rank >= least}, rank
    return best


def _options(text: EmotionText) -> set[int]:
    """Mentions that are listed with letters or numbers before them, two or more."""
    ends = [found.end() - 1 for found in _OPTION.finditer(text.masked)]
    return {index for index, place in enumerate(text.places()) if place in ends} if len(ends) > 1 else set()
