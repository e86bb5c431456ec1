#!/bin/sh
# What a sweep survives: kill -9, signals, plugins that crash. And what its results do not depend on:
# jobs, processes, instruction sets, interruptions. Digits that bnnrun draws; no network. A sweep is
# stopped at a moment that this script decides: half of its runs train with ste_gate, which see.
set -u
: "${BNNRUN:=./bnnrun}"
: "${abs_top_srcdir:=.}"
: "${BNN_TEST_PLUGINS:=$PWD/tests/fixtures/plugins/.libs}"
case $BNNRUN in /*) ;; *) BNNRUN=$PWD/$BNNRUN ;; esac
case $abs_top_srcdir in /*) ;; *) abs_top_srcdir=$PWD/$abs_top_srcdir ;; esac
scratch=$(mktemp -d "${TMPDIR:-/tmp}/bnn_crash.XXXXXX") || exit 99
sweep=
trap '[ -z "$sweep" ] || kill -KILL $sweep; rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
cd "$scratch" || exit 99
unset BNNRUN_DB BNN_CPU BNN_TEST_GATE
BNNRUN_PLUGIN_PATH=$BNN_TEST_PLUGINS${BNNRUN_PLUGIN_PATH:+:$BNNRUN_PLUGIN_PATH}
export BNNRUN_PLUGIN_PATH

n_wrong=0
wrong() {
    n_wrong=$((n_wrong + 1))
    echo "$*"
    [ ! -e err ] || sed 's/^/    stderr: /' err | tail -n 12
}

cat >spec.yaml <<'END'
name: crash
dataset: {name: synthetic, train_limit: 400, validation: 100, test_limit: 100}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks:
      - {layer: {name: conv2d, out: 8, kernel: 5}, pool: maxpool}
      - {layer: {name: dense, out: 32}, dropout: {name: dropout, rate: 0.1}}
      - {layer: {name: dense, out: 10}}
  binarize: {weights: true, activations: true}
train: {epochs: 12, batch: 16}
seeds: {count: 3}
sweep: {grid: {model.ste: [ede, gate]}}
run: {isolation: thread}
END

# bnn DB ARGUMENT...: the whole sweep, to its end.
bnn() {
    db=$1
    shift
    "$BNNRUN" run spec.yaml --db "$db" "$@" >out 2>err </dev/null || wrong "run --db $db $*: status $?"
}
# start DB N ARGUMENT...: the sweep in the background, to where both of its jobs (one, with -j 1) wait at
# the gate that N runs have passed, with half of their epochs done. A shell makes background commands ignore SIGINT,
# so that is undone.
start() {
    db=$1
    n_pass=$2
    shift 2
    gate=$db.gate
    mkdir "$gate"
    echo "$n_pass" >"$gate/pass"
    BNN_TEST_GATE=$gate env --default-signal=INT,TERM \
        "$BNNRUN" run spec.yaml --db "$db" -j 2 "$@" >out 2>err </dev/null &
    sweep=$!
    n_wait=2
    case "$*" in *'-j 1'*) n_wait=1 ;; esac
    until [ -e "$gate/$((n_pass + n_wait))" ]; do
        kill -0 $sweep 2>/dev/null || { wrong "the sweep did not come to the gate"; return; }
        sleep 0.02
    done
}
# ends STATUS: the sweep ends with it; 128 + N is death by signal N.
ends() {
    wait $sweep 2>/dev/null
    status=$?
    sweep=
    [ $status -eq "$1" ] || wrong "status $status, expected $1"
}
ask() { "$BNNRUN" query --db "$1" --csv "$2" | sed 1d; }
# Every result of a database, all bits, and the sums of all files; what measures time is left out.
results() {
    ask "$1" "SELECT label, seed, epoch, name, printf('%!.20g', value), special FROM epoch_metric
        JOIN run_summary USING (run_uid) WHERE name <> 'seconds' UNION ALL
        SELECT label, seed, 0, name, printf('%!.20g', value), special FROM run_metric
        JOIN run_summary USING (run_uid) UNION ALL
        SELECT label, seed, n_bytes, kind, sha256, path FROM run_summary
        JOIN (SELECT run_uid, artifact.* FROM artifact JOIN run USING (run_id)) USING (run_uid)
        ORDER BY 1, 2, 3, 4"
}
same() {
    results "$1" >left
    results "$2" >right
    cmp -s left right || wrong "$3: other results"
    [ "$(wc -l <left)" -gt 40 ] || wrong "$3: hardly any results"
    for db in "$1" "$2"; do
        ask "$db" "SELECT sha256 || '  ' || '$db.artifacts/' || path FROM artifact ORDER BY path" >sums
        [ "$(grep -c '/model\.bnn$' sums)" -eq "$(ask "$db" 'SELECT count(*) FROM run')" ] ||
            wrong "$3: runs without a model file in $db"
        sha256sum --quiet -c sums >out 2>&1 || wrong "$3: other files than recorded: $(cat out)"
        [ "$(find "$db.artifacts" -type f | wc -l)" -eq "$(wc -l <sums)" ] ||
            wrong "$3: files that nobody recorded: $(find "$db.artifacts" -type f)"
    done
}
whole() {
    [ "$(ask "$1" 'PRAGMA integrity_check')" = ok ] || wrong "$1: integrity_check fails"
    [ -z "$(ask "$1" 'PRAGMA foreign_key_check')" ] || wrong "$1: foreign_key_check fails"
}

# ---- what results do not depend on ---------------------------------------------------------------
bnn one.db -j 1
bnn two.db -j 2
same one.db two.db "-j 2"
bnn processes.db -j 2 -s run.isolation=process
same one.db processes.db "processes"
for cpu in portable avx2 avx512 neon; do
    BNN_CPU=$cpu "$BNNRUN" --version >/dev/null 2>&1 || continue
    bnn $cpu.db -j 2 -s "model.ste=[ede]" -s train.epochs=2 -s run.isolation=process
    BNN_CPU=$cpu
    export BNN_CPU
    bnn cpu_$cpu.db -j 2 -s "model.ste=[ede]" -s train.epochs=2
    unset BNN_CPU
    same $cpu.db cpu_$cpu.db "BNN_CPU=$cpu"
done

# ---- what was left behind ------------------------------------------------------------------------
# By a process that was killed between the end of a run and the removal of its checkpoint.
for uid in $(ask one.db "SELECT run_uid FROM run"); do
    echo x >"one.db.artifacts/$uid/checkpoint"
    echo x >"one.db.artifacts/$uid/model.bnn.123.tmp"
done
bnn one.db
same one.db two.db "files that were left behind"

# ---- kill -9 -------------------------------------------------------------------------------------
for isolation in thread process; do
    db=killed_$isolation.db
    start $db 1 -s run.isolation=$isolation
    kill -KILL $sweep
    ends 137 2>/dev/null
    whole $db
    attempts=$(ask $db "SELECT group_concat(run_uid || n_attempts) FROM run_summary WHERE state = 'done'")
    # Nobody trains on behind our back: runs in processes die with the sweep.
    bnn $db -j 2
    grep -q '^bnnrun: crash: 6 runs, 4 done, 2 to resume' err || wrong "finished runs were not kept"
    grep -q '^bnnrun: 2 runs of a process that has died' err || wrong "the runs were not recovered"
    [ "$(ask $db "SELECT min(resumed_from_epoch) FROM attempt WHERE attempt = 2")" -ge 5 ] ||
        wrong "the runs did not go on from their checkpoints"
    [ "$(ask $db "SELECT count(*) FROM run_summary WHERE instr('$attempts', run_uid || n_attempts) > 0")" -eq 4 ] ||
        wrong "finished runs were run again"
    whole $db
    same one.db $db "killed and resumed ($isolation)"
done

# ---- runs that others hold -----------------------------------------------------------------------
start held.db 0
first=$sweep
for options in "" --take-over; do
    # shellcheck disable=SC2086 # no option is no word
    "$BNNRUN" run spec.yaml --db held.db $options >out 2>again </dev/null
    [ $? -eq 1 ] || wrong "a sweep whose runs another process holds is not status 1"
    grep -q "^bnnrun: 2 of 6 runs are not done: process $first on .* took run " again ||
        wrong "who holds the runs was not said: $(cat again)"
done
grep -q '4 done, 2 running in another process, nothing to do here$' again ||
    wrong "that another process runs what is left was not said"
rm held.db.gate/pass
ends 0
same one.db held.db "two processes"
# The first is killed while the second is at work, which goes on with what the first has left.
small='-s train.epochs=2 -s dataset.train_limit=300 -s run.measure=false -j 1'
# shellcheck disable=SC2086 # several words
start left.db 0 $small -s seeds.count=2
first=$sweep
mkdir second.gate
echo 0 >second.gate/pass
# shellcheck disable=SC2086
BNN_TEST_GATE=second.gate "$BNNRUN" run spec.yaml --db left.db $small -s seeds.count=2 >out 2>err \
    </dev/null &
second=$!
until [ -e second.gate/1 ] || ! kill -0 $second 2>/dev/null; do sleep 0.02; done
kill -KILL "$first"
ends 137 2>/dev/null
rm second.gate/pass
sweep=$second
ends 0
grep -q '^bnnrun: 1 run of a process that has died is in the queue again' err ||
    wrong "that the other process has died was not said"
[ "$(ask left.db "SELECT count(*) FROM run_summary WHERE state = 'done'")" -eq 4 ] ||
    wrong "what a killed process has left was not done"
whole left.db
if sqlite3 -version >/dev/null 2>&1; then
    start far.db 1
    kill -KILL $sweep
    ends 137 2>/dev/null
    sqlite3 far.db "UPDATE attempt SET host = 'far', boot_id = 'other'"
    "$BNNRUN" run spec.yaml --db far.db >out 2>err </dev/null
    [ $? -eq 1 ] || wrong "a sweep with runs of another machine is not status 1"
    grep -q '^bnnrun: 2 running runs belong to processes that cannot be seen .* --take-over' err ||
        wrong "the runs of another machine were not told"
    bnn far.db -j 2 --take-over
    same one.db far.db "taken over from another machine"
else
    echo "skipped: runs of another machine (no sqlite3)"
fi

# ---- another file where the database was ---------------------------------------------------------
# shellcheck disable=SC2086
start moved.db 0 $small -s seeds.count=1
echo mine >mine.db
mv mine.db moved.db
rm moved.db.gate/pass
ends 4
# shellcheck disable=SC2016 # the backquotes are meant
grep -q 'moved.db: was replaced by another file .* moved.db.saved: `mv moved.db.saved moved.db` ' err ||
    wrong "where the results are was not said"
[ "$(cat moved.db)" = mine ] && [ ! -e moved.db-wal ] || wrong "the file that is there now was touched"
mv moved.db.saved moved.db
[ "$(ask moved.db "SELECT count(*) FROM run_summary WHERE state = 'done'")" -eq "$(grep -c '\] done ' err)" ] ||
    wrong "what was said to be done is not what is recorded"
# shellcheck disable=SC2086
bnn moved.db $small -s seeds.count=1
whole moved.db
results left.db >left
results moved.db >right
[ "$(wc -l <right)" -gt 20 ] || wrong "hardly any results"
grep -vxFf left right && wrong "killed beside another, or replaced: other results"

# ---- a full disk ---------------------------------------------------------------------------------
# A limit to the size of files, and a small disk: the sweep ends, says what to do, and then goes on.
# full STATUS WHAT REMEDY DB
full() {
    [ "$1" -eq 4 ] || wrong "$2: status $1, expected 4"
    grep -q "^bnnrun: .*$3, then the same command goes on\$" err || wrong "$2: what to do was not said"
    [ "$(ask "$4" "SELECT count(*) FROM run_summary WHERE state = 'failed'")" -eq 0 ] ||
        wrong "$2 was taken for a failure of runs"
}
if [ -n "${BNN_TEST_LONG-}" ]; then
    # 400 kB, which sh counts in blocks of 512 bytes: the database fits, a checkpoint does not.
    # shellcheck disable=SC2016 # of the other shell; and the backquotes are meant
    sh -c 'ulimit -f 800 && exec "$0" run spec.yaml --db limited.db -j 2' "$BNNRUN" >out 2>err </dev/null
    full $? "a limit to the size of files" 'see `ulimit -f`' limited.db
    bnn limited.db -j 2
    same one.db limited.db "a limit to the size of files"
    mkdir disk
    if unshare -rm mount -t tmpfs tmpfs disk 2>/dev/null; then
        # shellcheck disable=SC2016 # of the other shell
        unshare -rm sh -c 'mount -t tmpfs -o size=1000k tmpfs disk || exit 99
            "$0" run spec.yaml --db disk/small.db -j 2 >out 2>err </dev/null
            status=$?
            cp -pr disk/. .
            exit $status' "$BNNRUN"
        full $? "a full disk" "make room on that disk" small.db
        bnn small.db -j 2
        same one.db small.db "a full disk"
    else
        echo "skipped: a small disk (it cannot be mounted)"
    fi
fi

# ---- signals -------------------------------------------------------------------------------------
# Until the sweep has taken the signal, its runs stay at the gate.
stopping() {
    until grep -q 'stopping: checkpointing 2 runs' err; do
        kill -0 $sweep 2>/dev/null || { wrong "the stop was not announced"; return; }
        sleep 0.02
    done
}
if env --default-signal=INT true 2>/dev/null; then
    for isolation in thread process; do
        for signal in INT:130 TERM:143; do
            db=${isolation}_${signal%:*}.db
            start $db 0 -s run.isolation=$isolation
            kill -"${signal%:*}" $sweep
            stopping
            rm $db.gate/pass
            ends "${signal#*:}"
            grep -q 'interrupted; 2 of 6 runs are done, and the same command goes on' err ||
                wrong "what to do next was not said"
            grep -q '^config .* test %' out || wrong "the results so far were not shown"
            whole $db
            [ "$(ask $db "SELECT count(*) FROM run_summary WHERE state = 'interrupted'")" -eq 2 ] ||
                wrong "not two interrupted runs"
            "$BNNRUN" plan spec.yaml --db $db >out 2>err
            grep -q ' resume .* goes on in epoch 7' out || wrong "the plan resumes nothing"
            bnn $db -j 1
            same one.db $db "SIG${signal%:*} and resumed ($isolation)"
        done
    done
    # A second Ctrl-C, after a moment, does not wait for anything, a job at the gate included.
    start twice.db 0
    kill -INT $sweep
    stopping
    while kill -INT $sweep 2>/dev/null && ! grep -q '^State:.Z' /proc/$sweep/status 2>/dev/null; do
        sleep 0.2
    done
    ends 130
    bnn twice.db -j 2
    same one.db twice.db "SIGINT twice and resumed"
    # Slurm warns with SIGUSR1, where it is told to.
    start usr1.db 0 -s run.isolation=process
    kill -USR1 $sweep
    stopping
    rm usr1.db.gate/pass
    ends $((128 + $(kill -l USR1)))
    [ "$(ask usr1.db "SELECT count(*) FROM run_summary WHERE state = 'interrupted'")" -eq 2 ] ||
        wrong "SIGUSR1 did not leave two interrupted runs"
    # A limit of CPU time, which the processes of runs meet, each by itself.
    if [ -n "${BNN_TEST_LONG-}" ]; then
        # shellcheck disable=SC2016 # of the other shell
        env --default-signal=XCPU sh -c 'ulimit -St 1 && exec "$0" run spec.yaml --db cpu.db -j 1 \
            -s run.isolation=process -s train.epochs=1000 -s model.ste=[ede]' "$BNNRUN" >out 2>err </dev/null
        status=$?
        [ $status -eq $((128 + $(kill -l XCPU))) ] || wrong "a limit of CPU time: status $status"
        [ "$(ask cpu.db "SELECT group_concat(DISTINCT state) FROM run_summary WHERE state <> 'queued'")" = \
            interrupted ] || wrong "a limit of CPU time was taken for a failure of runs"
    fi
else
    echo "skipped: signals (env has no --default-signal)"
fi

# Nobody listens: the sweep goes on.
mkfifo nobody
: <nobody &
"$BNNRUN" run spec.yaml --db unheard.db -s train.epochs=1 -s seeds.count=1 -j 1 2>nobody >out
[ "$(ask unheard.db "SELECT count(*) FROM run_summary WHERE state = 'done'")" -eq 2 ] ||
    wrong "a closed standard error ended the sweep"
{
    until [ -e gone ]; do sleep 0.02; done
    "$BNNRUN" run spec.yaml --db unheard.db -s train.epochs=1 -s seeds.count=1 2>err
    echo $? >status
} | {
    exec <&-
    : >gone
}
[ "$(cat status)" -eq 0 ] || wrong "status $(cat status), as nobody has read the results"

# ---- a plugin that crashes -----------------------------------------------------------------------
cat >ste_crash.c <<'END'
#include <bnn/plugin.h>
#include <stdio.h>
#include <string.h>
struct crash { double after; };
static const bnn_param params[] = {
    BNN_NUMBER(struct crash, after, 0.0, 0.0, 1.0, "progress at which it crashes"),
    BNN_PARAMS_END,
};
static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x, const float *gy,
                 float *gx)
{
    (void)x;
    if (ctx->progress >= ((const struct crash *)p)->after) {
        puts("the \33[31mlast word");
        __builtin_trap();
    }
    memmove(gx, gy, n * sizeof *gx);
}
BNN_DEFINE_STE(BNN_HEAD("crash", "for a test", NULL, struct crash, params), .grad = grad)
END
mkdir plugins
if ${CC:-cc} -shared -fPIC -I"$abs_top_srcdir/framework" ste_crash.c \
    -o plugins/ste_crash.so 2>err; then
    # Third-party code is isolated without being asked.
    "$BNNRUN" run spec.yaml --db plugin.db --plugin-path plugins -s run.isolation=auto -s \
        seeds.count=1 -s 'model.ste=[clipped,{name: crash, after: 0.5}]' -j 2 >out 2>err </dev/null
    status=$?
    [ $status -eq 1 ] || wrong "a plugin that crashes: status $status"
    grep -q '^bnnrun: 2 jobs in processes of their own' err || wrong "the plugin was not isolated"
    grep -q "^\[./2\] failed .*crash.*: the run's process died: .* (signal " err ||
        wrong "the crash was not reported"
    grep -q ' (signal .*), in grad of ste crash' err || wrong "the plugin that crashed was not named"
    ! grep -q 'last word' out err || wrong "what a plugin prints is among the results"
    grep -q '^\[./2\] done ste=clipped' err || wrong "the crash took the other run with it"
    [ "$(ask plugin.db "SELECT count(*) FROM run_summary WHERE state = 'failed'")" -eq 1 ] ||
        wrong "the crash was not recorded"
    failed=$(ask plugin.db "SELECT run_uid FROM run_summary WHERE state = 'failed'")
    "$BNNRUN" show "$failed" --db plugin.db >out 2>err
    grep -q '^  the ?\[31mlast word$' out || wrong "show does not say what the plugin printed"
    "$BNNRUN" show "$failed" --log --db plugin.db >out 2>err
    grep -q '  1  failed  .*the run.s process died: .*in grad of ste crash' out && grep -q 'mlast word$' out ||
        wrong "the log of a run does not say how it failed: $(cat out)"
    "$BNNRUN" query --db plugin.db --csv "SELECT '=1+1', -5, '-inf', '@x', '-', 'a-b'" >out
    [ "$(tail -n 1 out)" = "\"'=1+1\",-5,-inf,\"'@x\",-,a-b" ] || wrong "formulas in CSV"
    whole plugin.db
else
    echo "skipped: a plugin that crashes (it cannot be compiled)"
fi

echo "$n_wrong wrong"
[ $n_wrong -eq 0 ]
