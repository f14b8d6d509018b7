#!/usr/bin/env bash
# Stage 1: writes train, dev and test of a corpus by EmoBox's fold. Options are those of prepare_corpus (see --help).
set -euo pipefail

python -m c2ser.bin.prepare_corpus "$@"
