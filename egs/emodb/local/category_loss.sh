#!/usr/bin/env bash
# What the category loss and unlabelled speech are worth to Emotion2Vec-S: pre-trainings that differ in nothing else.
#
# One speaker of ten is left out a fold. Half of the training utterances of each emotion keep their labels.
#   full            all losses, on labelled and unlabelled utterances
#   no_category     without L_cate
#   no_unlabelled   all losses, on the labelled utterances only; as many updates
# A probe is trained on the labelled half and scored on the speaker left out. exp/category_loss_<conf>/RESULTS.md gets the
# scores of the ten folds together, their mean and deviation over seeds; embeddings.png the embeddings of two speakers
# that were not trained on. What is done already is not done again.
set -euo pipefail

source_dir=downloads  # the folder with EmoDB's wav/
conf_dir=conf/small   # its emotion2vec_s.yaml is used
seeds="0 100 200"     # of the pre-trainings; ESPnet adds the epoch, so close ones would share batches
folds="1 2 3 4 5 6 7 8 9 10"
nj=2                  # runs at a time, of one thread each
COMMAND_LINE=$*
# shellcheck source=../../../utils/parse_options.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../../utils/parse_options.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=/dev/null
. ./path.sh
exp=exp/category_loss_$(basename "${conf_dir}")
export OMP_NUM_THREADS=1 conf_dir exp

# pretrain_and_probe FOLD SEED VARIANT
pretrain_and_probe() {
    local dump=dump/loso_fold$1 dir=${exp}/seed$2/emotion2vec_s_$3/fold$1
    local train=${dump}/train options=()
    [ ! -e "${dir}/test/result.json" ] || return 0
    if [ "$3" = no_category ]; then options=(--pretraining_conf category_weight=0); fi
    if [ "$3" = no_unlabelled ]; then train=${dump}/labelled; fi
    mkdir -p "${dir}"
    {
        python -m c2ser.bin.emotion2vec_train --config "${conf_dir}/emotion2vec_s.yaml" --output_dir "${dir}" --resume true \
            --seed "$2" --num_workers 0 --use_tensorboard false --use_matplotlib false "${options[@]}" \
            --emotions "data/loso_fold$1/emotions" --train_utt2emo "${dump}/labelled/utt2emo" \
            --train_data_path_and_name_and_type "${train}/wav.scp,speech,sound" \
            --train_shape_file "${train}/utt2num_samples" \
            --valid_data_path_and_name_and_type "${dump}/dev/wav.scp,speech,sound" \
            --valid_shape_file "${dump}/dev/utt2num_samples" --valid_utt2emo "${dump}/dev/utt2emo" &&
            python -m c2ser.bin.combine_data_dirs --output_dir "${dir}/unseen" --data_dirs "${dump}/dev" "${dump}/test" &&
            python -m c2ser.bin.combine_data_dirs --output_dir "${dir}/all" \
                --data_dirs "${dump}/labelled" "${dump}/dev" "${dump}/test" &&
            python -m c2ser.bin.extract_emotion2vec --model "${dir}" --data_dir "${dir}/all" --output_dir "${dir}/unseen" &&
            python -m c2ser.bin.probe --train_dir "${dump}/labelled" --dev_dir "${dump}/dev" --test_dir "${dump}/test" \
                --features "${PWD}/${dir}/unseen/emotion2vec_s.scp" --output_dir "${dir}/test"
    } >> "${dir}/log" 2>&1 || { echo "error: fold $1, seed $2, $3: see ${PWD}/${dir}/log" >&2 && return 255; }
    rm -f "${dir}"/*.pth
    echo "$(date '+%H:%M:%S') fold $1, seed $2, $3: done"
}
export -f pretrain_and_probe

for fold in ${folds}; do
    if [ ! -e "dump/loso_fold${fold}/labelled/wav.scp" ]; then
        ./run.sh --source_dir "${source_dir}" --protocol loso --fold "${fold}" --stage 1 --stop_stage 2
        python -m c2ser.bin.subset_data_dir --data_dir "dump/loso_fold${fold}/train" --fraction 0.5 \
            --output_dir "dump/loso_fold${fold}/labelled"
    fi
done
for seed in ${seeds}; do
    for fold in ${folds}; do
        printf '%s\n' "${fold} ${seed} "{full,no_category,no_unlabelled}
    done
done | xargs -P "${nj}" -L 1 bash -c 'pretrain_and_probe "$@"' _

scored=()
for seed in ${seeds}; do
    for model in "${exp}/seed${seed}"/emotion2vec_s_*; do
        mkdir -p "${model}/probe/test"
        for fold in ${folds}; do cat "${model}/fold${fold}/test/utt2emo"; done | sort > "${model}/probe/test/utt2emo"
        for fold in ${folds}; do cat "dump/loso_fold${fold}/test/utt2emo"; done | sort > "${model}/probe/test/reference"
        python -m c2ser.bin.score --ref "${model}/probe/test/reference" --hyp "${model}/probe/test/utt2emo" \
            --output_dir "${model}/probe/test" > /dev/null
    done
    scored+=("${exp}/seed${seed}")
done
python -m c2ser.bin.results --exp_dir "${scored[@]}" --output "${exp}/RESULTS.md" \
    --command "egs/emodb/local/category_loss.sh ${COMMAND_LINE}"
python -m c2ser.bin.plot_embeddings --output_file "${exp}/embeddings.png" --titles "with L_cate" "without L_cate" \
    --data_dirs "${exp}/seed${seeds%% *}"/emotion2vec_s_{full,no_category}/"fold${folds%% *}"/unseen
echo "see ${PWD}/${exp}/RESULTS.md and embeddings.png beside it"
