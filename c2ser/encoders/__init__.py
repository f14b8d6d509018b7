"""Speech encoders: Whisper on its true length, and any encoder of transformers."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    utterance="SpeechEncoder UtteranceEncoder load_encoder",
    whisper="SemanticEncoder build_semantic_encoder",
)
