"""Chat models behind one interface: a causal language model of transformers, or a server with OpenAI's interface."""

from c2ser.lm.chat.cache import AnswerCache
from c2ser.lm.chat.model import ChatModel


def load_chat_model(
    model: str,
    url: str | None = None,
    *,
    cache_dir: str | None = None,
    device: str = "cpu",
    dtype: str = "auto",
    batch_size: int = 16,
    concurrency: int = 16,
) -> ChatModel:
    """Loads a chat model, or connects to a server that runs one.

    Args:
        model: hub id or folder of a causal language model with a chat template; with ``url`` the server's name for it.
        url: of a server with OpenAI's interface, up to ``/v1``; None to run the model in this process. The server's
            key, if it needs one, is read from the environment variable OPENAI_API_KEY.
        cache_dir: folder of answers that are not asked for again; see `AnswerCache`. None for no cache.
        device: where the model runs, without ``url``.
        dtype: of the model's weights, without ``url``; ``auto`` for the type that they are published in.
        batch_size: conversations per batch, without ``url``.
        concurrency: parallel requests, with ``url``.

    Raises:
        InputError: there is no such model, it has no chat template, or the package ``openai`` is missing.

    Example:
        >>> load_chat_model("Qwen/Qwen2-7B-Instruct", cache_dir="exp/cache")  # doctest: +SKIP
        >>> load_chat_model("qwen", "http://localhost:8000/v1", concurrency=32)  # doctest: +SKIP
    """
    cache = AnswerCache(cache_dir) if cache_dir else None
    if url:
        from c2ser.lm.chat.remote import RemoteChatModel

        return RemoteChatModel(model, url, cache=cache, concurrency=concurrency)
    from c2ser.lm.chat.local import LocalChatModel

    return LocalChatModel(model, cache, device=device, dtype=dtype, batch_size=batch_size)
