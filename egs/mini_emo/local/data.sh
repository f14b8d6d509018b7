#!/usr/bin/env bash
# Speaks mini_emo and writes its data directories.
# Options (see --help): --data_dir data --source_dir downloads --num_utts 2800 --seed 0 --nj 2
set -euo pipefail

python -m c2ser.bin.speak_mini_emo "$@"
