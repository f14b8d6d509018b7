"""What is exchanged, and what an answer to that is compared with."""

from dataclasses import dataclass

# Inputs that may be another utterance's: Emotion2Vec-S's tokens, Whisper's frames, the tokens of the classifiers that
# pool these, and of the reasons that the model concludes from, levels and words.
TOKENS, FRAMES, POOLED, LEVELS, WORDS = "tokens", "frames", "pooled", "levels", "words"

UNCHANGED, GIVEN = "unchanged", "given"


@dataclass(frozen=True)
class Condition:
    """Inputs of an answer.

    Attributes:
        name: in files and tables.
        title: what is exchanged or left, to read.
        exchanged: inputs that are the donor's; none where utterances are answered without a donor.
        given: the reasons that the answer is made to begin with; None where the model gives its own.
        with_speech: whether there is speech between the marks of the prompt.
    """

    name: str
    title: str
    exchanged: frozenset[str] = frozenset()
    given: frozenset[str] | None = None
    with_speech: bool = True

    @property
    def reference(self) -> str:
        """Name of the condition in which nothing is exchanged, and all else is the same."""
        return UNCHANGED if self.given is None else GIVEN


_BOTH = frozenset({LEVELS, WORDS})

# Of any mode.
SPEECH = (
    Condition("emotion2vec", "Emotion2Vec-S's tokens", frozenset({TOKENS})),
    Condition("whisper", "all of Whisper", frozenset({FRAMES, POOLED})),
)
# Of models with pooled classifiers, which the language model reads beside the frames.
WITHIN_WHISPER = (
    Condition("whisper_frames", "Whisper's frames alone", frozenset({FRAMES})),
    Condition("whisper_pooled", "Whisper's pooled tokens alone", frozenset({POOLED})),
)
# Of explicit answers.
REASONS = (
    Condition("levels", "levels in the reasons", frozenset({LEVELS}), _BOTH),
    Condition("transcript", "words in the reasons", frozenset({WORDS}), _BOTH),
)
ORIGINAL = Condition(UNCHANGED, "nothing exchanged")
ORIGINAL_GIVEN = Condition(GIVEN, "own levels and words given as reasons", given=_BOTH)
BLIND = Condition("blind", "no speech: the prompt alone", with_speech=False)
TEXT_ONLY = Condition("text_only", "no speech, own words given as reasons", given=frozenset({WORDS}), with_speech=False)


def references(mode: str) -> list[Condition]:
    """Returns the conditions in which utterances have their own inputs, or none.

    Args:
        mode: ``implicit`` or ``explicit``.

    Example:
        >>> [condition.name for condition in references("explicit")]
        ['unchanged', 'given', 'text_only', 'blind']
    """
    return [ORIGINAL, *([ORIGINAL_GIVEN, TEXT_ONLY] if mode == "explicit" else []), BLIND]


def interventions(mode: str, *, pooled: bool) -> list[Condition]:
    """Returns the conditions in which an input is another utterance's.

    Args:
        mode: ``implicit`` or ``explicit``.
        pooled: the model has pooled classifiers.

    Example:
        >>> [condition.name for condition in interventions("implicit", pooled=False)]
        ['emotion2vec', 'whisper']
    """
    return [*SPEECH, *(WITHIN_WHISPER if pooled else ()), *(REASONS if mode == "explicit" else ())]
