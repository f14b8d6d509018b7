#!/usr/bin/env bash
# A node of a Slurm that start.sh has started with nodes: a machine with processes, network and host name of its own, by
# Linux's namespaces. Its files are this machine's, as on a cluster with a file system that all nodes share.
#
# Usage: tests/slurm/node.sh start|kill FOLDER NUMBER
# `kill` is a power cut: the network goes first, so that nobody hears of it, then all processes at once.
set -euo pipefail

[ $# -eq 3 ] || { sed -n '2,6s/^# \?//p' "$0" >&2; exit 2; }
folder=$(realpath "$2")
number=$3
name=node${number}
pid=${folder}/${name}.pid
read -r bridge subnet < "${folder}/network"
space=${bridge}-${number}  # of the network, and its end on this machine

case $1 in
    start)
        ip netns add "${space}"
        ip link add "${space}" master "${bridge}" type veth peer name eth0 netns "${space}"
        ip link set "${space}" up
        ip -n "${space}" link set lo up
        ip -n "${space}" address add "${subnet}.1${number}/24" dev eth0
        ip -n "${space}" link set eth0 up
        # Bash is its first process: it reaps what jobs leave behind, and its end is the end of all.
        # shellcheck disable=SC2016
        SLURM_CONF=${folder}/slurm.conf setsid nsenter --net="/run/netns/${space}" \
            unshare --uts --pid --fork --kill-child --mount-proc bash -euc '
                hostname "$1"; mount --bind "$2/hosts" /etc/hosts; slurmd -D -N "$1" & wait' - "${name}" "${folder}" \
            < /dev/null > "${folder}/log/${name}.log" 2>&1 &
        echo $! > "${pid}"
        ;;
    kill)
        [ -e "${pid}" ] || exit 0
        ip link delete "${space}"
        kill -9 "$(cat "${pid}")" || true  # it may have ended by itself
        tail --pid="$(cat "${pid}")" --sleep-interval=0.1 -f /dev/null
        ip netns delete "${space}"
        rm "${pid}"
        ;;
esac
