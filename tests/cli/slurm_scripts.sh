#!/bin/sh
# The scripts that Slurm gets, without it: what is merged is told truly, a damaged or refused shard does not hold up the
# others, a merge that was killed loses nothing; a task saves when signals come to all its processes, when a copy is
# spoilt, and when the disk is full for a while. And a sweep keeps its tasks, its spec and its folder.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
command -v bash >/dev/null || exit 77
mkdir "$scratch/nodes" "$scratch/here" "$scratch/bin"
TMPDIR=$scratch/nodes # the disk of the node
export TMPDIR
cd "$scratch/here" || exit 99
PATH=$scratch/bin:$PATH # programs that stand for Slurm's, or fail
for program in squeue sacct; do
    printf '#!/bin/sh\n' >"$scratch/bin/$program"
done
printf '#!/bin/sh\necho "$*" >>"%s/submitted"\necho 7\n' "$scratch" >"$scratch/bin/sbatch"
printf '#!/bin/sh\n[ "$1" != requeue ] || echo "$*" >>"%s/requeued"\n' "$scratch" >"$scratch/bin/scontrol"
chmod +x "$scratch"/bin/*

{
    echo 'name: sweep'
    tiny_spec
    echo 'train: {epochs: 2}'
    echo 'seeds: {count: 4}'
} >sweep.yaml
XDG_CACHE_HOME=$scratch/a:b bnn 0 slurm sweep.yaml --tasks 2 -s train.epochs=1
grep -q "^export XDG_CACHE_HOME=$scratch/a:b\$" sweep.slurm/array.sh || wrong 'a folder with a colon is torn'
XDG_CACHE_HOME=$scratch/cache
folder=sweep.slurm
set -- -s train.epochs=1

# ---- the merge ----
for task in 1 2; do
    mkdir shard
    bnn 0 run sweep.yaml "$@" --shard $task/2 --db "shard/${task}of2.db" -q
    [ -e "shard/${task}of2.db" ] || wrong "task $task has no runs: another spec is needed"
    tar -cf $folder/shards/${task}of2.tar -C shard .
    rm -rf shard
done
bnn 0 slurm sweep.yaml "$@" --status
prints 'something that was saved is not merged'
prints '^submitting again merges'
merges() { bash $folder/merge.sh >out 2>err; }
merges || wrong "status $?"
prints 'has what 2 of 2'
bnn 0 slurm sweep.yaml "$@" --status
prints 'merged/bnnrun.db has all'
prints 'nothing: all is done'
bnn 0 note --db $folder/merged/bnnrun.db "$("$BNNRUN" query --db $folder/merged/bnnrun.db --csv 'SELECT run_uid FROM run_summary LIMIT 1' | tail -n 1)" kept
# Saved again, at whatever time, and by whatever clock.
touch -d '2001-01-01' $folder/shards/1of2.tar
bnn 0 slurm sweep.yaml "$@" --status
prints 'is not merged'
# One is damaged: the other is merged.
cp $folder/shards/1of2.tar sound
echo x >$folder/shards/1of2.tar
! merges || wrong 'a merge of less than all ends well'
prints '1of2.tar: is not merged'
prints 'has what 1 of 2'
grep -q '^2of2.tar ' $folder/merged/shards.txt || wrong 'a damaged shard holds up the others'
fails 4 slurm sweep.yaml "$@" --status
says 'is damaged .*delete it'
cp sound $folder/shards/1of2.tar
# What cannot be read for another reason may be sound; and a TMPDIR that is no disk is passed by.
chmod 000 $folder/shards/1of2.tar
[ -r $folder/shards/1of2.tar ] || {
    fails 4 slurm sweep.yaml "$@" --status
    says_not delete
}
chmod 644 $folder/shards/1of2.tar
TMPDIR=/nowhere bnn 0 slurm sweep.yaml "$@" --status
TMPDIR=$scratch/nodes
# What is open on another machine leaves a file behind that cannot be removed, nor its folder.
cat >"$scratch/bin/rm" <<E
#!/bin/sh
for path; do
    case \$path in
    merged.old | merged.left.*)
        [ ! -e "\$path" ] || { find "\$path" -mindepth 1 ! -name .nfs1 -delete; : >"\$path/.nfs1"; exit 1; } ;;
    esac
done
exec "$(command -v rm)" "\$@"
E
chmod +x "$scratch/bin/rm"
for _ in 1 2 3; do
    merges || wrong "status $?: a reader holds up the merge"
done
rm "$scratch/bin/rm"
merges || wrong "status $?"
[ -z "$(ls -d $folder/merged.* 2>/dev/null | grep -v lock)" ] || wrong 'what was merged before is left'
# Killed between its two mv.
mv $folder/merged $folder/merged.old
merges || wrong "status $?"
"$BNNRUN" query --db $folder/merged/bnnrun.db --csv 'SELECT note FROM run_summary' | grep -q kept ||
    wrong 'a merge that was killed loses notes'

# ---- what a sweep keeps ----
fails 2 slurm sweep.yaml -s train.epochs=10 --status
says 'written for another -s'
bnn 2 slurm sweep.yaml -s train.epochs=10 --submit
mkdir other
cp sweep.yaml other
fails 2 slurm other/sweep.yaml "$@" --folder $folder --status
says 'written for another spec'
mv $folder/array.sh array.sh
fails 2 slurm sweep.yaml "$@" --tasks 3
says 'a sweep of 2 tasks that has begun'
rm $folder/merge.sh
fails 2 slurm sweep.yaml "$@" --tasks 3
bnn 0 slurm sweep.yaml "$@" --status
mv $folder/shards/1of2.tar $folder/shards/1of4.tar
fails 2 slurm sweep.yaml "$@" --status
says 'of 4 tasks, and is a sweep of 2\|of 2 tasks, and is a sweep of 4'
rm $folder/shards/1of4.tar
mv array.sh $folder
ln -s "$scratch/here" "$scratch/link"
for name in $folder/ ./x/../$folder "$scratch/link/$folder"; do
    mkdir -p x
    bnn 0 slurm sweep.yaml "$@" --status --folder "$name"
done
for option in -Jx -a3 -D/x --job-n=x --arr=1 --wait -W; do
    fails 2 slurm sweep.yaml "$@" -- $option
done
bnn 0 slurm sweep.yaml "$@" --submit
grep -q -- "--job-name=bnnrun-sweep --chdir=.*/here/$folder .*array.sh" "$scratch/submitted" ||
    wrong "sbatch is not told whose job it is: $(cat "$scratch/submitted")"

