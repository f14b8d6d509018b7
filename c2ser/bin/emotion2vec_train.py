"""Pre-train Emotion2Vec-S; the options are those of ESPnet's trainer and of the task.

Examples:
  c2ser emotion2vec_train --print_config
  c2ser emotion2vec_train --config conf/tiny/emotion2vec_s.yaml --output_dir exp/emotion2vec_s --emotions data/emotions
"""

from c2ser.cli import training_command


def load_task() -> type:
    from c2ser.tasks.emotion2vec import Emotion2VecTask

    return Emotion2VecTask


main = training_command(__doc__, load_task)

if __name__ == "__main__":
    main()
