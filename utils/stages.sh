# Sourced by ser.sh: what stages share.
# shellcheck shell=bash
# shellcheck disable=SC2154  # the variables are options of the script that sources this

job_gpus=$((ngpu > 0))  # jobs other than trainings use at most one GPU
cuda_cmd+=" --gpu ${job_gpus}"
gpu_nj=${nj}  # parallel jobs of stages that compute on GPUs
if [ "${cmd_backend}" = local ] && [ "${ngpu}" -gt 0 ] && [ "${ngpu}" -lt "${nj}" ]; then
    gpu_nj=${ngpu}  # more would wait for a GPU, and each takes seconds to start
fi
# shellcheck disable=SC2034  # for the script that sources this
stats_cmd="${train_cmd} --gpu ${job_gpus} --num_threads ${num_threads}"  # one process with the resources of a training
train_cmd+=" --gpu ${ngpu} --num_threads ${num_threads}"
if [ "${cmd_backend}" = slurm ]; then
    train_cmd+=" --requeue"
    if [ "${num_nodes}" -gt 1 ] || [ "${ngpu}" -gt 1 ]; then train_cmd+=" --num_nodes ${num_nodes}"; fi
elif [ "${num_nodes}" -gt 1 ]; then
    wrong_usage "--num_nodes ${num_nodes} needs --cmd_backend slurm"
fi
running=  # number of the stage that is running
locks=()  # file descriptors of the locks that it holds
held=()   # folders that they are of
trap release EXIT