# ---- what Slurm says of it ----
queue() { printf '#!/bin/sh\n%s\n' "$1" >"$scratch/bin/squeue"; }
here="$(pwd -P)/$folder"
queue 'echo slow >&2; echo; echo "squeue: error: down" >&2; exit 1'
bnn 0 slurm sweep.yaml "$@" --status
says 'squeue fails: squeue: error: down; what waits or runs is not known'
prints 'what is in the queue is not known'
prints 'not before squeue answers'
omits '  again$'
bnn 0 slurm sweep.yaml "$@" --status --json
is_json
omits '"again"'
bnn 0 slurm sweep.yaml "$@"
says 'may wait or run already'
fails 4 slurm sweep.yaml "$@" --submit
# Tasks in the queue, and no merge, as it was not taken when they were.
queue "echo '7|1|PENDING|(launch failed requeued held)|bnnrun-sweep|$here'"
bnn 0 slurm sweep.yaml "$@" --status
prints 'held, until somebody releases them: scontrol release 7_1$'
prints 'adds the merge'
: >"$scratch/submitted"
bnn 0 slurm sweep.yaml "$@" --submit
prints 'which merges'
grep -q 'afterany:7 .*merge.sh' "$scratch/submitted" || wrong 'tasks in the queue have no merge behind them'
queue ''

# ---- run.notify ----
cat >catch <<E
#!/bin/sh
cat >>"$scratch/told"
E
chmod +x catch
{ sed 's/^name: .*/name: said/' sweep.yaml; echo "run: {notify: [$PWD/catch]}"; } >said.yaml
folder=said.slurm
: >"$scratch/told"
tells() { # N WORD: so many messages, of which the last has this word
    n_checks=$((n_checks + 1))
    [ "$(wc -l <"$scratch/told")" -eq "$1" ] || wrong "not told $1 times: $(cat "$scratch/told")"
    [ "$1" = 0 ] || tail -n 1 "$scratch/told" | grep -q "${2:-}" || wrong "not told ${2:-}: $(cat "$scratch/told")"
}
saves() {
    mkdir shard
    bnn 0 run said.yaml --shard $1/2 --db "shard/${1}of2.db" -q
    tar -cf $folder/shards/${1}of2.tar -C shard .
    rm -rf shard
}
bnn 0 slurm said.yaml --tasks 2
says 'is not run: .* --notify allows it'
saves 1
merges || wrong "status $?"
tells 0
echo '# mine' >>$folder/merge.sh
bnn 0 slurm said.yaml --notify
says_nothing
tail -n 1 $folder/merge.sh | grep -qx '# mine' || wrong 'what was edited is lost'
merges || wrong "status $?"
tells 1 '"outcome":"failed","message":"0 of 4 runs failed, [123] are left; .bnnrun slurm .*said.yaml --submit'
queue "echo '7|2|RUNNING|n1|bnnrun-said|$(pwd -P)/$folder'"
merges || wrong "status $?"
tells 1
says 'not run yet'
queue ''
saves 2
cat >"$scratch/bin/tar" <<E
#!/bin/sh
kill \$PPID # as scancel does it
exec $(command -v tar) "\$@"
E
chmod +x "$scratch/bin/tar"
merges && wrong 'told to end, and has not'
rm "$scratch/bin/tar"
tells 1
merges || wrong "status $?"
tells 2 '"database":".*/said.slurm/merged/bnnrun.db","outcome":"done","message":null,.*"planned":4,.*"done":4,'
echo x >$folder/shards/1of2.tar
merges && wrong 'a damaged shard is merged'
tells 3 '"outcome":"error","message":".*damaged'
[ -z "$(ls "$TMPDIR")" ] || wrong "left on the node: $(ls "$TMPDIR")"
folder=sweep.slurm

