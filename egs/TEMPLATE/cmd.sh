# Sourced by a recipe's scripts after path.sh: how jobs are started, by the option --cmd_backend of these scripts.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the variables are for the script that sources this

case "${cmd_backend:=local}" in
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
