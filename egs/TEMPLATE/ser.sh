#!/usr/bin/env bash
# The stages of a recipe, from a corpus on disk to a packed model. Recipes call it from their run.sh with their options.
# Options that are not listed here, and all that follows --, are those of the recipe's local/data.sh.
#
#  1 data preparation        5 features and probe        9 inference
#  2 audio and attributes    6 chain-of-thought data    10 scoring
#  3 pseudo-labels           7 training, explicit CoT   11 packing
#  4 Emotion2Vec-S           8 self-distillation
set -euo pipefail

stage=1             # first stage to run
stop_stage=11       # last stage to run
nj=2                # parallel jobs of the stages that split the data
ngpu=0              # GPUs per node of a training; parallel jobs use one each, so here at most that many run; 0 for the CPU
num_nodes=1         # nodes of a training, with --cmd_backend slurm
num_threads=        # CPU threads per training process; by default the cores of this machine divided by its GPUs
cmd_backend=local   # local or slurm
conf_dir=conf/tiny  # folder of the configurations
data_dir=data       # where stage 1 writes; {fold} here and below is the value of local/data.sh's option --fold
dump_dir=dump       # where stages 2 to 6 write
exp_dir=exp         # where stages 4 to 11 write
tag=                # names the experiments; by default the last part of conf_dir
train_set=train     # labelled training set
unlabelled_sets=    # sets without labels, for stages 3 and 4; may be empty
dev_set=dev         # chooses the best epoch
test_sets="test"    # sets to report
audio_format=flac   # how stage 2 stores audio: flac, a file per utterance, or flac.ark, arks of about 500 MB
skip_bad=false      # leave out utterances whose audio cannot be used, instead of stopping
allow_pipe=false    # run entries of wav.scp that are a command and "|"
allow_same_audio=false # go on where audio of a test set is in a training set; by default stage 2 stops
speakers_apart=false # true: stage 2 stops where a speaker of a test set is in a training set, or unknown
asr=                # hub id or folder of a Whisper model that transcribes utterances without text; empty for none
asr_options=        # further options of transcribe, such as "--language de --dtype bfloat16"; values without spaces
pitch_extractor=praat # praat or world
pseudo_label_options= # further options of pseudo_label, such as "--text none --max_per_class 500"; values without spaces
levels_by=          # sex, speaker or corpus: attribute levels relative to these; by default to the whole training set
rewrite_llm=        # hub id or folder of a chat model that rewrites the rationales; empty to keep the templates
rewrite_url=        # server with OpenAI's interface, such as http://localhost:8000/v1, that serves this model instead
whisper=            # hub id or folder of a Whisper model; by default that of the configuration
llm=                # hub id or folder of a language model; by default built from conf_dir/llm.yaml, or that of the configuration
feature_dtype=float32 # type in which Emotion2Vec-S features are computed; bfloat16 is faster on hardware that supports it
encoder=            # hub id or folder of a frozen encoder: a first figure without training, by stages 1, 2, 5 and 10 alone
finetune=false      # true: fine-tune that encoder with a classification head, by stages 1, 2, 5 and 10, instead of probing it
finetuning_options= # further options of finetune, such as "--layers weighted --frozen_blocks 4"; values without spaces
chat_model=         # hub id or folder of a Qwen2-Audio that learns the targets by LoRA: a system to compare with, by stages 1, 2, 6, 7, 9 and 10
chat_options=       # further options of audio_chat_train, such as "--optim_conf lr=5.0e-5"; values without spaces
probe_options=      # further options of probe, such as "--head mlp"; values without spaces
standardize=false   # standardise Whisper's features by the statistics of the training set
cot=true            # false: no chain of thought; stage 7 is left out, stage 8 learns plain answers alone, by alm.yaml
mix_options=        # how trainings mix corpora (utt2corpus), such as "--corpus_temperature 2" or "--corpus_weights meld=1 ..."
alm_options=        # further options of alm_train, such as "--perception semantic"; values without spaces
init_exp=           # packed model or experiment that training goes on from; of a packed model also the Emotion2Vec-S is used
explicit_exp=       # experiment that stage 8 starts from; by default that of stage 7
inference_modes="explicit implicit measured" # of stages 9 and 10; measured: explicit, with measured reasons; without CoT only implicit
inference_options=  # further options of alm_inference, such as "--num_beams 4 --repetition_penalty 1.05"
stability_modes=    # explicit, implicit or both: stage 9 answers in them under the conditions of stability, too
interventions_modes= # the same for interventions, on sets whose sentences are said with several emotions
pass_on() { (. ./path.sh && local/data.sh "$@"); }
. ../../utils/parse_options.sh

