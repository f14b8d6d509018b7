#!/usr/bin/env bash
# Ends what start.sh started, with all jobs.
#
# Usage: tests/slurm/stop.sh FOLDER
set -uo pipefail

folder=$(realpath "$1")
export SLURM_CONF=${folder}/slurm.conf
timeout 10 scancel --state=PENDING --state=RUNNING --user=root 2> /dev/null
for daemon in slurmd slurmctld munged; do
    if [ -r "${folder}/${daemon}.pid" ]; then
        pid=$(cat "${folder}/${daemon}.pid")
        kill "${pid}" 2> /dev/null
        timeout 15 tail --pid="${pid}" --sleep-interval=0.1 -f /dev/null || kill -9 "${pid}" 2> /dev/null
    fi
done
exit 0
