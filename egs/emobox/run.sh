#!/usr/bin/env bash
# Any corpus that EmoBox has, or that c2ser reads: the whole recipe on one fold, or with --encoder a probe on all folds.
# Options that are not listed here are those of ser.sh.
set -euo pipefail

corpus=               # its name in c2ser, or in EmoBox's data/
source_dir=downloads  # the folder of its audio
emobox_dir=           # a copy of EmoBox
protocol=emobox       # or another one that the corpus has
fold=1                # of the protocol
skip_bad=false        # leave out utterances whose audio is missing or cannot be used, instead of stopping
encoder=              # only probe this frozen encoder, on all folds of EmoBox: a hub id or folder, see c2ser probe
finetune=false        # true: fine-tune this encoder on one fold instead
probe_options=        # further options of the probe, such as "--head mlp"; values without spaces
C2SER_RUN_OPTIONS="$*"
cd "$(dirname "${BASH_SOURCE[0]}")"
pass_on() { ./ser.sh --conf_dir conf/small --standardize true "$@"; }
. ../../utils/parse_options.sh

[ -n "${corpus}" ] || wrong_usage "--corpus: give the name of a corpus"
skip=()
! "${skip_bad}" || skip=(--skip_bad)
if [ -n "${encoder}" ] && ! "${finetune}"; then
    . ./path.sh
    read -ra probe_options_list <<< "${probe_options}"
    exec python -m c2ser.bin.probe --encoder "${encoder}" --emobox_dir "${emobox_dir}/data/${corpus}" \
        --audio_dir "${source_dir}" --output_dir "exp/probe/${corpus}/$(basename "${encoder}")" "${skip[@]}" \
        "${probe_options_list[@]}"
fi
folder=${corpus}_${protocol}_fold${fold}
export C2SER_RUN_OPTIONS
pass_on --data_dir "data/${folder}" --dump_dir "dump/${folder}" --exp_dir "exp/${folder}" \
    --encoder "${encoder}" --finetune "${finetune}" --probe_options "${probe_options}" \
    --corpus "${corpus}" --source_dir "${source_dir}" \
    ${emobox_dir:+--emobox_dir "${emobox_dir}"} --protocol "${protocol}" --fold "${fold}" --skip_bad "${skip_bad}" \
    "${PASSED_OPTIONS[@]}" -- "${skip[@]}"
