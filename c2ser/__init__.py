"""C²SER: stable speech emotion recognition with audio language models.

Example:
    >>> from c2ser import C2SER
    >>> model = C2SER.from_pretrained("exp/packed")  # doctest: +SKIP
    >>> model.recognize("happy.wav").emotion  # doctest: +SKIP
    'happy'
"""

from typing import TYPE_CHECKING, Any

from c2ser.version import __version__

if TYPE_CHECKING:
    from c2ser.emotion2vec.model import Emotion2Vec
    from c2ser.systems.pipeline import C2SER
    from c2ser.systems.recognition import Measured, Recognition, Segment
    from c2ser.systems.segmentation import Segmentation

__all__ = ["C2SER", "Emotion2Vec", "Measured", "Recognition", "Segment", "Segmentation", "__version__"]

# Imported when they are first asked for, so that `import c2ser` loads no torch.
_MODULES = {
    "C2SER": "c2ser.systems.pipeline",
    "Emotion2Vec": "c2ser.emotion2vec.model",
    "Measured": "c2ser.systems.recognition",
    "Recognition": "c2ser.systems.recognition",
    "Segment": "c2ser.systems.recognition",
    "Segmentation": "c2ser.systems.segmentation",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'c2ser' has no attribute '{name}'")
