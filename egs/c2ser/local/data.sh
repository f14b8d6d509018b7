#!/usr/bin/env bash
# Stage 1: prepares each corpus of a YAML file and puts them together. Options are those of prepare_joint (see --help).
set -euo pipefail

python -m c2ser.bin.prepare_joint "$@"
