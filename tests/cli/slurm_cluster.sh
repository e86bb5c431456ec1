# slurm_cluster.sh - a Slurm of its own for a test: munged, slurmctld, and three nodes of a processor that are processes
# of this machine. Read by them (". slurm_cluster.sh"), no test itself; behind command.sh. SLURM_TICK: seconds after
# which a node that does not answer is given up.
PATH=$PATH:/usr/sbin:/sbin
cluster=$scratch/cluster
SLURM_CONF=$cluster/slurm.conf
export SLURM_CONF
nodes='n1 n2 n3'

# BNN_NEEDS_SLURM=1: where there has to be a Slurm that starts, its lack is a failure.
skip() {
    echo "skipped: $*"
    [ -z "${BNN_NEEDS_SLURM:-}" ] || exit 99
    exit 77
}
for program in munged slurmctld slurmd sbatch scontrol; do
    command -v $program >/dev/null || skip "no $program (Debian packages slurm-wlm and munge)"
done

# Ends a process, and waits for that.
end() {
    kill "$1" 2>/dev/null || return 0
    for _ in $(seq 100); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$1" 2>/dev/null
}

# The processes of jobs, on all nodes or one, each of which knows its node and the file that is its Slurm's.
job_processes() {
    for process in /proc/[0-9]*; do
        { tr '\0' '\n' <"$process/environ" >"$scratch/environ"; } 2>/dev/null || continue
        grep -qxF "SLURM_CONF=$SLURM_CONF" "$scratch/environ" &&
            grep -qx "SLURMD_NODENAME=${1:-n[0-9]}" "$scratch/environ" && echo "${process#/proc/}"
    done
}

watchers() {
    for process in /proc/[0-9]*; do
        grep -aq '^slurmstepd' "$process/cmdline" 2>/dev/null &&
            tr '\0' '\n' <"$process/environ" 2>/dev/null | grep -qxF "SLURM_CONF=$SLURM_CONF" && echo "${process#/proc/}"
    done
}

node_start() { slurmd -N "$1" >>"$cluster/log/start" 2>&1; }

# A node that loses power: its daemon, what watches over its jobs, and these, at once.
node_dies() {
    [ -n "$1" ] || return
    kill -KILL "$(cat "$cluster/slurmd.$1.pid")" 2>/dev/null
    processes=$(job_processes "$1")
    for process in $processes; do
        parent=$(awk '/^PPid:/ { print $2 }' "/proc/$process/status" 2>/dev/null)
        grep -aq '^slurmstepd' "/proc/$parent/cmdline" 2>/dev/null && kill -KILL "$parent"
    done
    # shellcheck disable=SC2086 # numbers
    [ -z "$processes" ] || kill -KILL $processes 2>/dev/null
}

cluster_stop() {
    [ ! -e "$SLURM_CONF" ] || scancel --state=PENDING --user="$(id -un)" >/dev/null 2>&1
    for pid in "$cluster"/slurm*.pid; do
        [ ! -s "$pid" ] || end "$(cat "$pid")"
    done
    # Jobs, and what watches over them, which would go on to report without those.
    munged=$(cat "$cluster/munged.pid" 2>/dev/null)
    for process in $(job_processes) $(watchers); do
        [ "$process" = "$munged" ] || kill -KILL "$process" 2>/dev/null
    done
    [ -z "$munged" ] || end "$munged"
}

cluster_configure() {
    host=$(hostname -s)
    user=$(id -un)
    cat >"$SLURM_CONF" <<END
ClusterName=bnnrun
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$1
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$cluster/munge/socket
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool.%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd.%n.pid
SlurmctldLogFile=$cluster/log/slurmctld
SlurmdLogFile=$cluster/log/slurmd.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=${SLURM_TICK:-300}
MinJobAge=3600
KillWait=60
MailProg=/bin/true
END
    port=$1
    for node in $nodes; do
        port=$((port + 1))
        echo "NodeName=$node NodeAddr=127.0.0.1 NodeHostname=$host Port=$port CPUs=1 RealMemory=1000"
    done >>"$SLURM_CONF"
    echo 'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP' >>"$SLURM_CONF"
}

# Once more with other ports, which another program may have.
cluster_try() {
    rm -rf "$cluster"
    mkdir -p "$cluster/munge" "$cluster/state" "$cluster/log"
    chmod 755 "$scratch" "$cluster" "$cluster/munge"
    (umask 077; head -c 128 /dev/urandom >"$cluster/munge/key")
    cluster_configure "$1"
    munged --socket="$cluster/munge/socket" --key-file="$cluster/munge/key" --pid-file="$cluster/munged.pid" \
        --log-file="$cluster/log/munged" --seed-file="$cluster/munge/seed" >>"$cluster/log/start" 2>&1 &&
        slurmctld >>"$cluster/log/start" 2>&1 || return 1
    for node in $nodes; do
        node_start "$node" || return 1
    done
    for _ in $(seq 100); do
        [ "$(sinfo -h -o %T 2>/dev/null | sort -u)" = idle ] && return 0
        sleep 0.1
    done
    return 1
}

cluster_start() {
    for attempt in 0 1 2; do
        cluster_try $((20000 + ($$ * 4 + attempt * 4000) % 12000)) && return
        cluster_stop
    done
    skip "Slurm does not start here: $(tail -n 2 "$cluster"/log/* 2>/dev/null | tr '\n' ' ')"
}
trap 'cluster_stop; rm -rf "$scratch"' EXIT
