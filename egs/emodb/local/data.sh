#!/usr/bin/env bash
# Stage 1 of emodb: writes train, dev and test and their label set from EmoDB.
#
# --protocol loso: speaker K (--fold K) of the ten is test, the next one dev, the other eight train.
# --protocol emobox: train and test are EmoBox's fold K; a tenth of each emotion of train becomes dev.
# Options are those of prepare_corpus (see --help).
set -euo pipefail

python -m c2ser.bin.prepare_corpus --corpus emodb "$@"
