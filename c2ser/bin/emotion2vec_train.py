"""Pre-trains Emotion2Vec-S; the options are those of ESPnet's trainer and of the task."""

import signal

from c2ser.bin._command import run_command
from c2ser.signals import listen


def main() -> None:
    listen(signal.SIGUSR1)  # before what takes seconds to import
    from c2ser.tasks.emotion2vec import Emotion2VecTask

    Emotion2VecTask.main()


if __name__ == "__main__":
    run_command(main)
