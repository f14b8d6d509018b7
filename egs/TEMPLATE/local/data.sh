#!/usr/bin/env bash
# Stage 1: writes the recipe's train, dev and test and their label set. This example reads audio laid out as
# SOURCE_DIR/<train|dev|test>/<speaker>/<emotion>/<name>.wav; to read your corpus, write a module of c2ser/corpora and
# name it here. Options are those of prepare_corpus (see --help), such as --source_dir DIR --language en.
set -euo pipefail

python -m c2ser.bin.prepare_corpus --corpus folder "$@"
