"""Levels that an English text states."""

import re

from c2ser.languages.levels import LevelMention, LevelWords

WORDS = LevelWords(
    attributes={
        "rate": "pace paced paces speed speeds tempo rate cadence",
        "pitch": "pitch pitched pitches tone tones register intonation",
        "energy": "volume loudness intensity energy amplitude",
        "voice": "voice voices voiced sound",
    },
    specific={
        ("rate", "low"): (
            "slow slower slowly slowed slows slowness unhurried unhurriedly leisurely sluggish sluggishly "
            "dragging drawling drawl lingering plodding slowing"
        ),
        ("rate", "high"): (
            "fast faster quick quicker quickly quickened rapid rapidly swift swiftly speedy speedily brisk "
            "briskly hurried hurriedly hurry hurrying rush rushed rushes rushing hasty hastily racing speeding "
            "accelerates accelerated accelerating quickening"
        ),
        ("pitch", "low"): "bass baritone",
        ("pitch", "high"): "shrill shrilly squeaky piercing treble falsetto",
        ("energy", "low"): (
            "soft softly softer softness quiet quietly quieter quietness faint faintly hushed subdued whisper "
            "whispers whispered whispering murmur murmurs murmured murmuring mumbles mumbled mumbling muted "
            "gentle gently"
        ),
        ("energy", "high"): (
            "loud loudly louder booming shout shouts shouted shouting yell yells yelled yelling scream screams "
            "screamed screaming bellowing roar roars roared roaring thundering forceful forcefully powerful "
            "powerfully energetic energetically"
        ),
    },
    generic={
        "low": "low lower lowered reduced weak",
        "medium": (
            "medium moderate middle mid average normal ordinary regular standard usual typical intermediate "
            "conversational natural"
        ),
        "high": "high higher elevated raised heightened increased considerable great strong",
    },
    turns={
        # "Pitch: low"
        r"\b(pitch|volume|loudness|energy|rate|speed|pace|tempo)\s*:\s*": r"\1 is ",
        r",\s*(?:on the other hand|however|by contrast|in contrast|meanwhile|though),": "",
        r"(?:n't|\bnot) (\w+), (?:it|they|but)(?: is|'s| are|'re)? ": r" not \1 but ",
        # "Anger would be louder" and "as anger would be slower" say nothing of the voice.
        r"\b\w+ (?:would|could|might) (?:be|have been|sound) [\w' -]+": "",
        r"\b(?:above|over|higher than|more than)[ -](?:the )?(?:average|usual|normal|medium|moderate)\b": "high",
        r"\b(?:below|under|lower than|less than)[ -](?:the )?(?:average|usual|normal|medium|moderate)\b": "low",
        r"\bthan (?:is )?(?:average|usual|normal|most)\b": "",
        r"\bat the top of (?:his|her|their) (?:lungs|voice)\b": "loudly",
        r"\bunder (?:his|her|their|the) breath\b": "quietly",
        r"\btak(?:es?|ing) (?:its|his|her|their) time\b": "slowly",
        r"\bdr(?:awn|agged)[ -]out\b": "slow",
        # "at the lower end of the pitch range"
        r"\b(?:end|part|half|side|portion|range) of (?:the|its|his|her|their|a) (?=pitch|volume|tempo|speed)": "",
        r"\bmoderately (?=paced|pitched)": "moderate ",
        r"\b(?:instead of|rather than|far from|anything but)\b": "not",
        r"\bnot only\b": "",
        r"\bof (?:the |his |her |their |this )?(?:voice|speech|speaker)\b": "",
    },
    negations=r"\b(?:not|no|none|nobody|nothing|never|neither|nor|without|hardly|cannot|free of|far from|instead of|"
    r"rather than|lack\w*|would like to|tr(?:y|ies|ying) to|mistake\w* for|pretend\w*|feign\w*|"
    r"fak(?:e|es|ed|ing))\b|n't\b",
    affirmations=r"\b(?:no doubt|without (?:a |any )?doubt|not only|nothing but|no wonder|"
    r"(?:cannot|can't|not) help but)\b",
    window=r"(?:[\s,]+[\w'-]+){0,4}[\s,]+$",
)

COPULAS = frozenset(
    "is was are were be being been stays stay stayed remains remain remained kept keeps keep seems sounds sits lies "
    "held set turned climbs climbing rises rising goes stands drops drop falls falling hovers".split()
)
LINKS = frozenset(
    "at in a an on the rather quite very fairly both too neither nor not either or and relatively only somewhat "
    "but slightly also all equally comparatively noticeably up down to that which".split()
)
STOPS = frozenset(
    "the a an with while but that which it its his her their this as though although whereas when who says said to "
    "from yet".split()
)


