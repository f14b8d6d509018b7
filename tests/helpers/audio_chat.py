"""Models that hear and chat, of random weights and with a token for each byte."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizers.decoders import ByteLevel
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5OmniConfig,
    Qwen2_5OmniForConditionalGeneration,
    Qwen2AudioConfig,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    WhisperFeatureExtractor,
)

AUDIO = {"num_mel_bins": 80, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 32, "d_model": 16}
TEXT = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
TEXT |= {"num_key_value_heads": 2}
NAMED = ("image", "video", "audio", "vision_bos", "vision_eos", "audio_bos", "audio_eos")
OMNI_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}"
    "{% if part.type == 'audio' %}<|audio_bos|><|AUDIO|><|audio_eos|>{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_tokenizer(**options) -> PreTrainedTokenizerFast:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_alone = Tokenizer(models.BPE({letter: number for number, letter in enumerate(alphabet)}, []))
    bytes_alone.pre_tokenizer, bytes_alone.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=bytes_alone, eos_token="<|im_end|>", pad_token="<pad>", **options)


def write_qwen2_audio(folder: Path, *, seed: int = 0, seconds: int = 30) -> Path:
    """A Qwen2-Audio as it is published, but for how many seconds it hears."""
    special = ["<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>", "<|im_start|>"]
    tokenizer = byte_tokenizer(additional_special_tokens=special)
    sizes = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    token = tokenizer.convert_tokens_to_ids("<|AUDIO|>")
    torch.manual_seed(seed)
    model = Qwen2AudioForConditionalGeneration(
        Qwen2AudioConfig(
            audio_config={**AUDIO, "max_source_positions": 50 * seconds},
            text_config={**TEXT, **sizes},
            audio_token_index=token,
        )
    )
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    Qwen2AudioProcessor(WhisperFeatureExtractor(feature_size=80, chunk_length=seconds), tokenizer).save_pretrained(
        folder
    )
    return folder


def write_qwen25_omni(folder: Path) -> Path:
    """A Qwen2.5-Omni as it is published, its weights named ``thinker.*``, but without what speaks."""
    tokens = {f"{name}_token": f"<|{name.upper() if '_' not in name else name}|>" for name in NAMED}
    tokenizer = byte_tokenizer(additional_special_tokens=["<|im_start|>"], extra_special_tokens=tokens)
    names = {"audio_token_index": "audio", "image_token_index": "image", "video_token_index": "video"}
    names |= {"audio_start_token_id": "audio_bos", "audio_end_token_id": "audio_eos"}
    names |= {"vision_start_token_id": "vision_bos", "vision_end_token_id": "vision_eos"}
    ids = {name: getattr(tokenizer, f"{token}_token_id") for name, token in names.items()}
    rope = {"mrope_section": [2, 3, 3], "rope_type": "default", "rope_theta": 1e6}
    thinker = {
        "audio_config": {**AUDIO, "n_window": 50, "output_dim": TEXT["hidden_size"]},
        "text_config": {**TEXT, "vocab_size": len(tokenizer), "rope_parameters": rope},
        "vision_config": {
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_heads": 2,
            "out_hidden_size": 32,
        },
        "pad_token_id": tokenizer.pad_token_id,
        **ids,
    }
    torch.manual_seed(0)
    model = Qwen2_5OmniForConditionalGeneration(Qwen2_5OmniConfig(thinker_config=thinker, enable_audio_output=False))
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(OMNI_TEMPLATE)
    return folder
