#!/usr/bin/env bash
# Emo-Emilia, the paper's test set: a packed model answers in both modes and is scored as a whole and by language.
# Options are those of evaluate.sh and of local/data.sh (--help), as in ./run.sh --source_dir DIR --model DIR
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
C2SER_RUN_OPTIONS="$*" exec ./evaluate.sh --test_sets "zh en" "$@"
