"""Fine-tune a model that hears and chats, such as Qwen2-Audio, on reasons and emotions.

Its LoRA learns the targets of build_cot, explicit or implicit. The options are those of ESPnet's trainer and of the
task. What it writes, c2ser recognize --system audio_chat takes.

Examples:
  c2ser audio_chat_train --config egs/TEMPLATE/conf/audio_chat.yaml --chat_model Qwen/Qwen2-Audio-7B-Instruct
      --train_dir dump/train --valid_dir dump/dev --emotions data/emotions --output_dir exp/qwen2_audio_lora --ngpu 1
  c2ser audio_chat_train --config egs/TEMPLATE/conf/audio_chat.yaml --chat_model Qwen/Qwen2-Audio-7B-Instruct
      --mode implicit --train_dir dump/train --valid_dir dump/dev --emotions data/emotions --output_dir exp/implicit
"""

from c2ser.cli import training_command


def load_task() -> type:
    from c2ser.tasks.audio_chat import AudioChatTask

    return AudioChatTask


main = training_command(__doc__, load_task)

if __name__ == "__main__":
    main()
