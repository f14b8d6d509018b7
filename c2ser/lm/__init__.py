"""Language models: loading, LoRA, generating, scoring candidates, chat models."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    building="build_llm",
    candidates="score_candidates",
    chat="load_chat_model",
    generation="Decoding generate",
    loading="load_llm load_tokenizer",
    weights="ComposedModel",
)
