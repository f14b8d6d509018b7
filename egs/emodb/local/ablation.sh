#!/usr/bin/env bash
# The paper's ablation (its Table VIII) at EmoDB's size: what the two encoders and the chain of thought are worth.
#
#   full              both encoders, explicit chain of thought, then self-distillation
#   soft_targets      the same, and implicit answers also learn the distribution that explicit ones conclude with
#   no_emotion2vec_s  without Emotion2Vec-S
#   no_whisper        without Whisper
#   no_cot            plain answers from the start, for as many updates as the others have in both phases
# All are trained on the same data with the same seed and answer at once. exp/ablation_<conf>/RESULTS.md gets the scores
# of the folds, their mean and deviation. What is done already is not done again.
set -euo pipefail

source_dir=downloads         # the folder with EmoDB's wav/
emobox_dir=                  # a copy of EmoBox, for its folds
whisper=                     # hub id or folder of a Whisper model; by default what the configuration says
llm=                         # the same of a language model
conf_dir=conf/small          # configurations of the trainings
folds="1 2 3 4 5"            # of EmoBox
variants="full soft_targets no_emotion2vec_s no_whisper no_cot"
seed=0
nj=2                         # runs at a time, of one thread each
COMMAND_LINE=$*
# shellcheck source=../../../utils/parse_options.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../../utils/parse_options.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=/dev/null
. ./path.sh
exp=exp/ablation_$(basename "${conf_dir}")
export OMP_NUM_THREADS=1 source_dir emobox_dir whisper llm conf_dir seed exp

# recipe FOLD OPTION...
recipe() {
    ./run.sh --source_dir "${source_dir}" --emobox_dir "${emobox_dir}" --whisper "${whisper}" --llm "${llm}" \
        --conf_dir "${conf_dir}" --protocol emobox --fold "$1" --num_threads 1 "${@:2}"
}

# updates PHASE: epochs and updates of a phase's configuration.
updates() {
    python -c 'import sys
from c2ser.settings import read_config
conf = read_config(sys.argv[1])
print(conf["max_epoch"], conf["scheduler_conf"]["total_steps"])' "${conf_dir}/$1.yaml"
}

# train_and_answer FOLD VARIANT
train_and_answer() {
    local fold=$1 variant=$2 dir=${exp}/fold$1 stage=7 cot=true options="--seed ${seed} --use_tensorboard false"
    local model=${dir}/alm_$2_implicit test=dump/emobox_fold$1/test epochs steps more_epochs more_steps
    local output=${model}/inference_implicit/test log=${dir}/$2.log
    [ ! -e "${output}/score/result.json" ] || return 0
    case "${variant}" in
        soft_targets)  # the explicit phase is that of full
            options+=" --distillation_weight 1.0" stage=8
            ln -sfn alm_full_explicit "${dir}/alm_soft_targets_explicit"
            [ ! -e "${dir}/llm_full" ] || ln -sfn llm_full "${dir}/llm_soft_targets"
            ;;
        no_emotion2vec_s) options+=" --perception semantic" ;;
        no_whisper) options+=" --perception acoustic" ;;
        no_cot)
            read -r epochs steps <<< "$(updates alm)"
            read -r more_epochs more_steps <<< "$(updates alm_implicit)"
            options+=" --max_epoch $((epochs + more_epochs)) --scheduler_conf total_steps=$((steps + more_steps))"
            cot=false
            ;;
    esac
    mkdir -p "${dir}"
    {
        recipe "${fold}" --stage "${stage}" --stop_stage 8 --exp_dir "${dir}" --tag "${variant}" --cot "${cot}" \
            --alm_options "${options}" &&
            python -m c2ser.bin.alm_inference --model "${model}" --mode implicit --data_dir "${test}" \
                --output_dir "${output}" --scores &&
            python -m c2ser.bin.score --ref "${test}/utt2emo" --hyp "${output}/utt2emo" \
                --emotions "data/emobox_fold${fold}/emotions" --output_dir "${output}/score"
    } > "${log}" 2>&1 || { echo "error: fold ${fold}, ${variant}: see ${PWD}/${log}" >&2 && return 255; }
    echo "$(date '+%H:%M:%S') fold ${fold}, ${variant}: done"
}
export -f recipe updates train_and_answer

for fold in ${folds}; do
    test=dump/emobox_fold${fold}/test
    if [ ! -e "${test}/implicit" ] || [ ! -e "${test}/emotion2vec_s.sha256" ]; then recipe "${fold}" --stage 1 --stop_stage 6; fi
done
# run VARIANT...: all folds of some variants.
run() {
    for variant in "$@"; do
        for fold in ${folds}; do echo "${fold} ${variant}"; done
    done | xargs -r -P "${nj}" -L 1 bash -c 'train_and_answer "$@"' _
}
# soft_targets starts from the explicit model of full.
if [[ " ${variants} " == *" full "* ]]; then run full; fi
read -ra others <<< "${variants/full/}"
run "${others[@]}"

scored=()
for fold in ${folds}; do scored+=("${exp}/fold${fold}"); done
python -m c2ser.bin.results --exp_dir "${scored[@]}" --output "${exp}/RESULTS.md" \
    --command "egs/emodb/local/ablation.sh ${COMMAND_LINE}"
echo "see ${PWD}/${exp}/RESULTS.md"
