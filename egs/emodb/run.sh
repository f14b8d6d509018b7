#!/usr/bin/env bash
# EmoDB: real, acted speech of ten German speakers, seven emotions. Options are those of ser.sh and local/data.sh (--help).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
folder="{protocol}_fold{fold}"
C2SER_RUN_OPTIONS="$*" exec ./ser.sh --conf_dir conf/small --standardize true --protocol loso --fold 1 \
    --data_dir "data/${folder}" --dump_dir "dump/${folder}" --exp_dir "exp/${folder}" "$@"
