#!/bin/bash
# The sweep @EXPERIMENT@ in @TASKS@ tasks, each a shard of its runs: an array job of Slurm, written by `bnnrun slurm`.
# It needs nothing but Slurm, bnnrun and tar. By hand, also after faults, since what is done is left alone:
#
#     job=$(sbatch --parsable @ARRAY_SH@)
#     sbatch --dependency=afterany:$job @MERGE_SH@
#
#SBATCH --job-name=@JOB@
#SBATCH --chdir=@CHDIR@
#SBATCH --output=logs/%A_%a.out
#SBATCH --open-mode=append
#SBATCH --array=@ARRAY@
#SBATCH --nodes=1 --ntasks=1
#SBATCH --requeue
#SBATCH --signal=B:USR1@120
@SBATCH@
set -eu
bnnrun=@BNNRUN@
spec=@SPEC@
arguments=(@ARGUMENTS@)
tasks=@TASKS@
every=600 # seconds from one copy of the shard to the next
@EXPORTS@
cd @FOLDER@
task=$SLURM_ARRAY_TASK_ID
shard=${task}of$tasks
saved=$PWD/shards/$shard.tar
scratch=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/bnnrun.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
stop=
trap 'stop=limit' USR1 # the time limit is near
trap 'stop=told' TERM  # scancel, preemption, which requeues by itself, or the limit is here

# Copies the shard, its database and the files of its runs, to the shared folder: all of it, or nothing. bnnrun
# stands still meanwhile, so that the copy is of one moment, and as good as what kill -9 leaves.
save() {
    local new=$saved.$SLURM_JOB_ID code=0
    [ -e "$scratch/$shard.db" ] || return 0
    kill -STOP -"$pid" 2>/dev/null && sleep 1
    tar -cf "$new" -C "$scratch" . || code=$?
    kill -CONT -"$pid" 2>/dev/null || true
    if [ "$code" -gt 1 ] || ! sync "$new" || ! mv -f "$new" "$saved"; then # 1: a file has changed
        echo "$saved: cannot be written; what it was before is there"
        rm -f "$new"
        return 1
    fi
}

# What the last task with this number has saved; of one that was killed, half a copy may be left.
rm -f "$saved".*
[ ! -e "$saved" ] || tar -xf "$saved" -C "$scratch"

set -m # bnnrun, and whatever it is started by, is a group
"$bnnrun" run "$spec" --shard "$task/$tasks" --db "$scratch/$shard.db" --take-over \
    -j "${SLURM_CPUS_ON_NODE:-1}" "${arguments[@]}" </dev/null >/dev/null &
pid=$!
set +m
next=$((SECONDS + every))
while [ -z "$stop" ] && kill -0 "$pid" 2>/dev/null; do
    sleep 1 || true
    [ "$SECONDS" -lt "$next" ] || { save || true; next=$((SECONDS + every)); }
done
[ -z "$stop" ] || kill -TERM -"$pid" 2>/dev/null || true # checkpoints, and ends
status=0
wait "$pid" || status=$?
save

# Ended by a signal, it has something left to do.
if [ "$stop" = limit ] && [ "$status" -gt 128 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 100 ]; then
    echo 'the time limit is near: the shard is saved, and goes on in the next part'
    rm -rf "$scratch" # what is requeued is killed at once
    scontrol requeue "$SLURM_JOB_ID" && exit
fi
exit "$status"
