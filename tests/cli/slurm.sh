#!/bin/sh
# A sweep on a real Slurm: submitted, warned of its time limit, on a node that dies, cancelled, submitted again, merged;
# what it comes to is what one machine gives. Skips without Slurm. BNN_TEST_SLURM=1: 400 runs in 8 tasks, a limit that Slurm
# itself sees near, and a node that nobody but Slurm gives up; minutes.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
tasks=3 seeds=3 epochs=100 runs=12 minutes=5
[ -z "${BNN_TEST_SLURM:-}" ] || { tasks=8 seeds=100 epochs=20 runs=400 minutes=20 SLURM_TICK=15; }
. "$srcdir/tests/cli/slurm_cluster.sh"
here="$scratch/a b'c" # a folder that needs quotes
mkdir "$here" nodes
TMPDIR=$scratch/nodes # the disk of all nodes
export TMPDIR
cd "$here" || exit 99

cat >sweep.yaml <<END
name: sweep
dataset: {name: synthetic, train_limit: 120, validation: 40, test_limit: 40}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks: [{layer: {name: dense, out: 64}}, {layer: {name: dense, out: 10}}]
train: {epochs: $epochs, batch: 16}
compare: {margin: 1}
seeds: {count: $seeds}
sweep: {grid: {train.optimizer.lr: [0.03, 0.01, 0.001]}}
baseline: {train.optimizer.lr: 0.003}
run: {measure: false, checkpoint: stop}
END

fails 4 slurm sweep.yaml --status
says 'no sweep yet'
fails 2 slurm sweep.yaml -- --array=1
fails 2 slurm sweep.yaml other.yaml
fails 2 slurm sweep.yaml --time 2
says '5 minutes are the least'
fails 2 slurm sweep.yaml --db x.db
fails 2 slurm sweep.yaml --submit --status
fails 2 slurm sweep.yaml -s 'seeds={until: {max: 6, looks: [6]}}'
last='slurm sweep.yaml --submit'
env PATH=/nowhere "$BNNRUN" slurm sweep.yaml --submit >out 2>err </dev/null
[ $? -eq 4 ] || wrong 'another status'
says 'there is no squeue here, so nothing is submitted'
[ ! -e sweep.slurm ] || wrong 'scripts were written for nothing'

cluster_start

# ---- the scripts ----
bnn 0 slurm sweep.yaml --tasks $tasks --time 30 --array-limit 3 -- --mem=100 --comment "a 'b'"
prints "array.sh has $tasks tasks"
for script in sweep.slurm/array.sh sweep.slurm/merge.sh; do
    bash -n "$script" || wrong "$script is no script"
    if command -v shellcheck >/dev/null; then
        shellcheck "$script" >out || wrong "$script"
    fi
    [ "$(wc -l <"$script")" -le 100 ] || wrong "$script is longer than a page"
done
bnn 0 slurm sweep.yaml --tasks 5 # nothing has begun
bnn 0 slurm sweep.yaml --tasks $tasks --time 30 --array-limit 3 -- --mem=100 --comment "a 'b'"

