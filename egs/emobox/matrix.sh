#!/usr/bin/env bash
# Corpus against corpus: a probe on a frozen encoder is trained on each corpus of a YAML file and tested on each.
# exp/<tag>/RESULTS.md has the table, matrix.png the picture.
set -euo pipefail

corpora=conf/matrix.yaml  # which corpora, as prepare_joint reads them
source_dir=downloads      # where their relative source folders begin
emobox_dir=               # a copy of EmoBox, for corpora that are divided by it
encoder=openai/whisper-base # hub id or folder of the encoder
probe_options=            # further options of cross_corpus, such as "--layer 3"; values without spaces
tag=matrix                # names the folders of the results
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../../utils/parse_options.sh

[ $# -eq 0 ] || wrong_usage "unexpected argument '$1'; $0 --help lists the options"
. ./path.sh
read -ra probe_options_list <<< "${probe_options}"
python -m c2ser.bin.prepare_joint --corpora "${corpora}" --source_dir "${source_dir}" \
    ${emobox_dir:+--emobox_dir "${emobox_dir}"} --data_dir "data/${tag}"
python -m c2ser.bin.cross_corpus --encoder "${encoder}" --data_dirs "data/${tag}"/corpora/*/ \
    --output_dir "exp/${tag}" "${probe_options_list[@]}"