[ $# -eq 0 ] || wrong_usage "unexpected argument '$1'; $0 --help lists the options"
at_least 0 stage stop_stage ngpu
at_least 1 nj num_nodes
[ -z "${num_threads}" ] || at_least 1 num_threads
. ./path.sh
. ./cmd.sh
cores=$(nproc) gpus=$((ngpu > 1 ? ngpu : 1))
num_threads=${num_threads:-$((cores > gpus ? cores / gpus : 1))}
. ../../utils/stages.sh

if [ -z "${tag}" ] && { ! "${cot}" || [ -n "${alm_options}${init_exp}" ]; }; then
    wrong_usage "--cot false, --alm_options and --init_exp need a --tag, so that their experiments are not taken for others"
fi
for option in "${!PASSED[@]}"; do
    for folder in data_dir dump_dir exp_dir; do
        printf -v "${folder}" '%s' "${!folder//"{${option}}"/"${PASSED[${option}]}"}"
    done
done
for option in dump_dir exp_dir train_set unlabelled_sets dev_set tag; do  # ESPnet's trainer splits at commas
    [[ ${!option} != *,* ]] || wrong_usage "--${option} '${!option}' has a comma, which training cannot read; rename it"
done
if [ -d "${whisper}" ]; then whisper=$(realpath "${whisper}"); fi
if [ -d "${llm}" ]; then llm=$(realpath "${llm}"); fi
if [ -d "${encoder}" ]; then encoder=$(realpath "${encoder}"); fi
if [ -d "${chat_model}" ]; then chat_model=$(realpath "${chat_model}"); fi
if [ -d "${asr}" ]; then asr=$(realpath "${asr}"); fi
if [ -d "${init_exp}" ]; then init_exp=$(realpath "${init_exp}"); fi
given_tag=${tag}
tag=${tag:-$(basename "${conf_dir}")}
read -ra unlabelled <<< "${unlabelled_sets}"
read -ra tests <<< "${test_sets}"
pseudo=("${unlabelled[@]/%/_pseudo}")
emotions=${data_dir}/emotions
label_sets=${data_dir}/corpus_emotions  # where the label sets of corpora differ
train=${dump_dir}/${train_set}
dev=${dump_dir}/${dev_set}
e2v_exp=${exp_dir}/emotion2vec_s_${tag}
e2v_model=${e2v_exp}  # computes the features
if [ -d "${init_exp}/emotion2vec_s" ]; then e2v_model=${init_exp}/emotion2vec_s; fi
explicit_exp=${explicit_exp:-${exp_dir}/alm_${tag}_explicit}
implicit_exp=${exp_dir}/alm_${tag}_implicit
read -ra modes <<< "${inference_modes}"
first_exp=${explicit_exp}
if ! "${cot}"; then modes=(implicit) first_exp=${implicit_exp}; fi
scored_exp=${implicit_exp}
left_out=()
finetuned_sets=()
[[ ${audio_format} = flac?(.ark) ]] || wrong_usage "--audio_format is flac or flac.ark, not '${audio_format}'"
! "${finetune}" || [ -n "${encoder}" ] || wrong_usage "--finetune needs --encoder, the encoder to fine-tune"
if [ -n "${encoder}" ]; then
    encoder_exp=${exp_dir}/$(basename "${encoder}")
    if "${finetune}"; then encoder_exp+=_finetuned${given_tag:+_${given_tag}} finetuned_sets=("${tests[@]}"); fi
    modes=() scored_exp=${encoder_exp} left_out=(3 4 6 7 8 9 11)
fi
if [ -n "${chat_model}" ]; then
    [ -z "${encoder}" ] || wrong_usage "--chat_model and --encoder are two systems; give one of them"
    explicit_exp=${exp_dir}/$(basename "${chat_model}")_lora${given_tag:+_${given_tag}}
    modes=(explicit) scored_exp=${explicit_exp} left_out=(3 4 5 8 11) pseudo=()
fi
declare -A models=([explicit]=${explicit_exp} [implicit]=${implicit_exp} [measured]=${explicit_exp})
for mode in "${modes[@]}"; do
    [ -n "${models[${mode}]:-}" ] || wrong_usage "--inference_modes are explicit, implicit and measured, not '${mode}'"
done
read -ra stability_list <<< "${stability_modes}"
read -ra interventions_list <<< "${interventions_modes}"
for mode in "${stability_list[@]}" "${interventions_list[@]}"; do
    [[ ${mode} = @(explicit|implicit) ]] ||
        wrong_usage "--stability_modes and --interventions_modes are explicit and implicit, not '${mode}'"
done
train_semi=${train}  # what Emotion2Vec-S learns from
train_cot=${train}   # what the audio language model learns from
if [ ${#unlabelled[@]} -gt 0 ]; then
    train_semi=${e2v_exp}/train_semi
    train_cot=${first_exp}/train_cot
fi
learned=("${train}" "${pseudo[@]/#/${dump_dir}/}" "${dev}")  # sets whose features it learns from
llm_dir=${llm}  # folder of the language model; empty if the configuration names it
if [ -z "${llm}${init_exp}" ] && [ -e "${conf_dir}/llm.yaml" ]; then llm_dir=${exp_dir}/llm_${tag}; fi
start=()
[ -z "${init_exp}" ] || start=(--init_exp "${init_exp}")
standardization=()
speech_stats=${first_exp}/stats/train/states_stats.npz
! "${standardize}" || standardization=(--speech_stats "${speech_stats}")
read -ra mix_options_list <<< "${mix_options}"
read -ra alm_options_list <<< "${alm_options}"
read -ra asr_options_list <<< "${asr_options}"
read -ra pseudo_label_options_list <<< "${pseudo_label_options}"
read -ra finetuning_options_list <<< "${finetuning_options}"
read -ra chat_options_list <<< "${chat_options}"
read -ra probe_options_list <<< "${probe_options}"
read -ra inference_options_list <<< "${inference_options}"
audio_options=()
! "${skip_bad}" || audio_options+=(--skip_bad)
! "${allow_pipe}" || audio_options+=(--allow_pipe)
leak_options=()
! "${allow_same_audio}" || leak_options+=(--allow_same_audio)
! "${speakers_apart}" || leak_options+=(--speakers_apart)

{  # read whole before it runs, so that editing this file does not disturb a run

if [ "${stage}" -lt 7 ] && [ "${stop_stage}" -ge 7 ] && [ -z "${encoder}${chat_model}" ] && [ -e "${conf_dir}/alm.yaml" ]; then  # which they would need then
    python -m c2ser.bin.check_models --config "${conf_dir}/alm.yaml" ${whisper:+--whisper "${whisper}"} ${llm:+--llm "${llm}"}
fi

if stage 1 "Data preparation" "${data_dir}"; then
    local/data.sh --data_dir "${data_dir}" "${PASSED_OPTIONS[@]}"
fi

if stage 2 "Audio at 16 kHz, durations, acoustic attributes" "${dump_dir}" "${data_dir}"; then
    needs "${emotions}" 1
    sets=("${train_set}" "${unlabelled[@]}" "${dev_set}" "${tests[@]}")
    "${skip_bad}" || validate "${sets[@]/#/${data_dir}/}"
    for dset in "${sets[@]}"; do
        target=${dump_dir}/${dset} merge=(--merge all)
        if [ -n "${asr}" ]; then  # first, as the speaking rate needs the words
            parallel "${data_dir}/${dset}" "${target}" "${cuda_cmd} --num_threads 1" transcribe -- \
                python -m c2ser.bin.transcribe --model "${asr}" --ngpu "${job_gpus}" "${audio_options[@]}" \
                --data_dir '{input}' "${asr_options_list[@]}" --journal "${target}/transcripts/{job}.jsonl"
            merge+=(--keep_split)
        fi
        rm -f "${target}"/{text,utt2lang}_asr  # of an earlier run, which this one may not have
        parallel "${data_dir}/${dset}" "${target}" "${cpu_cmd} --num_threads 1" attributes "${merge[@]}" -- \
            python -m c2ser.bin.extract_attributes --data_dir '{input}' --output_dir '{output}' \
            --audio_dir "${target}/audio" --audio_format "${audio_format}" --journal "${target}/measured/{job}.jsonl" \
                --pitch_extractor "${pitch_extractor}" "${audio_options[@]}"
    done
    ! "${skip_bad}" || validate "${sets[@]/#/${dump_dir}/}"  # now that utterances without usable audio are gone
    python -m c2ser.bin.check_leaks --train_dirs "${train}" "${unlabelled[@]/#/${dump_dir}/}" --dev_dir "${dev}" \
        --test_dirs "${tests[@]/#/${dump_dir}/}" --output_dir "${dump_dir}" "${leak_options[@]}"
fi

if stage 3 "Pseudo-labels of unlabelled sets" "${dump_dir}"; then
    for dset in "${unlabelled[@]}"; do
        needs "${dump_dir}/${dset}/wav.scp" 2
        reference=()  # true labels where they are known, only to report how good the pseudo-labels are
        true_labels=${data_dir}/${dset}_reference/utt2emo
        if [ -e "${true_labels}" ]; then reference=(--reference "${true_labels}"); fi
        show_log "${dump_dir}/${dset}_pseudo/log/pseudo_label.log"
        ${cuda_cmd} --num_threads "${num_threads}" "${dump_dir}/${dset}_pseudo/log/pseudo_label.log" \
            python -m c2ser.bin.pseudo_label --train_dir "${train}" --held_out_dir "${dev}" --emotions "${emotions}" \
            --unlabelled_dir "${dump_dir}/${dset}" --output_dir "${dump_dir}/${dset}_pseudo" --ngpu "${job_gpus}" \
            "${reference[@]}" "${pseudo_label_options_list[@]}"
        sed '/^## Details/,$d' "${dump_dir}/${dset}_pseudo/report.txt"
    done
fi

if [ "${e2v_model}" = "${e2v_exp}" ] && stage 4 "Emotion2Vec-S: semi-supervised pre-training" "${e2v_exp}" "${dump_dir}"; then
    needs "${train}/wav.scp" 2
    if [ ${#pseudo[@]} -gt 0 ]; then
        needs "${dump_dir}/${pseudo[0]}/wav.scp" 3
        python -m c2ser.bin.combine_data_dirs --data_dirs "${train}" "${pseudo[@]/#/${dump_dir}/}" \
            --output_dir "${train_semi}"
    fi
    train "${e2v_exp}" emotion2vec_train --config "${conf_dir}/emotion2vec_s.yaml" --resume true \
        --train_dir "${train_semi}"
fi

if "${finetune}" && stage 5 "Fine-tuning ${encoder} with a classification head" "${encoder_exp}" "${dump_dir}"; then
    needs "${train}/wav.scp" 2
    config=${conf_dir}/finetuning.yaml
    [ -e "${config}" ] || config=../TEMPLATE/conf/finetuning.yaml
    train "${encoder_exp}" finetune --config "${config}" --resume true --encoder "${encoder}" --train_dir "${train}" \
        "${finetuning_options_list[@]}"
    for dset in "${tests[@]}"; do
        output=${encoder_exp}/inference_finetuned/${dset}
        nj=${gpu_nj} parallel "${dump_dir}/${dset}" "${output}" "${cuda_cmd} --num_threads 1" recognize \
            --merge text utt2emo utt2scores -- \
            python -m c2ser.bin.recognize --system classifier --model "${encoder_exp}" --ngpu "${job_gpus}" \
            --data_dir '{input}' --output_dir '{output}' --journal "${output}/answers/{job}.jsonl"
    done
fi

if [ -n "${encoder}" ] && ! "${finetune}" && stage 5 "A probe on ${encoder}" "${encoder_exp}" "${dump_dir}"; then
    needs "${train}/wav.scp" 2
    show_log "${encoder_exp}/probe/log/probe.log"
    ${cuda_cmd} --num_threads "${num_threads}" "${encoder_exp}/probe/log/probe.log" \
        python -m c2ser.bin.probe --encoder "${encoder}" --ngpu "${job_gpus}" --train_dir "${train}" --dev_dir "${dev}" \
        --test_dir "${tests[@]/#/${dump_dir}/}" --output_dir "${encoder_exp}/probe" "${probe_options_list[@]}"
fi

if [ -z "${encoder}" ] && stage 5 "Emotion2Vec-S features and a probe on them" "${dump_dir}"; then
    needs_trained "${e2v_model}" 4 "probe a frozen encoder, without training, by --encoder NAME"
    for dset in "${train_set}" "${pseudo[@]}" "${dev_set}" "${tests[@]}"; do
        nj=${gpu_nj} parallel "${dump_dir}/${dset}" "${dump_dir}/${dset}" "${cuda_cmd} --num_threads 1" emotion2vec_s \
            --merge emotion2vec_s.scp -- \
            python -m c2ser.bin.extract_emotion2vec --model "${e2v_model}" --ngpu "${job_gpus}" \
            --dtype "${feature_dtype}" --data_dir '{input}' --output_dir '{output}' \
            --ark "${dump_dir}/${dset}/emotion2vec_s.{job}.ark"
    done
    probe_dir=${e2v_exp}/probe
    if [ ${#tests[@]} -eq 1 ]; then probe_dir+=/${tests[0]}; fi  # of several sets each gets a folder
    show_log "${probe_dir}/log/probe.log"
    ${cpu_cmd} "${probe_dir}/log/probe.log" \
        python -m c2ser.bin.probe --train_dir "${train}" --dev_dir "${dev}" --test_dir "${tests[@]/#/${dump_dir}/}" \
        --features emotion2vec_s.scp --output_dir "${probe_dir}" "${probe_options_list[@]}"
fi

if stage 6 "Chain-of-thought data: levels, rationales, targets" "${dump_dir}"; then
    needs "${train}/attributes" 2
    ${cpu_cmd} --num_threads 1 "${train}/log/build_cot.log" \
        python -m c2ser.bin.build_cot --data_dir "${train}" --output_dir "${train}" ${levels_by:+--levels_by "${levels_by}"}
    for dset in "${pseudo[@]}" "${dev_set}" "${tests[@]}"; do
        ${cpu_cmd} --num_threads 1 "${dump_dir}/${dset}/log/build_cot.log" \
            python -m c2ser.bin.build_cot --data_dir "${dump_dir}/${dset}" --output_dir "${dump_dir}/${dset}" \
            --thresholds "${train}/attribute_thresholds.yaml"
    done
    if [ -n "${rewrite_llm}" ]; then
        for dset in "${train_set}" "${pseudo[@]}" "${dev_set}"; do
            rewrite_rationales "${dump_dir}/${dset}"
        done
    fi
    python -m c2ser.bin.show_data "${train}" "${pseudo[@]/#/${dump_dir}/}" "${dev}" "${tests[@]/#/${dump_dir}/}" \
        --emotions "${emotions}" --output "${dump_dir}/data.html"
    echo "a page that shows the data: $(realpath "${dump_dir}/data.html")"
fi

if [ -n "${chat_model}" ] && stage 7 "LoRA of ${chat_model} on the targets" "${explicit_exp}" "${dump_dir}"; then
    needs "${train}/explicit" 6
    config=${conf_dir}/audio_chat.yaml
    [ -e "${config}" ] || config=../TEMPLATE/conf/audio_chat.yaml
    train "${explicit_exp}" audio_chat_train --config "${config}" --resume true --chat_model "${chat_model}" \
        --train_dir "${train}" "${chat_options_list[@]}" --mode explicit
fi

if [ -z "${chat_model}" ] && stage 7 "Audio language model: explicit chain of thought" "${first_exp}" "${dump_dir}"; then
    needs "${train}/explicit" 6
    needs_features "${learned[@]}"
    needs_own_encoder
    if [ ${#pseudo[@]} -gt 0 ]; then
        python -m c2ser.bin.combine_data_dirs --data_dirs "${train}" "${pseudo[@]/#/${dump_dir}/}" \
            --output_dir "${train_cot}" --labelled_only
    fi
    if [ "${llm_dir}" != "${llm}" ]; then
        python -m c2ser.bin.build_llm --config "${conf_dir}/llm.yaml" --output_dir "${llm_dir}" \
            --texts "${train_cot}/explicit" "${train_cot}/implicit"
    fi
    if "${standardize}"; then
        train_cmd=${stats_cmd} train_alm "${speech_stats%/train/*}" "${conf_dir}/alm.yaml" --collect_stats true \
            --batch_size 16 "${start[@]}"
    fi
    ! "${cot}" || train_alm "${explicit_exp}" "${conf_dir}/alm.yaml" --resume true "${start[@]}" "${standardization[@]}"
fi

if stage 8 "Audio language model: self-distillation to implicit answers" "${implicit_exp}" "${dump_dir}"; then
    needs "${train_cot}/wav.scp" 7
    needs_features "${learned[@]}"
    needs_own_encoder
    config=${conf_dir}/alm_implicit.yaml
    if "${cot}"; then
        needs_trained "${explicit_exp}" 7
        start=(--init_exp "${explicit_exp}")
    else
        config=${conf_dir}/alm.yaml
        start+=(--explicit_probability 0 0 --alignment_updates 0 --ctc_weight 0)
    fi
    train_alm "${implicit_exp}" "${config}" --resume true "${start[@]}" "${standardization[@]}"
fi

if [ -n "${chat_model}" ] && stage 9 "Inference on the test sets" "${explicit_exp}" "${dump_dir}"; then
    needs_trained "${explicit_exp}" 7
    for dset in "${tests[@]}"; do
        output=${explicit_exp}/inference_explicit/${dset}
        nj=${gpu_nj} parallel "${dump_dir}/${dset}" "${output}" "${cuda_cmd} --num_threads 1" recognize \
            --merge text utt2emo -- \
            python -m c2ser.bin.recognize --system audio_chat --model "${explicit_exp}" --ngpu "${job_gpus}" \
            --data_dir '{input}' --output_dir '{output}' --journal "${output}/answers/{job}.jsonl"
    done
fi

if [ -z "${chat_model}" ] && stage 9 "Inference on the test sets, in all modes" "${implicit_exp}" "${dump_dir}"; then
    for mode in "${modes[@]}"; do
        model=${models[${mode}]} options=(--mode "${mode}") tables=(text utt2emo)
        if [ "${mode}" = measured ]; then options=(--mode explicit --reasons measured); fi
        if [ "${mode}" != explicit ]; then options+=(--scores) tables+=(utt2scores); fi
        needs_trained "${model}" "$([ "${mode}" = implicit ] && echo 8 || echo 7)"
        needs_features "${tests[@]/#/${dump_dir}/}"
        [ ! -e "${label_sets}" ] || options+=(--corpus_emotions "${label_sets}")
        for dset in "${tests[@]}"; do
            output=${model}/inference_${mode}/${dset}
            [ "${mode}" != measured ] || needs "${dump_dir}/${dset}/attribute_levels" 6
            nj=${gpu_nj} parallel "${dump_dir}/${dset}" "${output}" "${cuda_cmd} --num_threads 1" inference \
                --merge "${tables[@]}" -- \
                python -m c2ser.bin.alm_inference --model "${model}" "${options[@]}" --ngpu "${job_gpus}" \
                --data_dir '{input}' --output_dir '{output}' "${inference_options_list[@]}" \
                --journal "${output}/answers/{job}.jsonl"
        done
    done
    conditions=()
    [ ! -e "${conf_dir}/conditions.yaml" ] || conditions=(--conditions "${conf_dir}/conditions.yaml")
    for mode in "${stability_list[@]}"; do measure stability "${mode}" "${conditions[@]}"; done
    for mode in "${interventions_list[@]}"; do measure interventions "${mode}"; done
fi

if stage 10 "Scoring, calibration, faithfulness of reasons" "${scored_exp}" "${dump_dir}"; then
    label_set=(--emotions "${emotions}")
    [ ! -e "${label_sets}" ] || label_set+=(--corpus_emotions "${label_sets}")
    for mode in "${modes[@]}"; do
        for dset in "${tests[@]}"; do
            output=${models[${mode}]}/inference_${mode}/${dset}
            needs "${output}/utt2emo" 9
            score_answers "${dset}" "${output}"
            [ "${mode}" != implicit ] || continue
            needs "${dump_dir}/${dset}/attribute_levels" 6
            python -m c2ser.bin.faithfulness --data_dir "${dump_dir}/${dset}" --hyp "${output}/text" \
                --output_dir "${output}/faithfulness" ${rewrite_llm:+--wording free} > /dev/null
        done
    done
    for dset in "${finetuned_sets[@]}"; do
        output=${encoder_exp}/inference_finetuned/${dset}
        needs "${output}/utt2emo" 5
        score_answers "${dset}" "${output}"
    done
    python -m c2ser.bin.results --exp_dir "${exp_dir}" --output "${exp_dir}/RESULTS.md" \
        --command "egs/$(basename "${PWD}")/run.sh ${C2SER_RUN_OPTIONS:-}" > /dev/null  # shown at the end
    python -m c2ser.bin.report "${exp_dir}" --dump_dir "${dump_dir}" > /dev/null
fi

if stage 11 "Packing a model for users" "${exp_dir}"; then
    needs_trained "${implicit_exp}" 8
    pack "${implicit_exp}" ""
    if "${cot}"; then
        needs_trained "${explicit_exp}" 7
        pack "${explicit_exp}" _explicit
    fi
    echo "the model card: $(realpath "${exp_dir}/packed_${tag}")/README.md; c2ser push uploads a model, with --dry_run it only lists what"
fi
end_stage

if [ "${stage}" -le 10 ] && [ "${stop_stage}" -ge 10 ]; then
    cat "${exp_dir}/RESULTS.md"
    echo "these figures: $(realpath "${exp_dir}/RESULTS.md")"
    echo "a page with all that was measured, and audio: $(realpath "${exp_dir}/report.html")"
fi
if [ "${stop_stage}" -ge 11 ] && [ -z "${encoder}${chat_model}" ]; then
    show_next "try it" ""
    ! "${cot}" || show_next "with reasons" _explicit --mode explicit
fi
exit
}
