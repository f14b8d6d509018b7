#!/usr/bin/env bash
# mini_emo: the whole recipe on synthetic speech, spoken on the spot; about ten minutes on two CPU cores.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
C2SER_RUN_OPTIONS="$*" exec ./ser.sh --conf_dir conf/tiny --unlabelled_sets unlabelled --standardize true \
    --pseudo_label_options "--acoustic_threshold 0.3 --text_threshold 0.3" "$@"
