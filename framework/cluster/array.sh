#!/bin/bash
# The sweep @EXPERIMENT@ in @TASKS@ tasks, each a shard of its runs: an array job of Slurm, written by `bnnrun slurm`.
# It needs nothing but Slurm, bnnrun and tar. By hand, also after faults, since what is done is left alone:
#
#     job=$(sbatch --parsable @ARRAY_SH@)
#     sbatch --dependency=afterany:$job @MERGE_SH@
#
#SBATCH --job-name=@JOB@
#SBATCH --chdir=@CHDIR@
#SBATCH --output=logs/%A_%a.out --open-mode=append
#SBATCH --array=@ARRAY@
#SBATCH --nodes=1 --ntasks=1 --requeue --signal=B:USR1@120
@SBATCH@
set -eu
bnnrun=@BNNRUN@
spec=@SPEC@
arguments=(@ARGUMENTS@)
tasks=@TASKS@
least=60  # seconds that a part has to train for, to be followed by another
every=600 # seconds from one copy of the shard to the next
@EXPORTS@
cd @FOLDER@
task=$SLURM_ARRAY_TASK_ID shard=${SLURM_ARRAY_TASK_ID}of$tasks
saved=$PWD/shards/$shard.tar
for disk in "${SLURM_TMPDIR:-}" "${TMPDIR:-}" /tmp; do # of the node: over a network a database is refused
    if [ -d "$disk" ] && [ -w "$disk" ] && df -l "$disk" >/dev/null 2>&1; then break; fi
done
scratch=$(mktemp -d "$disk/bnnrun.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
stop=
trap 'stop=${stop:-limit}' USR1 # the time limit is near
trap 'stop=${stop:-told}' TERM  # scancel, preemption, which requeues by itself, or the limit is here

# Copies the shard, its database and the files of its runs, to the shared folder: all of it, or nothing. bnnrun stands
# still meanwhile, so that the copy is of one moment, and as good as what kill -9 leaves; Slurm, which lets jobs go on
# before it ends them, spoils it. The name is of this process alone: a task may have a twin, on a node taken for dead.
save() (
    trap '' TERM USR1 # which Slurm sends to all processes
    new=$PWD/shards/.$shard.new.$SLURM_JOB_ID.${SLURM_RESTART_COUNT:-0}.$HOSTNAME.$$ code=0
    [ -e "$scratch/$shard.db" ] || exit 0
    if kill -STOP -"$pid" 2>/dev/null; then sleep 1; fi
    tar -cf "$new" -C "$scratch" . || code=$? # 1: a file has changed
    if grep -qs '^State:.[^TZX]' "/proc/$pid/status"; then code=3; fi
    kill -CONT -"$pid" 2>/dev/null || true
    [ "$code" -le 1 ] && sync "$new" && mv -f "$new" "$saved" && { sync shards || true; exit 0; }
    echo "$saved: cannot be written now; what it was before is there"
    rm -f "$new"
    exit 1
)

# What the last task with this number has saved; of those that were killed, half a copy may be left.
find shards -maxdepth 1 -name ".$shard.new.*" -mtime +0 -delete || true
[ ! -e "$saved" ] || tar -xf "$saved" -C "$scratch"

# bnnrun, and whatever it is started by, is a group, which Slurm's signals pass by: a second one would end it at once.
set -m
(
    trap '' TERM USR1
    exec "$bnnrun" run "$spec" --shard "$task/$tasks" --db "$scratch/$shard.db" --take-over \
        -j "${SLURM_CPUS_ON_NODE:-1}" "${arguments[@]}" </dev/null >/dev/null
) &
pid=$!
set +m
begun=$SECONDS next=$((SECONDS + every))
while [ -z "$stop" ] && kill -0 "$pid" 2>/dev/null; do
    sleep 1 || true
    if [ -z "$stop" ] && [ "$SECONDS" -ge "$next" ]; then
        save || true
        next=$((SECONDS + every))
    fi
done
trap '' TERM USR1 # it ends anyway, and neither wait nor save is broken off
[ -z "$stop" ] || kill -USR2 -"$pid" 2>/dev/null || true # checkpoints, and ends
status=0 trained=$((SECONDS - begun)) part=$((${SLURM_RESTART_COUNT:-0} + 1))
wait "$pid" || status=$?
give_up=$((SECONDS + 60))
until save; do
    if [ "$SECONDS" -ge "$give_up" ]; then
        trap - EXIT
        echo "what was trained since is left in $scratch of $HOSTNAME"
        exit 1
    fi
    sleep 2
done

# Ended by a signal, it has something left to do; but with hardly any time in each it would never come to an end.
if [ "$stop" = limit ] && [ "$status" -gt 128 ]; then
    if [ "$trained" -ge "$least" ] && [ "$part" -le 100 ]; then
        echo 'the time limit is near: the shard is saved, and goes on in the next part'
        rm -rf "$scratch" # what is requeued is killed at once
        scontrol requeue "$SLURM_JOB_ID" && exit
    fi
    echo "not requeued: part $part trained for $trained seconds; see --time, and submit it again"
fi
exit "$status"
