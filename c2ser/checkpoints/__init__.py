"""Weights on disk: of experiments, of other projects, and from untrusted files."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    experiments="checkpoint_names experiment_config experiment_weights",
    pickles="load_checkpoint",
    pretrained="load_pretrained read_pretrained",
    weights="load_weights",
)
