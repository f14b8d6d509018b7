#!/usr/bin/env bash
# Stage 1: writes data/train, data/dev, data/test and data/emotions. This example reads audio laid out as
#
#   SOURCE_DIR/<train|dev|test>/<speaker>/<emotion>/<name>.wav, the transcript beside it in <name>.txt where there is one
#
# Names have no spaces; emotions are named as in c2ser/emotions.py. Change it to read your corpus.
set -euo pipefail

source_dir=downloads  # the folder with train/, dev/ and test/
language=             # of the speech, ISO 639-1 such as en; the speaking rate needs it and the transcripts
data_dir=data         # where the sets go
. "$(dirname "${BASH_SOURCE[0]}")/../../../utils/parse_options.sh"
[ $# -eq 0 ] || wrong_usage "unexpected argument '$1'; $0 --help lists the options"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=/dev/null
. ./path.sh

for dset in train dev test; do
    if [ -z "$(find -L "${source_dir}/${dset}" -name '*.wav' -print -quit 2> /dev/null)" ]; then
        echo "error: ${source_dir}/${dset}: no .wav below it; local/data.sh --help says what to put where" >&2
        exit 1
    fi
    target=${data_dir}/${dset}
    rm -rf "${target}"
    mkdir -p "${target}"
    find -L "$(realpath "${source_dir}/${dset}")" -name '*.wav' | awk -F / -v target="${target}" -v language="${language}" '{
        speaker = $(NF - 2); emotion = $(NF - 1); name = $NF; transcript = $0
        sub(/\.wav$/, "", name); sub(/\.wav$/, ".txt", transcript)
        utt = speaker "-" emotion "-" name  # starts with the speaker, so that tables sort by speaker too
        print utt, $0 > (target "/wav.scp")
        print utt, speaker > (target "/utt2spk")
        print utt, emotion > (target "/utt2emo")
        if (language != "") print utt, language > (target "/utt2lang")
        if ((getline words < transcript) > 0) print utt, words > (target "/text")
        close(transcript)
    }'
    for table in "${target}"/*; do sort -o "${table}" "${table}"; done
    awk '{ utts[$2] = utts[$2] " " $1 } END { for (speaker in utts) print speaker utts[speaker] }' "${target}/utt2spk" |
        sort > "${target}/spk2utt"
done
cut -d ' ' -f 2 "${data_dir}"/{train,dev,test}/utt2emo | sort -u > "${data_dir}/emotions"
python -m c2ser.bin.validate_data_dir "${data_dir}/train" "${data_dir}/dev" "${data_dir}/test"
