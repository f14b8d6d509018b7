#!/usr/bin/env bash
# Starts a Slurm of this machine alone, for tests: its own keys, ports and state, all in one folder.
#
# Usage: tests/slurm/start.sh FOLDER [NODES]
# Then `export SLURM_CONF=FOLDER/slurm.conf`; tests/slurm/stop.sh FOLDER ends it. Needs root, because Slurm starts jobs
# for users. Debian's slurm-wlm and munge are installed by apt where they are missing. Says in one line why it cannot.
# With NODES it has so many nodes, node1, node2, ..., of one core each (see node.sh), and this machine is their login node.
set -euo pipefail

cannot() {
    echo "no Slurm here: $*" >&2
    exit 1
}

[[ $# -eq 1 || ( $# -eq 2 && $2 =~ ^[1-9]$ ) ]] || { sed -n '2,7s/^# \?//p' "$0" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || cannot "starting one needs root"
if ! type slurmctld slurmd munged > /dev/null 2>&1; then
    command -v apt-get > /dev/null || cannot "slurmctld, slurmd or munged is missing, and there is no apt-get to install them"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends slurm-wlm munge; } \
        > /dev/null 2>&1 || cannot "apt-get could not install slurm-wlm and munge"
fi

mkdir -p "$1"
folder=$(realpath "$1")
num_nodes=${2:-0}
here=$(dirname "$0")
host=$(hostname -s)
getent hosts "${host}" > /dev/null || cannot "/etc/hosts has no line for ${host}"
mkdir -p "${folder}"/{munge,state,spool,log}
chmod 755 "${folder}/munge"

# free_port: prints a port that nothing listens on.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'
}

# Memory and CPUs are no limit, so that recipes may ask for as much as they do on a cluster, two processes always fit,
# and tests that run at the same time do not wait for each other's jobs.
port=$(free_port)
controller=${host}
nodes=("NodeName=${host}" "CPUs=$(($(nproc) > 8 ? $(nproc) : 8))")
timeout=300
if [ "${num_nodes}" -gt 0 ]; then
    bridge=slurm${port}
    subnet=198.$((18 + port / 256 % 2)).$((port % 256))  # of the range for benchmarks, which no network uses
    controller="${host}(${subnet}.1)"
    nodes=("NodeName=node[1-${num_nodes}]" "NodeAddr=${subnet}.[11-1${num_nodes}]" CPUs=1)
    timeout=30  # seconds until a node that is silent counts as dead
    echo "${bridge} ${subnet}" > "${folder}/network"
    cp /etc/hosts "${folder}/hosts"
    for number in $(seq "${num_nodes}"); do echo "${subnet}.1${number} node${number}"; done >> "${folder}/hosts"
fi
names=${nodes[0]#*=}
cat > "${folder}/slurm.conf" << CONF
ClusterName=c2ser
SlurmctldHost=${controller}
SlurmUser=root
SlurmctldPort=${port}
SlurmdPort=$(free_port)
AuthType=auth/munge
AuthInfo=socket=${folder}/munge/socket
CryptoType=crypto/munge
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
MinJobAge=3600
MaxArraySize=2001
ReturnToService=2
SlurmdTimeout=${timeout}
GresTypes=gpu
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool/%n
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.%n.pid
SlurmctldLogFile=${folder}/log/slurmctld.log
SlurmdLogFile=${folder}/log/slurmd.%n.log
${nodes[*]} RealMemory=262144 Gres=gpu:2 State=UNKNOWN
PartitionName=cpu Nodes=${names} Default=YES MaxTime=INFINITE State=UP PriorityTier=1 GraceTime=20
PartitionName=gpu Nodes=${names} MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes=${names} MaxTime=INFINITE State=UP PriorityTier=2
CONF
# Two files stand for two GPUs, so that --gpu can be tried where there is none.
echo "NodeName=${names} Name=gpu File=/dev/null,/dev/zero" > "${folder}/gres.conf"
export SLURM_CONF=${folder}/slurm.conf

dd if=/dev/urandom of="${folder}/munge/key" bs=1024 count=1 status=none
chmod 600 "${folder}/munge/key"
munged --force --key-file "${folder}/munge/key" --socket "${folder}/munge/socket" --pid-file "${folder}/munged.pid" \
    --log-file "${folder}/log/munged.log" --seed-file "${folder}/munge/seed" 2> "${folder}/log/start.log" ||
    cannot "munged did not start; see ${folder}/log"
# start_nodes: starts this machine's slurmd, or nodes and their network.
start_nodes() {
    if [ "${num_nodes}" -eq 0 ]; then
        slurmd -c
        return
    fi
    ip link add "${bridge}" type bridge && ip address add "${subnet}.1/24" dev "${bridge}" && ip link set "${bridge}" up || return
    for number in $(seq "${num_nodes}"); do "${here}/node.sh" start "${folder}" "${number}" || return; done
}
{ slurmctld -c && start_nodes; } 2>> "${folder}/log/start.log" || cannot "slurmctld or slurmd did not start; see ${folder}/log"

for _ in $(seq 60); do
    if [ "$(sinfo --noheader --format=%t --partition=cpu 2> /dev/null)" = idle ] && timeout 20 srun --quiet true; then
        exit 0
    fi
    sleep 0.5
done
"${here}/stop.sh" "${folder}"
cannot "it ran no job within 30 s; see ${folder}/log"
