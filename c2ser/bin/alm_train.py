"""Trains the audio language model; the options are those of ESPnet's trainer and of the task."""

from c2ser.bin._command import run_command


def main() -> None:
    from c2ser.tasks.alm import ALMTask

    ALMTask.main()


if __name__ == "__main__":
    run_command(main)
