"""C²SER: stable speech emotion recognition with audio language models."""

from c2ser.version import __version__

__all__ = ["C2SER", "Recognition", "__version__"]


def __getattr__(name: str):
    """`C2SER` and `Recognition` are imported when first asked for, so that ``import c2ser`` loads no torch."""
    if name == "C2SER":
        from c2ser.systems.pipeline import C2SER

        return C2SER
    if name == "Recognition":
        from c2ser.systems.recognizer import Recognition

        return Recognition
    raise AttributeError(f"module 'c2ser' has no attribute '{name}'")
