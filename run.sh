#!/usr/bin/env bash
# Sets the environment up if it is missing, then runs a recipe (default: mini_emo) with the options that follow.
#
# Usage: ./run.sh [--recipe NAME] [recipe options]
#   ./run.sh                                  # the whole small recipe on the CPU
#   ./run.sh --recipe emodb --source_dir DIR  # a real corpus
#   ./run.sh --recipe emodb --help            # its options; without --recipe those of mini_emo. Nothing is installed
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
recipe=mini_emo
if [ "${1:-}" = --recipe ]; then
    recipe=${2:-}
    shift $(($# < 2 ? $# : 2))
fi
if [ -z "${recipe}" ] || [ ! -x "${root}/egs/${recipe}/run.sh" ]; then
    recipes=$(cd "${root}/egs" && printf '%s\n' */run.sh | sed '/^TEMPLATE/d; s|/.*||' | tr '\n' ' ')
    echo "error: no recipe '${recipe}' in egs/; there are: ${recipes}" >&2
    exit 2
fi
case " $* " in
    *" -h "* | *" --help "*)
        sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "${root}/run.sh"
        printf '\nOptions of the recipe %s:\n\n' "${recipe}"
        ;;
    *) "${root}/tools/install.sh" recipe ;;
esac
exec "${root}/egs/${recipe}/run.sh" "$@"
