#!/usr/bin/env bash
# Stage 1 of emo_emilia: writes the sets zh and en and their label set. Options are those of prepare_corpus (see --help),
# such as --source_dir DIR, the folder that has Emo-Emilia-ALL.jsonl and wav/.
set -euo pipefail

python -m c2ser.bin.prepare_corpus --corpus emo_emilia "$@"