# What is edited stays. Here: tasks save each three seconds, and start bnnrun by a script in whose hands the first three stand
# still once they train, until they are told to end, so that they are met in the middle however fast the machine is.
cat >"$scratch/held" <<END
#!/bin/sh
held=$scratch/held.\${4%/*}
case \$4 in
[123]/*) [ -e "\$held" ] || {
    setsid "$BNNRUN" "\$@" &
    pid=\$!
    trap 'kill -USR2 \$pid; kill -CONT \$pid' USR2 # what it is told is there before it goes on
    until ls -d "\$6.artifacts"/* || ! kill -0 \$pid; do sleep 0.02; done >/dev/null 2>&1
    kill -STOP \$pid
    : >"\$held"
    until
        wait \$pid
        status=\$?
        ! kill -0 \$pid 2>/dev/null
    do :; done
    exit \$status
} ;;
esac
exec "$BNNRUN" "\$@"
END
chmod +x "$scratch/held"
sed -i -e 's/^every=600.*/every=3/' -e 's/^least=60.*/least=0/' -e "s|^bnnrun=.*|bnnrun=\"$scratch/held\"|" sweep.slurm/array.sh

# ---- submitted ----
state() { squeue -h -r -t all -n bnnrun-sweep -o '%F %K %T' | awk -v i="$1" '$2 == i { s = $3 } END { print s }'; }
# Waits until a command succeeds, long enough for machines with more to do.
until_holds() {
    for _ in $(seq $((600 * minutes))); do
        "$@" && return
        sleep 0.1
    done
    wrong "not so after $minutes minutes: $*"
}
trains() { [ -e "$scratch/held.$1" ]; }
logs() { cat sweep.slurm/logs/*_"$1".out 2>/dev/null | grep -q "$2"; }
# From what it saved when it was told to end, not from what it would have left when killed.
goes_on() { logs "$1" ' runs, \([1-9][0-9]* done\|.* to resume\)' && ! logs "$1" 'process that has died'; }
is() { [ "$(state "$1")" = "$2" ]; }
has_saved() { [ -e "sweep.slurm/shards/$1of$tasks.tar" ]; }
merged() { [ -z "$(squeue -h)" ]; }

bnn 0 slurm sweep.yaml --submit
prints "tasks 1-$tasks.* merges"
bnn 0 slurm sweep.yaml --submit
says 'nothing to submit: what is left is in the queue'
fails 2 slurm sweep.yaml --tasks 4
array=$(squeue -h -r -n bnnrun-sweep -o %F | head -n 1)

# The warning that comes before the limit: the task saves, and is in the queue again.
until_holds trains 1
if [ "$tasks" = 8 ]; then
    scontrol update "jobid=${array}_1" timelimit=1 # less than the two minutes before which it comes
else
    scancel --batch --signal=USR1 "${array}_1"
fi
# A node dies.
until_holds trains 2
node=$(squeue -h -r -n bnnrun-sweep -o '%K %N' | awk '$1 == 2 { print $2 }')
[ -n "$node" ] || wrong 'a task trains on no node'
node_dies "$node"
[ "$tasks" = 8 ] || scontrol update "nodename=$node" state=down reason=dead
# Somebody cancels a task: it saves.
until_holds trains 3
scancel "${array}_3"

until_holds is 3 CANCELLED
has_saved 3 || wrong 'a task that is told to end has not saved'
until_holds logs 1 'goes on in the next part'
is_down() { case $(sinfo -h -n "$node" -o %t) in down*) ;; *) false ;; esac }
until_holds is_down
# Slurm begins a job again after two minutes. Sooner, but in another second than that in which it ended: a node refuses what
# was signed until then.
for task in 1 2; do
    until_holds is $task PENDING
    scontrol update "jobid=${array}_$task" starttime=now+3
done
until_holds merged
for task in 1 2; do
    is $task COMPLETED || wrong "task $task is not done, but $(state $task)"
done
goes_on 1 || wrong 'a task that was requeued began anew'
bnn 0 slurm sweep.yaml --status
prints "${array}_1  COMPLETED"
prints "${array}_3  CANCELLED .* again"
prints '^submitting again does 1 task: 3'
bnn 0 slurm sweep.yaml --status --json
is_json
bnn 0 run sweep.yaml --db whole.db -j 2 -q
bnn 0 query --db sweep.slurm/merged/bnnrun.db --csv "SELECT count(*) FROM run_summary WHERE state = 'done'"
[ "$(tail -n 1 out)" -lt $runs ] || wrong 'nothing was left to do'

# ---- submitted again ----
node_start "$node"
bnn 0 slurm sweep.yaml --submit
prints 'task 3), and job'
grep -q '^every=3$' sweep.slurm/array.sh || wrong 'what was edited is lost'
grep -q '^#SBATCH --array=3%3$' sweep.slurm/array.sh || wrong 'other tasks than those that are missing'
until_holds merged
goes_on 3 || wrong 'a task that was submitted again began anew'
bnn 0 slurm sweep.yaml --status
prints "^$runs runs: $runs done"
prints 'merged/bnnrun.db has all'
bnn 0 slurm sweep.yaml --submit
says 'nothing to submit: all is done and merged'
public_views whole.db >whole
public_views sweep.slurm/merged/bnnrun.db >views
cmp -s views whole || wrong "the cluster has other results: $(diff views whole | head -5)"
bnn 0 compare sweep --db sweep.slurm/merged/bnnrun.db
prints 'Planned'
bnn 0 verify --db sweep.slurm/merged/bnnrun.db \
    $("$BNNRUN" query --db sweep.slurm/merged/bnnrun.db --csv 'SELECT run_uid FROM run_summary LIMIT 2' | tail -n +2)
[ "$(ls "$TMPDIR" | wc -l)" -le 1 ] || wrong "left on nodes that live: $(ls "$TMPDIR")"
echo x >sweep.slurm/shards/2of$tasks.tar
fails 4 slurm sweep.yaml --status
says "2of$tasks.tar: is damaged .*delete it"

[ "$n_wrong" -eq 0 ] || tail -n 20 sweep.slurm/logs/* "$cluster/log/slurmctld"
echo "$n_checks commands, $n_wrong mistakes"
[ "$n_wrong" -eq 0 ]
