#!/usr/bin/env bash
# Many corpora at once, as the paper trains: one model of all corpora of a YAML file, tested on each of them.
# Options that are not listed here are those of ser.sh.
set -euo pipefail

corpora=                 # YAML file of the corpora; by default corpora.yaml in conf_dir
source_dir=downloads     # where its relative source folders begin
emobox_dir=              # a copy of EmoBox, for corpora that are divided by its folds
conf_dir=conf/small      # folder of the configurations
data_dir=data            # these three receive a folder per training
dump_dir=dump
exp_dir=exp              # and RESULTS.md, of all trainings
leave_out=               # a corpus that is not trained on, and tested all the same
only=                    # the one corpus to train on; all are tested
cd "$(dirname "${BASH_SOURCE[0]}")"
C2SER_RUN_OPTIONS="$*"
pass_on() { ./ser.sh --conf_dir "${conf_dir}" --standardize true "$@"; }
. ../../utils/parse_options.sh

. ./path.sh
training=joint
if [ -n "${leave_out}" ]; then training=without_${leave_out}; fi
if [ -n "${only}" ]; then training=only_${only}; fi
joint=(--corpora "${corpora:-${conf_dir}/corpora.yaml}" --source_dir "${source_dir}" ${emobox_dir:+--emobox_dir "${emobox_dir}"}
    ${leave_out:+--leave_out "${leave_out}"} ${only:+--only "${only}"})
options=$(python -m c2ser.bin.prepare_joint "${joint[@]}" --show_options)
mapfile -t options <<< "${options}"

export C2SER_RUN_OPTIONS
pass_on --data_dir "${data_dir}/${training}" --dump_dir "${dump_dir}/${training}" --exp_dir "${exp_dir}/${training}" \
    "${options[@]}" "${joint[@]}" "${PASSED_OPTIONS[@]}"
scored=("${exp_dir}"/*/RESULTS.md)
if [ -e "${scored[0]}" ]; then
    python -m c2ser.bin.results_by_set --exp_dir "${scored[@]%/RESULTS.md}" --published conf/published.yaml \
        --output "${exp_dir}/RESULTS.md" --command "egs/c2ser/run.sh ${C2SER_RUN_OPTIONS}"
fi
