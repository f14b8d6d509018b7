# Sourced by ser.sh: what every stage does besides its own command.
# shellcheck shell=bash
# shellcheck disable=SC2154  # the variables are options of the script that sources this

job_gpus=$((ngpu > 0))  # what is no training has a GPU at most
cuda_cmd+=" --gpu ${job_gpus}"
stats_cmd="${train_cmd} --gpu ${job_gpus} --num_threads ${num_threads}"  # one process with what a training has
# How trainings run: several GPUs of this machine as ESPnet's own processes, those of a cluster as Slurm's.
train_cmd+=" --gpu ${ngpu} --num_threads ${num_threads}"
processes=(--ngpu "${ngpu}" --multiprocessing_distributed "$([ "${ngpu}" -gt 1 ] && echo true || echo false)")
if [ "${cmd_backend}" = slurm ]; then
    train_cmd+=" --requeue"
    if [ "${num_nodes}" -gt 1 ] || [ "${ngpu}" -gt 1 ]; then
        train_cmd+=" --num_nodes ${num_nodes}"
        processes=(--ngpu $((ngpu > 0)) --multiprocessing_distributed false)
        processes+=(--dist_backend "$([ "${ngpu}" -gt 0 ] && echo nccl || echo gloo)")
    fi
elif [ "${num_nodes}" -gt 1 ]; then
    echo "error: --num_nodes ${num_nodes} needs --cmd_backend slurm" >&2
    exit 2
fi
running=  # number of the stage that is running
locks=()  # what it holds

