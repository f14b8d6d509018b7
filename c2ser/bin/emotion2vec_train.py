"""Pre-trains Emotion2Vec-S; the options are those of ESPnet's trainer and of the task."""

from c2ser.bin._command import run_command


def main() -> None:
    from c2ser.tasks.emotion2vec import Emotion2VecTask

    Emotion2VecTask.main()


if __name__ == "__main__":
    run_command(main)
