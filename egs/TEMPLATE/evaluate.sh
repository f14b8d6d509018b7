#!/usr/bin/env bash
# The stages of a recipe that only tests: answers of a packed model, scored set by set and together. Nothing is trained.
# Options that are not listed here, and all that follows --, are those of the recipe's local/data.sh.
#
#  1 data preparation    2 Emotion2Vec-S features    3 inference    4 scoring
set -euo pipefail

stage=1             # first stage to run
stop_stage=4        # last stage to run
nj=2                # parallel jobs of the stages that split the data
ngpu=0              # GPUs; parallel jobs use one each; 0 for the CPU
cmd_backend=local   # local or slurm
model=              # folder of the packed model, as import_checkpoint and pack make it
tag=                # names the answers; by default the last part of model
data_dir=data       # where stages 1 and 2 write
exp_dir=exp         # where stages 3 and 4 write
test_sets="test"    # sets to answer; of several, also all of them together as the set all
features=           # "DIR ENCODER", as alm_inference takes it: tokens <utterance>.npy instead of those of stage 2
feature_dtype=float32 # type in which Emotion2Vec-S features are computed
inference_modes="explicit implicit" # in which the model answers
prompt=             # what the model is asked; by default its own prompt of the mode
inference_options=  # further options of alm_inference, such as "--num_beams 4"; values without spaces
pass_on() { (. ./path.sh && local/data.sh "$@"); }
. ../../utils/parse_options.sh

[ $# -eq 0 ] || wrong_usage "unexpected argument '$1'; $0 --help lists the options"
at_least 0 stage stop_stage ngpu
at_least 1 nj
num_nodes=1 num_threads=1
. ./path.sh
. ./cmd.sh
. ../../utils/stages.sh

if [ "${stop_stage}" -gt 1 ] && [ ! -d "${model}/emotion2vec_s" ]; then
    wrong_usage "--model '${model}' is not the folder of a packed model; import_checkpoint and pack make them"
fi
[ -z "${model}" ] || model=$(realpath "${model}")
tag=${tag:-$(basename "${model}")}
read -ra tests <<< "${test_sets}"
read -ra modes <<< "${inference_modes}"
read -ra inference_options_list <<< "${inference_options}"
[ -z "${prompt}" ] || inference_options_list+=(--prompt "${prompt}")
read -ra given <<< "${features}"
[ ${#given[@]} -eq 0 ] || inference_options_list+=(--features "${given[@]}")
scored=("${tests[@]}")
if [ ${#tests[@]} -gt 1 ]; then scored+=(all); fi

{  # read whole before it runs, so that editing this file does not disturb a run

if stage 1 "Data preparation" "${data_dir}"; then
    local/data.sh --data_dir "${data_dir}" "${PASSED_OPTIONS[@]}"
    [ ${#tests[@]} -eq 1 ] || python -m c2ser.bin.combine_data_dirs \
        --data_dirs "${tests[@]/#/${data_dir}/}" --output_dir "${data_dir}/all"
fi

if [ -z "${features}" ] && stage 2 "Emotion2Vec-S features" "${data_dir}"; then
    for dset in "${tests[@]}"; do
        target=${data_dir}/${dset}
        needs "${target}/wav.scp" 1
        nj=${gpu_nj} parallel "${target}" "${target}" "${cuda_cmd} --num_threads 1" emotion2vec_s \
            --merge emotion2vec_s.scp -- \
            python -m c2ser.bin.extract_emotion2vec --model "${model}/emotion2vec_s" --ngpu "${job_gpus}" \
            --dtype "${feature_dtype}" --data_dir '{input}' --output_dir '{output}' \
            --ark "${target}/emotion2vec_s.{job}.ark"
    done
fi

if stage 3 "Inference" "${exp_dir}/${tag}" "${data_dir}"; then
    for mode in "${modes[@]}"; do
        for dset in "${tests[@]}"; do
            needs "${data_dir}/${dset}/wav.scp" 1
            [ -n "${features}" ] || needs "${data_dir}/${dset}/emotion2vec_s.scp" 2
            output=${exp_dir}/${tag}/inference_${mode}/${dset}
            nj=${gpu_nj} parallel "${data_dir}/${dset}" "${output}" "${cuda_cmd} --num_threads 1" inference \
                --merge text utt2emo -- \
                python -m c2ser.bin.alm_inference --model "${model}" --mode "${mode}" --ngpu "${job_gpus}" \
                --data_dir '{input}' --output_dir '{output}' "${inference_options_list[@]}" \
                --journal "${output}/answers/{job}.jsonl"
        done
    done
fi

if stage 4 "Scoring, faithfulness of reasons" "${exp_dir}/${tag}" "${data_dir}"; then
    for mode in "${modes[@]}"; do
        output=${exp_dir}/${tag}/inference_${mode}
        for dset in "${tests[@]}"; do needs "${output}/${dset}/utt2emo" 3; done
        if [ ${#tests[@]} -gt 1 ]; then
            mkdir -p "${output}/all"
            answers=("${tests[@]/#/${output}/}")
            for table in utt2emo text; do LC_ALL=C sort -m "${answers[@]/%//${table}}" > "${output}/all/${table}"; done
        fi
        for dset in "${scored[@]}"; do
            python -m c2ser.bin.score --ref "${data_dir}/${dset}/utt2emo" --hyp "${output}/${dset}/utt2emo" \
                --emotions "${data_dir}/emotions" --output_dir "${output}/${dset}/score" > /dev/null
            [ "${mode}" = explicit ] || continue
            python -m c2ser.bin.faithfulness --data_dir "${data_dir}/${dset}" --hyp "${output}/${dset}/text" \
                --wording free --output_dir "${output}/${dset}/faithfulness" > /dev/null
        done
    done
    python -m c2ser.bin.results --exp_dir "${exp_dir}" --output "${exp_dir}/RESULTS.md" \
        --command "egs/$(basename "${PWD}")/run.sh ${C2SER_RUN_OPTIONS:-}"
    python -m c2ser.bin.report "${exp_dir}" --dump_dir "${data_dir}" > /dev/null
    echo "a page with all that was measured, and audio: $(realpath "${exp_dir}/report.html")"
fi
end_stage
exit
}
