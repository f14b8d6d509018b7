"""Print a script that completes commands and options in bash or zsh.

The script completes names of commands and options, choices, and paths. It does not start Python; make it again after an
update.

Examples:
  c2ser completion bash > ~/.local/share/bash-completion/completions/c2ser
  c2ser completion zsh > ~/.zfunc/_c2ser
"""

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh"), help="for which the script is")


def run(args) -> None:
    from c2ser.cli.completion import completion_script

    print(completion_script(args.shell))


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