# ---- a task ----
# A bnnrun that trains until it is told to end; being told twice, it would end without its last checkpoint.
cat >"$scratch/trains" <<'E'
#!/bin/sh
while [ "$1" != --db ]; do shift; done
trap 'exit 9' TERM USR1
trap 'echo checkpoint >>"$2.told"; exit 140' USR2
echo database >"$2"
: >"$(dirname "$0")/trains.begun"
[ ! -e "$(dirname "$0")/ends" ] || exit 0
while :; do sleep 0.1; done
E
chmod +x "$scratch/trains"
sed -i -e "s|^bnnrun=.*|bnnrun=$scratch/trains|" $folder/array.sh
task() {
    rm -f "$scratch/trains.begun" $folder/shards/1of2.tar
    setsid env TASK_OF="$scratch" SLURM_ARRAY_TASK_ID=1 SLURM_JOB_ID=5 bash $folder/array.sh >out 2>err &
    task=$!
}
begun() { until [ -e "$scratch/trains.begun" ] || ! kill -0 $task 2>/dev/null; do sleep 0.1; done; }
has() { tar -tf $folder/shards/1of2.tar | grep -q "$1"; }
# All processes of the job, as Slurm does it. A real one beside may have a job of the same number.
signal() {
    for process in /proc/[0-9]*; do
        tr '\0' '\n' <"$process/environ" 2>/dev/null | grep -qxF "TASK_OF=$scratch" && kill "-$1" "${process#/proc/}"
    done 2>/dev/null
}
last='array.sh'
: >$folder/shards/1of2.tar.bak
: >$folder/shards/.1of2.new.5.0.elsewhere.1 # of a twin
task
begun
signal TERM
wait $task
[ $? -eq 140 ] || wrong 'bnnrun was told to end by something else'
has 1of2.db.told || wrong 'what bnnrun did when it was told to end is not saved'
for file in $folder/shards/1of2.tar.bak $folder/shards/.1of2.new.5.0.elsewhere.1; do
    [ -e "$file" ] || wrong "$file is gone"
done
[ ! -e "$scratch/requeued" ] || wrong 'a task that is cancelled is requeued'
# Warned of the limit, and told to end on top of it. Without time to train it would be so for ever.
for least in 60 0; do
    sed -i "s/^least=[0-9]*/least=$least/" $folder/array.sh
    [ ! -e "$scratch/requeued" ] || wrong 'a task without time to train is requeued'
    task
    begun
    signal USR1
    signal TERM
    wait $task
    [ $? -eq $((least > 0 ? 140 : 0)) ] || wrong "another status with least=$least"
done
prints 'goes on in the next part'
grep -q 'requeue 5' "$scratch/requeued" || wrong 'a task at its limit is not requeued'
# The disk is full for a while; and signals come in the middle of saving.
cat >"$scratch/bin/tar" <<E
#!/bin/sh
case \$* in
*.new.*) echo x >>"$scratch/saves"
    kill -TERM \$\$ # to all processes
    [ "\$(wc -l <"$scratch/saves")" -gt 1 ] || exit 2 ;;
esac
exec "$(command -v tar)" "\$@"
E
cat >"$scratch/bin/sync" <<E
#!/bin/sh
[ "\$1" != shards ] || ls shards/1of2.tar >>"$scratch/synced"
exec "$(command -v sync)" "\$@"
E
chmod +x "$scratch/bin/tar" "$scratch/bin/sync"
: >"$scratch/ends"
task
begun
wait $task
[ $? -eq 0 ] || wrong 'a save that fails once fails a task'
has 1of2.db || wrong 'what is saved at the second time is not there'
[ "$(wc -l <"$scratch/saves")" -eq 2 ] || wrong 'not saved twice'
[ -s "$scratch/synced" ] || wrong 'the name of what is saved is not synced'
rm "$scratch/bin/tar" "$scratch/bin/sync"
# Who lets bnnrun go on while it is copied spoils the copy, and the one before stays.
rm "$scratch/ends"
real=$(command -v tar)
cat >"$scratch/bin/tar" <<E
#!/bin/sh
"$real" "\$@"
[ -e "$scratch/spoilt" ] || {
    : >"$scratch/spoilt"
    kill -CONT -"\$(cat "$scratch/pid")"
    sleep 0.2
}
E
sed -i 's|^: >.*begun|echo $$ >"$(dirname "$0")/pid"; &|' "$scratch/trains"
chmod +x "$scratch/bin/tar"
sed -i 's/^every=600.*/every=1/' $folder/array.sh
task
begun
until [ -e $folder/shards/1of2.tar ] || ! kill -0 $task 2>/dev/null; do sleep 0.1; done
signal TERM
wait $task
prints 'cannot be written now'
has 1of2.db.told || wrong 'the last save is not there'
[ -z "$(ls "$TMPDIR")" ] || wrong "left on the node: $(ls "$TMPDIR")"

echo "$n_checks commands, $n_wrong mistakes"
[ "$n_wrong" -eq 0 ]
