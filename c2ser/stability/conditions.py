"""Under which conditions a model is asked, as a YAML file has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from c2ser.settings import build_from_mapping, read_settings, require
from c2ser.stability.audio import degradation_fault
from c2ser.stability.options import OPTIONS, permuted, with_options
from c2ser.stability.sounds import SOUNDS

DEFAULT = Path(__file__).with_name("conditions.yaml")
UNCHANGED = "unchanged"
PROMPTS, SAMPLES, AUDIO, ALONE = GROUPS = ("prompts", "samples", "audio", "alone")
FREE, LETTERED = "free", "lettered"


@dataclass(frozen=True)
class PromptSet:
    """Prompts of a mode, beside the model's own one.

    Attributes:
        free: paraphrases.
        lettered: prompts in which ``{options}`` stands for the label set.
        orders: of the options, for each of these prompts; the first is the label set's own.
    """

    free: Sequence[str] = ()
    lettered: Sequence[str] = ()
    orders: int = 2

    def __post_init__(self) -> None:
        plain = next((prompt for prompt in self.lettered if OPTIONS not in prompt), None)
        require(
            (plain is None, f"lettered: '{plain}' has no {OPTIONS}, for which the label set is put"),
            (self.orders >= 1, f"orders: {self.orders} is below 1"),
        )


@dataclass(frozen=True)
class Samples:
    """Answers that are drawn instead of searched.

    Attributes:
        temperatures: of the draw, above 0.
        answers: drawn per utterance and temperature; 0 for none.
        top_p: probability mass of the tokens that are drawn from.
    """

    temperatures: Sequence[float] = (1.0,)
    answers: int = 10
    top_p: float = 1.0

    def __post_init__(self) -> None:
        require(
            (all(value > 0 for value in self.temperatures), f"temperatures: {list(self.temperatures)} are not above 0"),
            (self.answers == 0 or self.answers >= 2, f"answers: {self.answers} cannot agree; draw 2 or more, or 0"),
            (0 < self.top_p <= 1, f"top_p: {self.top_p} is not above 0 and up to 1"),
        )


@dataclass(frozen=True)
class Alone:
    """Sounds without speech.

    Attributes:
        sounds: some of `SOUNDS`.
        number: how many of each.
        seconds: of each.
    """

    sounds: Sequence[str] = tuple(SOUNDS)
    number: int = 10
    seconds: float = 3.0

    def __post_init__(self) -> None:
        unknown = next((name for name in self.sounds if name not in SOUNDS), None)
        require(
            (unknown is None, f"sounds: unknown '{unknown}'; known are {', '.join(SOUNDS)}"),
            (self.number >= 1, f"number: {self.number} is below 1"),
            (0.5 <= self.seconds <= 30, f"seconds: {self.seconds} is not from 0.5 to 30"),
        )


@dataclass(frozen=True)
class StabilityConfig:
    """All conditions, as ``conditions.yaml`` has them.

    Attributes:
        prompts: mode -> prompts.
        samples: answers that are drawn.
        audio: a key of `c2ser.stability.audio.DEGRADATIONS` -> values, a curve each.
        alone: sounds without speech; None for none.
        seed: of all random numbers.

    Raises:
        SettingsError: a change of the audio is unknown, or a value is out of range or there twice.

    Example:
        >>> StabilityConfig(audio={"noise": [20, 0]}).audio["noise"]
        [20, 0]
    """

    prompts: Mapping[str, PromptSet] = field(default_factory=dict)
    samples: Samples = field(default_factory=lambda: Samples(answers=0))
    audio: Mapping[str, Sequence[float]] = field(default_factory=dict)
    alone: Alone | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        faults = [
            fault
            for kind, values in self.audio.items()
            for fault in [degradation_fault(kind, value) for value in values]
            + ([f"audio.{kind}: {list(values)} has a value twice"] if len(set(values)) < len(values) else [])
            if fault
        ]
        require(*((False, fault) for fault in faults))


@dataclass(frozen=True)
class Condition:
    """One condition: what differs from asking the model's own prompt of the audio as it is.

    Attributes:
        name: of its folder.
        group: of `GROUPS`, or `UNCHANGED`.
        curve: what it is compared within: a kind of prompt, a temperature, a change of the audio, a sound.
        value: of that change; of drawn answers their number.
        prompt: what the model is asked; None for its own prompt.
        options: of a prompt with letters, in their order.
        temperature: above 0, the answer is drawn.
        top_p: of the draw.
        sounds: number of sounds, and seconds of each.
    """

    name: str
    group: str = UNCHANGED
    curve: str = ""
    value: float = 0.0
    prompt: str | None = None
    options: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    sounds: tuple[int, float] = (0, 0.0)


def read_conditions(path: str | Path | None = None) -> StabilityConfig:
    """Reads a YAML file of conditions.

    Args:
        path: the file; None for the one that comes with the package.

    Raises:
        InputError: it is not YAML, or a key or a value is wrong.

    Example:
        >>> sorted(read_conditions().audio)
        ['crop', 'gain', 'mp3', 'noise', 'opus', 'rate', 'silence', 'speed']
    """
    path = path or DEFAULT
    return build_from_mapping(StabilityConfig, read_settings(path), file=path)


def list_conditions(config: StabilityConfig, mode: str, *, emotions: Sequence[str]) -> list[Condition]:
    """Returns all conditions, the unchanged one first.

    Args:
        config: what is wanted.
        mode: ``implicit`` or ``explicit``, whose prompts are taken.
        emotions: the label set.

    Example:
        >>> [condition.name for condition in list_conditions(StabilityConfig(audio={"gain": [-10]}), "implicit",
        ...     emotions=["sad"])]
        ['unchanged', 'gain_-10']
    """
    prompts = config.prompts.get(mode, PromptSet())
    return [
        Condition(UNCHANGED),
        *(
            Condition(f"prompt_{number}", PROMPTS, FREE, value=number, prompt=prompt)
            for number, prompt in enumerate(prompts.free, 1)
        ),
        *_lettered(prompts, config.seed, emotions),
        *_sampled(config.samples),
        *(
            Condition(f"{kind}_{value:g}", AUDIO, kind, value=value)
            for kind, values in config.audio.items()
            for value in values
        ),
        *_alone(config.alone),
    ]


def _lettered(prompts: PromptSet, seed: int, emotions: Sequence[str]) -> list[Condition]:
    conditions = []
    for number, prompt in enumerate(prompts.lettered, 1):
        for order in range(prompts.orders):
            options, name = permuted(emotions, order, seed=seed), f"letters_{number}_order_{order + 1}"
            asked = with_options(prompt, options)
            conditions.append(
                Condition(name, PROMPTS, LETTERED, value=len(conditions) + 1, prompt=asked, options=options)
            )
    return conditions


def _sampled(samples: Samples) -> list[Condition]:
    return [
        Condition(
            f"sample_{temperature:g}_{number}",
            SAMPLES,
            f"{temperature:g}",
            value=number,
            temperature=temperature,
            top_p=samples.top_p,
        )
        for temperature in samples.temperatures
        for number in range(1, samples.answers + 1)
    ]


def _alone(alone: Alone | None) -> list[Condition]:
    if alone is None:
        return []
    return [Condition(f"alone_{name}", ALONE, name, sounds=(alone.number, alone.seconds)) for name in alone.sounds]