class EnglishLevels:
    """Finds the levels that an English text states.

    Args:
        words: English words for levels.
    """

    def __init__(self, words: LevelWords):
        self.words = words

    def __call__(self, text: str) -> list[LevelMention]:
        """Finds the levels that a text states, in order.

        Args:
            text: the text, with a quote mark in place of its transcript.
        """
        text = self.words.plainer(text).lower().replace("’", "'")
        clauses = [re.findall(r"[a-z]+(?:'[a-z]+)?|,", clause) for clause in re.split(r"[.;:!?\"“”\n]+", text)]
        return [mention for clause in clauses for mention in Clause(clause, self.words).find()]


class Clause:
    """The words between two full stops, each looked at with those around it."""

    def __init__(self, words: list[str], level_words: LevelWords):
        self.words = words
        self.level_words = level_words
        self.nouns = level_words.nouns
        self.levels = level_words.generic_words
        self.specific = level_words.specific_words

    def find(self) -> list[LevelMention]:
        """Finds the levels that the clause states, in order."""
        found = []
        for place, word in enumerate(self.words):
            if word in self.specific:
                attribute, level = self.specific[word]
                found.append(self._mention(frozenset({attribute}), level, place))
            elif word in self.levels:
                found += [self._mention(names, self.levels[word], place) for names in self._attributes(place)]
            elif word in ("deep", "deeper") and any("pitch" in names for names in self._attributes(place)):
                found.append(self._mention(frozenset({"pitch"}), "low", place))
        return found

    def _mention(self, attributes: frozenset[str], level: str, place: int) -> LevelMention:
        before = re.split(r"\b(?:but|yet|while)\b|,", " ".join(self.words[:place]))[-1]
        return LevelMention(attributes, level, self.level_words.is_negated(f"{before} "))

    def _attributes(self, place: int) -> list[frozenset[str]]:
        """What a word such as "low" is said of."""
        noun = self._next(place)
        if noun is None and self._linked(place, copula=True) is None:
            noun = self._further(place)
        if noun is not None:
            return self._coordinated(noun, 1)
        noun = self._linked(place, copula=True)
        if noun is None:
            noun = self._linked(place, copula=False)
        return [] if noun is None else self._coordinated(noun, -1)

    def _next(self, place: int) -> int | None:
        """The noun right after it, or after "in": "low in pitch"; so also of the first of "high nor low in pitch"."""
        end = place + 1
        while self._word(end) in ("and", "or", "nor", "to") and self._word(end + 1) in self.levels:
            end += 2
        if self._word(end) == "in":
            end += 2 if self._word(end + 1) == "both" else 1
        return end if self._word(end) in self.nouns else None

    def _further(self, place: int) -> int | None:
        """The noun up to four words on, with nothing but modifiers before it: "low and steady speaking volume"."""
        for end in range(place + 1, min(place + 6, len(self.words))):
            word = self.words[end]
            if word in self.nouns:
                return None if self.words[end - 1] in (",", "and", "or") else end
            if word in STOPS or word in COPULAS:
                return None
        return None

    def _linked(self, place: int, copula: bool) -> int | None:
        """The noun before it, linked by a copula, or by small words: "pitch is rather low", "volume at a low level"."""
        seen = False
        for start in range(place - 1, max(place - 9, -1), -1):
            word = self.words[start]
            if word in self.nouns:
                return start if seen or not copula else None
            if word in COPULAS:
                seen = True
            elif word not in LINKS and word not in self.levels:
                return None
        return None

    def _coordinated(self, noun: int, step: int) -> list[frozenset[str]]:
        """Of the noun and those that share its word: "a moderate pace, pitch and volume", "pitch and volume are"."""
        nouns, place = [noun], noun + step
        while 0 <= place < len(self.words):
            word = self.words[place]
            if word in self.nouns:
                shared = self._word(place - 1) not in self.levels if step < 0 else self._shares(place)
                if not shared:
                    break
                nouns.append(place)
            elif word not in (",", "and", "or") and not (step < 0 and word in ("the", "its", "his", "her", "their")):
                break
            place += step
        return [self.nouns[self.words[place]] for place in nouns]

    def _shares(self, place: int) -> bool:
        following = self._word(place + 1)
        return following not in COPULAS and following not in self.levels and following not in self.specific

    def _word(self, place: int) -> str:
        return self.words[place] if 0 <= place < len(self.words) else ""
