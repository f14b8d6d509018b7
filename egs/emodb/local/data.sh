#!/usr/bin/env bash
# Stage 1 of emodb: writes data/train, data/dev, data/test and data/emotions from EmoDB.
#
# --protocol loso: speaker K of the ten is test, the next one dev, the other eight train.
# --protocol emobox: train and test are EmoBox's fold K; a tenth of each emotion of train becomes dev.
set -euo pipefail

source_dir=downloads  # the folder with EmoDB's wav/; downloads/ is filled from the corpus's site
protocol=loso         # loso or emobox
fold=1                # K, from 1: to 10 with loso, to 5 with emobox
emobox_dir=           # a copy of EmoBox, which has data/emodb, for --protocol emobox
data_dir=data         # where the sets go
. "$(dirname "${BASH_SOURCE[0]}")/../../../utils/parse_options.sh"

[ $# -eq 0 ] || wrong_usage "unexpected argument '$1'; $0 --help lists the options"
at_least 1 fold

if [[ ! ${protocol} =~ ^(loso|emobox)$ ]]; then
    wrong_usage "--protocol is loso or emobox, not '${protocol}'"
elif [ "${protocol}" = emobox ] && [ ! -d "${emobox_dir}/data/emodb" ]; then
    echo "error: --protocol emobox needs --emobox_dir, a copy of https://github.com/emo-box/EmoBox with data/emodb" >&2
    exit 1
fi

if [ "${source_dir}" = downloads ]; then
    python -m c2ser.bin.download_corpus --corpus emodb --output_dir "${source_dir}"
fi
if [ "${protocol}" = loso ]; then
    python -m c2ser.bin.prepare_corpus --corpus emodb --source_dir "${source_dir}" --output_dir "${data_dir}/all"
    python -m c2ser.bin.leave_speaker_out --data_dir "${data_dir}/all" --fold "${fold}" --output_dir "${data_dir}"
else
    python -m c2ser.bin.import_emobox --metadata_dir "${emobox_dir}/data/emodb" --audio_dir "${source_dir}" \
        --output_dir "${data_dir}" --fold "${fold}" --dev_fraction 0.1
fi
python -m c2ser.bin.validate_data_dir "${data_dir}/train" "${data_dir}/dev" "${data_dir}/test"
