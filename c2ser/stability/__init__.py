"""Whether a model's answers stay the same when the prompt, the chance of sampling, or the audio changes."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    audio="degrade",
    conditions="Condition StabilityConfig list_conditions read_conditions",
    measuring="measure_stability",
)
