"""Train the audio language model; the options are those of ESPnet's trainer and of the task.

Examples:
  c2ser alm_train --print_config
  c2ser alm_train --config conf/tiny/alm.yaml --output_dir exp/alm --emotions data/emotions
"""

from c2ser.cli import training_command


def load_task() -> type:
    from c2ser.tasks.alm import ALMTask

    return ALMTask


main = training_command(__doc__, load_task)

if __name__ == "__main__":
    main()