# stage N TITLE FOLDER [INPUT]: true if stage N is to run; announces it, and how long the stage before took. The stage
# writes to FOLDER, which one run may do at a time, and reads INPUT, which several may. How long it will take is
# known from earlier runs, or from those of the recipe's author. Stages in left_out do not run.
stage() {
    end_stage
    if [ "$1" -lt "${stage}" ] || [ "$1" -gt "${stop_stage}" ] || [[ " ${left_out[*]:-} " == *" $1 "* ]]; then
        return 1
    fi
    running=$1
    stage_started=${SECONDS}
    { mkdir -p "$3" && : >> "$3/.lock"; } 2> /dev/null ||
        fail "cannot write to $(realpath -m "$3"); change its permissions, or choose another folder"
    hold "$3"
    if [ $# -gt 3 ] && [ -e "$4/.lock" ] && [ ! "$3/.lock" -ef "$4/.lock" ]; then hold "$4" --shared; fi
    local expected reference=${conf_dir:+"${conf_dir}/stage_times"}
    if [ -n "${encoder_exp:-}" ]; then reference=; fi # which is of the whole model
    expected=$(stage_times.py "$1" "${stop_stage}" "$(stage_times)" ${reference:+"${reference}"})
    echo "$(date '+%H:%M:%S') stage $1: $2${expected:+ (${expected})}"
}

# hold FOLDER [--shared]: locks a folder until the stage ends; the file that this shell opens carries the lock.
hold() {
    local lock
    held+=("$1")
    if [ $# -eq 1 ]; then exec {lock}>> "$1/.lock"; else exec {lock}< "$1/.lock"; fi
    locks+=("${lock}")
    hold.py --stage "${running}" --cmd_backend "${cmd_backend}" ${2:+"$2"} "${lock}" "$1" || exit
}

# release: gives up the locks that are held, and the marks that stand for them where other machines do not see locks.
release() {
    local lock folder
    for lock in "${locks[@]}"; do exec {lock}>&-; done
    for folder in "${held[@]}"; do rm -f "${folder}/.lock.$(uname -n).$$."{reads,writes}; done
    locks=() held=()
}

# fail MESSAGE: ends the run.
fail() {
    echo "error: stage ${running}: $*" >&2
    exit 1
}

# stage_times: the file that notes how long each stage took, in this run and earlier ones of the kind.
stage_times() {
    echo "${exp_dir}/log/stage_times_$(basename "${encoder_exp:-${tag}}")"
}

# end_stage: reports that the running stage is done, notes how long it took, and releases its locks.
end_stage() {
    if [ -n "${running}" ]; then
        mkdir -p "${exp_dir}/log"
        echo "${running} $((SECONDS - stage_started))" >> "$(stage_times)"
        echo "$(date '+%H:%M:%S') stage ${running}: done in $((SECONDS - stage_started)) s"
        release
        running=
    fi
}

# needs FILE STAGE [OTHERWISE]: stops if the input of a stage is missing, and names the stage that makes it.
needs() {
    [ -e "$1" ] || fail "$1 is missing; stage $2 makes it: run it with --stage $2 --stop_stage $2${3:+, or $3}"
}

# trained EXPERIMENT: true for a packed model and for a finished training, which ends with an averaged model.
trained() {
    local models=("$1"/valid.*.ave.pth)
    [ -e "$1/model.safetensors" ] || [ -e "${models[0]}" ]
}

# needs_trained EXPERIMENT STAGE [OTHERWISE]: stops unless it is trained, and names the stage that does it.
needs_trained() {
    local models=("$1"/valid.*.ave.pth)
    trained "$1" || needs "${models[0]}" "$2" "${3:-}"
}

# needs_features DIRECTORY...: the same for the features of data directories.
needs_features() {
    local directory
    for directory in "$@"; do needs "${directory}/emotion2vec_s.scp" 5; done
}

# needs_own_encoder: stops where another configuration would train on features of the one before it. With a --tag, as of
# an ablation, it may; train.log names the encoder.
needs_own_encoder() {
    if trained "${e2v_model}" || [ -n "${given_tag}" ] || [ ! -e "${conf_dir}/emotion2vec_s.yaml" ]; then return; fi
    fail "there is no ${e2v_exp}, so the features in ${dump_dir} are of another configuration's Emotion2Vec-S; give --tag" \
        "NAME to train on them, or --dump_dir DIR and --stage 2 for features of its own (stage 5 replaces those in" \
        "${dump_dir}, which models trained on them need)"
}

# validate DIRECTORY...: stops if data directories have faults, and reports all of them.
validate() {
    needs "$1/utt2spk" 1
    "${allow_pipe}" && set -- --allow_pipe "$@"
    python -m c2ser.bin.validate_data_dir --emotions "${emotions}" "$@" > /dev/null
}

# show_log LOG: says where to look while a job runs.
show_log() {
    echo "  log: $(realpath -m "$1")"
}

# parallel SOURCE TARGET LAUNCHER NAME [OPTION...] -- COMMAND...: runs a command on the parts of a data directory; {input},
# {output} and {job} in it are those of a part. See c2ser.bin.parallel_data_dir.
parallel() {
    needs "$1/wav.scp" $((running == 2 ? 1 : 2))
    show_log "$2/log/$4.*.log"
    python -m c2ser.bin.parallel_data_dir --nj "${nj}" --data_dir "$1" --output_dir "$2" --launcher "$3" --name "$4" \
        "${@:5}"
}

# measure COMMAND MODE [OPTION...]: answers the test sets under the conditions of stability or interventions, by jobs
# that share them; a last one sums up.
measure() {
    local model=${models[$2]} dset output call
    needs_trained "${model}" "$([ "$2" = implicit ] && echo 8 || echo 7)"
    for dset in "${tests[@]}"; do
        output=${model}/$1_$2/${dset}
        call=(python -m "c2ser.bin.$1" --model "${model}" --mode "$2" --data_dir "${dump_dir}/${dset}"
            --output_dir "${output}" --ngpu "${job_gpus}" "${@:3}" "${inference_options_list[@]}")
        show_log "${output}/log/$1.*.log"
        if [ "${gpu_nj}" -gt 1 ]; then
            ${cuda_cmd} --num_threads 1 "PART_OF_ALL=1:${gpu_nj}" "${output}/log/$1.PART_OF_ALL.log" \
                "${call[@]}" --part "PART_OF_ALL/${gpu_nj}"
        fi
        ${cuda_cmd} --num_threads "${num_threads}" "${output}/log/$1.sum.log" "${call[@]}"
    done
}

# score_answers SET FOLDER: scores the answers to a test set, and their probabilities where there are some.
score_answers() {
    local ref=${dump_dir}/$1/utt2emo
    python -m c2ser.bin.score --ref "${ref}" --hyp "$2/utt2emo" "${label_set[@]}" --output_dir "$2/score" > /dev/null
    [ ! -e "$2/utt2scores" ] || python -m c2ser.bin.calibration --ref "${ref}" --scores "$2/utt2scores" \
        --output_dir "$2/calibration" > /dev/null
}

# rewrite_rationales DIRECTORY: a chat model rewrites the rationales of a set; its answers are kept beside the sets.
rewrite_rationales() {
    local prompt=${conf_dir}/rewrite.yaml jobs=${gpu_nj}
    [ -e "${prompt}" ] || prompt=../TEMPLATE/conf/rewrite.yaml
    [ -z "${rewrite_url}" ] || jobs=${nj}  # the GPUs are the server's
    nj=${jobs} parallel "$1" "$1" "${cuda_cmd} ${rewrite_url:+--gpu 0} --num_threads 1" rewrite_cot --merge explicit -- \
        python -m c2ser.bin.rewrite_cot --data_dir '{input}' --output_dir '{output}' --ngpu "${job_gpus}" \
        --llm "${rewrite_llm}" ${rewrite_url:+--llm_url "${rewrite_url}"} --prompt "${prompt}" \
        --cache_dir "${dump_dir}/rewriting_cache"
    python -m c2ser.bin.merge_rewriting --data_dir "$1" --nj "${jobs}"
}

# train EXPERIMENT COMMAND [OPTION...]: runs a training, or another command with its options and resources.
train() {
    local follower code=0
    show_log "$1/train.log"
    follow_training.py "$1/train.log" &
    follower=$!
    ${train_cmd} "$1/train.log" \
        python -m "c2ser.bin.$2" --output_dir "$1" --emotions "${emotions}" --valid_dir "${dev}" --ngpu "${ngpu}" \
        "${mix_options_list[@]}" "${@:3}" || code=$?
    kill "${follower}" 2> /dev/null || true
    wait "${follower}" 2> /dev/null || true
    return "${code}"
}

# pack EXPERIMENT SUFFIX: packs a model and its card as packed_<tag><SUFFIX>, to which the link packed<SUFFIX> points.
pack() {
    local table=${train}/attribute_thresholds.yaml thresholds=() own_encoder=() link=${exp_dir}/packed$2
    if trained "${e2v_model}"; then own_encoder=(--emotion2vec_exp "${e2v_model}"); fi  # or that of the features it learned
    if [ -e "${table}" ]; then thresholds=(--thresholds "${table}"); fi
    python -m c2ser.bin.pack --alm_exp "$1" "${own_encoder[@]}" "${thresholds[@]}" --output_dir "${exp_dir}/packed_${tag}$2" \
        --dump_dir "${dump_dir}" --made_by "egs/$(basename "${PWD}")/run.sh ${C2SER_RUN_OPTIONS:-}"
    if [ -e "${link}" ] && [ ! -L "${link}" ]; then
        echo "${link} was packed by an earlier version and stays as it is"
    else
        ln -sfn "packed_${tag}$2" "${link}"
    fi
}

# show_next TEXT SUFFIX [OPTION...]: prints the command with which a packed model answers for a file of the first test set.
show_next() {
    local audio command
    read -r _ audio < "${data_dir}/${tests[0]}/wav.scp" || true
    if [ -f "${audio:-}" ]; then audio=$(realpath "${audio}"); else audio=AUDIO; fi
    command=("$(command -v c2ser)" infer --model "$(realpath "${exp_dir}/packed_${tag}$2")" "${@:3}" "${audio}")
    [ -n "${command[0]}" ] || command=(python -m c2ser "${command[@]:1}")
    echo "$1:$(printf ' %q' "${command[@]}")"
}

# train_alm EXPERIMENT CONFIG [OPTION...]: trains the audio language model.
train_alm() {
    local sets=()
    [ ! -e "${label_sets}" ] || sets=(--corpus_emotions "${label_sets}")
    local own_encoder=()
    if trained "${e2v_model}"; then own_encoder=(--emotion2vec_exp "${e2v_model}"); fi
    train "$1" alm_train --config "$2" --train_dir "${train_cot}" "${own_encoder[@]}" ${whisper:+--whisper "${whisper}"} \
        ${llm_dir:+--llm "${llm_dir}"} "${sets[@]}" "${alm_options_list[@]}" "${@:3}"
}
