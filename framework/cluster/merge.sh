#!/bin/bash
# The last job of the sweep @EXPERIMENT@: joins what the tasks of array.sh have saved into merged/bnnrun.db. Written by
# `bnnrun slurm`. It may be submitted at any time, and runs without Slurm, too (bash merge.sh):
#
#     sbatch @MERGE_SH@
#
#SBATCH --job-name=@JOB@-merge
#SBATCH --chdir=@CHDIR@
#SBATCH --output=logs/merge_%j.out --open-mode=append
#SBATCH --nodes=1 --ntasks=1 --requeue
@SBATCH@
set -eu
bnnrun=@BNNRUN@
spec=@SPEC@
arguments=(@ARGUMENTS@)
notify=@NOTIFY@ # yes: run.notify is told how the sweep has ended, once no task waits or runs
@EXPORTS@
cd @FOLDER@
scratch=
# shellcheck disable=SC2317 # called at the end
finish() {
    local code=$?
    [ -z "$scratch" ] || rm -rf "$scratch" || true
    [ "$notify" != yes ] || [ "$code" -gt 128 ] ||
        "$bnnrun" slurm "$spec" "${arguments[@]}" --folder . --status --notify --quiet >/dev/null || true
}
trap finish EXIT
trap 'exit 143' TERM # scancel, or preemption, after which it runs once more
exec 9>>merge.lock
flock 9 || true # one at a time, where the file system has locks
for disk in "${SLURM_TMPDIR:-}" "${TMPDIR:-}" /tmp; do # of the node: over a network a database is refused
    if [ -d "$disk" ] && [ -w "$disk" ] && df -l "$disk" >/dev/null 2>&1; then break; fi
done
scratch=$(mktemp -d "$disk/bnnrun.XXXXXX")

# Into what was merged before, with its tags and notes. A merge that was killed may have left it beside its place.
[ -e merged ] || [ ! -e merged.old ] || mv merged.old merged
[ ! -e merged ] || cp -pr merged "$scratch"
mkdir -p "$scratch/merged"

# shards.txt tells what is merged: files, when they were saved, and their sizes. What is not in it is still to be merged.
: >"$scratch/merged/shards.txt"
status=0 n=0
for saved in shards/*of@TASKS@.tar; do
    [ -e "$saved" ] || continue
    rm -rf "$scratch/shard"
    mkdir "$scratch/shard"
    if line=$(stat -c '%n %.9Y %s' "$saved") && tar -xf "$saved" -C "$scratch/shard" &&
        "$bnnrun" merge "$scratch/merged/bnnrun.db" "$scratch"/shard/*.db >/dev/null; then
        echo "${line#shards/}" >>"$scratch/merged/shards.txt"
        n=$((n + 1))
    else
        echo "$saved: is not merged"
        status=1
    fi
done

# Beside its place first. What is open on another machine may not go away, but gives up its name.
rm -rf merged.new.* merged.left.* merged.old || true
[ ! -e merged.old ] || mv -T merged.old "$(mktemp -d merged.left.XXXXXX)"
new=$(mktemp -d merged.new.XXXXXX)
cp -pr "$scratch/merged/." "$new"
sync -f "$new"
[ ! -e merged ] || mv -T merged merged.old
mv -T "$new" merged
sync . || true
rm -rf merged.old || true
echo "merged/bnnrun.db has what $n of @TASKS@ tasks have saved"
exit "$status"
