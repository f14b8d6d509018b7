# Sourced by a recipe's scripts after path.sh: how jobs are started, by --cmd_backend.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # cmd_backend is an option of the script that sources this, and so are the commands its own

case "${cmd_backend}" in
    local)
        cpu_cmd="run.py"   # many short jobs on CPUs
        cuda_cmd="run.py"  # jobs with GPUs where there are any
        train_cmd="run.py" # training
        ;;
    slurm)
        slurm_conf=conf/slurm.conf
        [ -e "${slurm_conf}" ] || slurm_conf=../TEMPLATE/conf/slurm.conf
        cpu_cmd="slurm.py --config ${slurm_conf} --mem 8"
        cuda_cmd="slurm.py --config ${slurm_conf} --mem 16"
        train_cmd="slurm.py --config ${slurm_conf} --mem 32"
        ;;
    *)
        echo "error: --cmd_backend is local or slurm, not '${cmd_backend}'" >&2
        exit 2
        ;;
esac
