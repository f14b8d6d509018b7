#!/usr/bin/env bash
# A new recipe: say here which corpus this is, and what its licence allows.
# Options are those of ser.sh and of local/data.sh (see --help), as in ./run.sh --source_dir DIR --stop_stage 2
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
C2SER_RUN_OPTIONS="$*" exec ./ser.sh --conf_dir conf/small --standardize true "$@"
