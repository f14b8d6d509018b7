"""Fine-tune a speech encoder with a classification head on labelled speech.

The options are those of ESPnet's trainer and of the task. What it writes, c2ser recognize takes.

Examples:
  c2ser finetune --config egs/TEMPLATE/conf/finetuning.yaml --encoder microsoft/wavlm-base --emotions data/emotions
      --train_dir dump/train --valid_dir dump/dev --output_dir exp/wavlm_finetuned --resume true
  c2ser finetune --config egs/TEMPLATE/conf/finetuning.yaml --encoder emotion2vec_base --emotions data/emotions
      --train_dir dump/train --valid_dir dump/dev --output_dir exp/e2v_finetuned --frozen_blocks 4 --ngpu 1
"""

from c2ser.cli import training_command


def load_task() -> type:
    from c2ser.tasks.finetuning import FinetuningTask

    return FinetuningTask


main = training_command(__doc__, load_task)

if __name__ == "__main__":
    main()
