"""C²SER: stable speech emotion recognition with audio language models."""


def __getattr__(name: str):
    """`C2SER` and `Recognition` are imported when first asked for, so that ``import c2ser`` loads no torch."""
    if name in ("C2SER", "Recognition"):
        from c2ser.systems import recognizer

        return getattr(recognizer, name)
    raise AttributeError(f"module 'c2ser' has no attribute '{name}'")