# stage N TITLE FOLDER [INPUT]: true where stage N is to run; says so, and how long the one before took. FOLDER is where it
# writes, INPUT what it reads all the time: of runs that would write to a folder in which others work, one goes on.
stage() {
    end_stage
    if [ "$1" -lt "${stage}" ] || [ "$1" -gt "${stop_stage}" ]; then
        return 1
    fi
    running=$1
    stage_started=${SECONDS}
    if ! { mkdir -p "$3" && : >> "$3/.lock"; } 2> /dev/null; then
        echo "error: stage ${running}: cannot write to $(realpath -m "$3"); change its permissions, or choose another folder" >&2
        exit 1
    fi
    hold "$3"
    if [ $# -gt 3 ] && [ -e "$4/.lock" ] && [ ! "$3/.lock" -ef "$4/.lock" ]; then hold "$4" --shared; fi
    echo "$(date '+%H:%M:%S') stage $1: $2"
}

# hold FOLDER [--shared]: locks a folder until the stage ends, with --shared to read there as others may, too.
hold() {
    local lock answer=0
    if [ $# -eq 1 ]; then exec {lock}>> "$1/.lock"; else exec {lock}< "$1/.lock"; fi
    locks+=("${lock}")
    flock --nonblock ${2:+"$2"} "${lock}" || answer=$?
    if [ "${answer}" -eq 1 ]; then
        echo "error: stage ${running}: another run is at work in $1; wait for it, or end it, on the machine where it was" \
            "started, by: fuser -k -TERM '$(realpath "$1")/.lock'" >&2
        exit 1
    elif [ "${answer}" -ne 0 ]; then  # some network file systems have no locks
        echo "warning: $1/.lock cannot be locked; see that no other run works there" >&2
    fi
    if [ "${cmd_backend}" = local ]; then nothing_in_slurm "$1"; fi
}

# nothing_in_slurm FOLDER: stops where Slurm still has jobs of an earlier run, which was killed, that write there.
nothing_in_slurm() {
    local left
    left=$(slurm_jobs "$1" PENDING,CONFIGURING,RUNNING,SUSPENDED)
    if [ -n "${left}" ]; then
        echo "error: stage ${running}: Slurm still has jobs of an earlier run in $1; end them by: scancel ${left}" >&2
        exit 1
    fi
    left=$(slurm_jobs "$1" COMPLETING)
    if [ -n "${left}" ]; then echo "stage ${running}: waiting for the end of job ${left}, of an earlier run" >&2; fi
    while [ -n "$(slurm_jobs "$1" COMPLETING)" ]; do sleep 1; done
}

# slurm_jobs FOLDER STATES: prints the ids of this user's jobs, an array's once, whose scripts are in the folder; nothing
# without a Slurm.
slurm_jobs() {
    command -v squeue > /dev/null || return 0
    squeue --me --noheader --states="$2" --format='%F %o' 2> /dev/null |
        grep -F " $(realpath "$1")/" | cut -d ' ' -f 1 | sort -u | xargs || true
}

# Says that the running stage is done.
end_stage() {
    if [ -n "${running}" ]; then
        echo "$(date '+%H:%M:%S') stage ${running}: done in $((SECONDS - stage_started)) s"
        for lock in "${locks[@]}"; do exec {lock}>&-; done
        locks=()
        running=
    fi
}

# needs FILE STAGE: stops where a stage's input is missing, and names the stage that makes it.
needs() {
    if [ ! -e "$1" ]; then
        echo "error: stage ${running} needs $1, which stage $2 makes; run it with --stage $2 --stop_stage $2" >&2
        exit 1
    fi
}

# needs_trained EXPERIMENT STAGE: the same for a finished training, whose averaged model is written at its end.
needs_trained() {
    needs "$(averaged_model "$1")" "$2"
}

# averaged_model EXPERIMENT: prints where a training's averaged model is.
averaged_model() {
    local models=("$1"/valid.*.ave.pth)
    echo "${models[0]}"
}

# note_model EXPERIMENT DIRECTORY: writes of which averaged model the features in a data directory are.
note_model() {
    model_digest "$1" > "$2/emotion2vec_s.sha256.part"
    mv "$2/emotion2vec_s.sha256.part" "$2/emotion2vec_s.sha256"
}

# model_digest EXPERIMENT: prints the SHA-256 of a training's averaged model.
model_digest() {
    sha256sum < "$(averaged_model "$1")" | cut -d ' ' -f 1
}

# needs_same_features EXPERIMENT DIRECTORY...: stops where features are of another Emotion2Vec-S than those that an audio
# language model learned from; notes which they are where it has not yet learned.
needs_same_features() {
    local directory note=$1/emotion2vec_s.sha256
    for directory in "${@:2}"; do needs "${directory}/emotion2vec_s.sha256" 5; done
    if [ ! -e "${note}" ] || ! compgen -G "$1/*.pth" > /dev/null; then
        cp "$2/emotion2vec_s.sha256" "${note}.part"
        mv "${note}.part" "${note}"
    fi
    for directory in "${@:2}"; do
        needs_same_emotion2vec "$1" "$(cat "${directory}/emotion2vec_s.sha256")" "the features in ${directory}"
    done
}

# needs_same_emotion2vec EXPERIMENT DIGEST WHAT: the same for anything of the model with this SHA-256.
needs_same_emotion2vec() {
    if [ -e "$1/emotion2vec_s.sha256" ] && [ "$(cat "$1/emotion2vec_s.sha256")" != "$2" ]; then
        echo "error: stage ${running}: not of the Emotion2Vec-S that $1 learned from: $3; run stages 4 and 5 again with its" \
            "--tag, or delete it and train it anew" >&2
        exit 1
    fi
}

# validate DIRECTORY...: stops at data directories with faults, and names all of them.
validate() {
    needs "$1/utt2spk" 1
    "${allow_pipe}" && set -- --allow_pipe "$@"
    python -m c2ser.bin.validate_data_dir --emotions "${emotions}" "$@" > /dev/null
}

# split_jobs SOURCE TARGET: splits a data directory for parallel jobs into TARGET/input/split<jobs>/<job>, so that runs
# with targets of their own do not meet; sets `jobs`, at most one an utterance. What they write belongs into
# TARGET/split<jobs>/<job>; what an earlier call with other data or other jobs left there is removed.
split_jobs() {
    local utterances
    needs "$1/wav.scp" 2
    utterances=$(wc -l < "$1/utt2spk")
    if [ "${utterances}" -eq 0 ]; then
        echo "error: $1: the set is empty; prepare it again" >&2
        exit 1
    fi
    jobs=$((nj < utterances ? nj : utterances))
    rm -rf "$2"/split[0-9]* "$2/input"
    python -m c2ser.bin.split_data_dir --data_dir "$1" --nj "${jobs}" --output_dir "$2/input"
}

# merge_jobs DIRECTORY [NAME...]: puts the jobs' tables together, all or the named ones.
merge_jobs() {
    local directory=$1
    shift
    python -m c2ser.bin.merge_data_dir --data_dir "${directory}" --nj "${jobs}" ${1:+--names "$@"}
}

# rewrite_rationales DIRECTORY: a chat model rewrites the rationales of a set; answers are kept beside the sets.
rewrite_rationales() {
    local prompt=${conf_dir}/rewrite.yaml
    [ -e "${prompt}" ] || prompt=../TEMPLATE/conf/rewrite.yaml
    split_jobs "$1" "$1"
    ${cuda_cmd} ${rewrite_url:+--gpu 0} --num_threads 1 JOB=1:"${jobs}" "$1/log/rewrite_cot.JOB.log" \
        python -m c2ser.bin.rewrite_cot --data_dir "$1/input/split${jobs}/JOB" --output_dir "$1/split${jobs}/JOB" \
        --llm "${rewrite_llm}" ${rewrite_url:+--llm_url "${rewrite_url}"} --prompt "${prompt}" --ngpu "${job_gpus}" \
        --cache_dir "${dump_dir}/rewriting_cache"
    merge_jobs "$1" explicit
    python -m c2ser.bin.merge_rewriting --data_dir "$1" --nj "${jobs}"
}

# prepare_alm: makes what the trainings of the audio language model start from: its data where there are pseudo-labels, a
# small language model where none is named, statistics of Whisper's features.
prepare_alm() {
    if [ ${#pseudo[@]} -gt 0 ]; then
        python -m c2ser.bin.combine_data_dirs --data_dirs "${train}" "${pseudo[@]/#/${dump_dir}/}" \
            --output_dir "${train_cot}" --labelled_only
    fi
    if [ "${llm_dir}" != "${llm}" ]; then
        python -m c2ser.bin.build_llm --config "${conf_dir}/llm.yaml" --output_dir "${llm_dir}" \
            --texts "${train_cot}/explicit" "${train_cot}/implicit"
    fi
    if "${standardize}"; then
        local train_cmd=${stats_cmd}
        local processes=(--ngpu "${job_gpus}" --multiprocessing_distributed false)
        train_alm "${first_exp}/stats" "${conf_dir}/alm.yaml" --collect_stats true --batch_size 16
    fi
}

# train_alm EXPERIMENT CONFIG [OPTION...]: trains the audio language model, or collects its statistics.
train_alm() {
    local experiment=$1 config=$2 dset table options=()
    shift 2
    for dset in train valid; do
        table=${train_cot}
        [ ${dset} = train ] || table=${dev}
        options+=(
            "--${dset}_data_path_and_name_and_type" "${table}/wav.scp,speech,sound"
            "--${dset}_data_path_and_name_and_type" "${table}/emotion2vec_s.scp,acoustic,kaldi_ark"
            "--${dset}_data_path_and_name_and_type" "${table}/explicit,explicit,text"
            "--${dset}_data_path_and_name_and_type" "${table}/implicit,implicit,text"
            "--${dset}_shape_file" "${table}/utt2num_samples"
        )
    done
    [ -z "${whisper}" ] || options+=(--whisper "${whisper}")
    [ -z "${llm_dir}" ] || options+=(--llm "${llm_dir}")
    if "${standardize}" && [[ " $* " != *" --collect_stats "* ]]; then
        options+=(--speech_stats "${first_exp}/stats/train/states_stats.npz")
    fi
    echo "training; tail -f $(realpath -m "${experiment}")/train.log shows how far it is"
    ${train_cmd} "${experiment}/train.log" \
        python -m c2ser.bin.alm_train --config "${config}" --output_dir "${experiment}" --emotions "${emotions}" \
        "${processes[@]}" "${options[@]}" "${alm_options_list[@]}" "$@"
}
