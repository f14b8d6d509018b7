#!/usr/bin/env bash
# EmoDB: real, acted speech of ten German speakers, seven emotions. The options below, then those of the stages:
set -euo pipefail

source_dir=downloads  # the folder with EmoDB's wav/; downloads/ is filled from the corpus's site
protocol=loso         # loso: leave one speaker out; emobox: EmoBox's folds
fold=1                # from 1: to 10 with loso, to 5 with emobox
emobox_dir=           # a copy of EmoBox, for --protocol emobox

cd "$(dirname "${BASH_SOURCE[0]}")"
options=() arguments="$*"
while [ $# -gt 0 ]; do
    case "$1" in
        --source_dir | --protocol | --fold | --emobox_dir)
            printf -v "${1#--}" '%s' "${2?"error: option $1 needs a value"}"
            shift 2
            ;;
        --help) sed -n '2s/^# //p; s/^\([a-z_]*\)=\(.*#\)/  --\1 \2/p' run.sh && exec ./ser.sh --help ;;
        *) options+=("$1") && shift ;;
    esac
done

name=${protocol}_fold${fold}
C2SER_RUN_OPTIONS=${arguments} exec ./ser.sh --conf_dir conf/small --standardize true \
    --data_dir "data/${name}" --dump_dir "dump/${name}" --exp_dir "exp/${name}" "${options[@]}" \
    -- --source_dir "${source_dir}" --protocol "${protocol}" --fold "${fold}" --emobox_dir "${emobox_dir}"
