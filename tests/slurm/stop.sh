#!/usr/bin/env bash
# Ends what start.sh started, with all jobs.
#
# Usage: tests/slurm/stop.sh FOLDER
set -uo pipefail

folder=$(realpath "$1")
export SLURM_CONF=${folder}/slurm.conf
timeout 10 scancel --state=PENDING --state=RUNNING --user=root 2> /dev/null
if [ -e "${folder}/network" ]; then
    for node in "${folder}"/node[0-9].pid; do
        number=${node##*/node}
        "$(dirname "$0")/node.sh" kill "${folder}" "${number%.pid}"
    done
    read -r bridge _ < "${folder}/network" && ip link delete "${bridge}"
fi
for daemon in "slurmd.$(hostname -s)" slurmctld munged; do
    if [ -r "${folder}/${daemon}.pid" ]; then
        pid=$(cat "${folder}/${daemon}.pid")
        kill "${pid}" 2> /dev/null
        timeout 15 tail --pid="${pid}" --sleep-interval=0.1 -f /dev/null || kill -9 "${pid}" 2> /dev/null
    fi
done
exit 0
