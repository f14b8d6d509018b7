#!/usr/bin/env bash
# Stage 1: writes the recipe's train, dev and test and their label set. Audio in SOURCE_DIR/<speaker>/<emotion>/,
# SOURCE_DIR/<emotion>/ or SOURCE_DIR/<train|dev|test>/<speaker>/<emotion>/, or listed in a TSV or CSV file, is read as
# it is; for another layout, write a module of c2ser/corpora and name it here. Options are those of prepare_corpus (see
# --help), such as --source_dir DIR --language en.
set -euo pipefail

python -m c2ser.bin.prepare_corpus --corpus folder "$@"
