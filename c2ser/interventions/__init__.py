"""What a model's answers follow, found by exchanging one of its inputs between utterances."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    measuring="Question measure_interventions",
    pairs="Labelled Pair find_pairs read_labelled",
)
