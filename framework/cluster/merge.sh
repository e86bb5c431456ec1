#!/bin/bash
# The last job of the sweep @EXPERIMENT@: joins what the tasks of array.sh have saved into merged/bnnrun.db. Written by
# `bnnrun slurm`. It may be submitted at any time, and runs without Slurm, too (bash merge.sh):
#
#     sbatch @MERGE_SH@
#
#SBATCH --job-name=@JOB@-merge
#SBATCH --chdir=@CHDIR@
#SBATCH --output=logs/merge_%j.out
#SBATCH --open-mode=append
#SBATCH --nodes=1 --ntasks=1
#SBATCH --requeue
@SBATCH@
set -eu
bnnrun=@BNNRUN@
@EXPORTS@
cd @FOLDER@
scratch=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/bnnrun.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# Into what was merged before, with its tags and notes.
[ ! -e merged ] || cp -pr merged "$scratch"
mkdir -p "$scratch/merged"
status=0 n=0
for saved in shards/*of@TASKS@.tar; do
    [ -e "$saved" ] || continue
    rm -rf "$scratch/shard"
    mkdir "$scratch/shard"
    tar -xf "$saved" -C "$scratch/shard"
    "$bnnrun" merge "$scratch/merged/bnnrun.db" "$scratch"/shard/*.db >/dev/null || status=$?
    n=$((n + 1))
done

# Beside its place first.
new=merged.new.${SLURM_JOB_ID:-$$}
rm -rf merged.new.* merged.old
cp -pr "$scratch/merged" "$new"
sync -f "$new"
[ ! -e merged ] || mv merged merged.old
mv "$new" merged
rm -rf merged.old
echo "merged/bnnrun.db has what $n of @TASKS@ tasks have saved"
exit "$status"
