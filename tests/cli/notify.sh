#!/bin/sh
# run.notify: a command is told once how a sweep ended, whatever the end; by no shell, not without --notify, and
# without a word in results, identities or the exit status.
set -u
. "${srcdir:-.}/tests/cli/command.sh"

cat >catch <<'END'
#!/bin/sh
{ printf '<%s>' "$@"; echo; } >>words
cat >>told
echo heard
END
chmod +x catch
tiny_spec >tiny.yaml
cat >>tiny.yaml <<'END'
name: tiny
train: {epochs: 1, batch: 32}
run: {notify: [./catch, "$HOME; touch harm", 7]}
END
# tells N WORD...: the N-th message has each of these.
tells() {
    n_checks=$((n_checks + 1))
    line=$(sed -n "$1p" told)
    shift
    for word in "$@"; do
        case $line in *"$word"*) ;; *) wrong "told is $line, not $word" ;; esac
    done
}
was_told() {
    n_checks=$((n_checks + 1))
    [ "$(cat words 2>/dev/null | wc -l)" -eq "$1" ] || wrong "the command was run another number of times: $(cat words)"
}
asks() { "$BNNRUN" query --csv "$1" | sed -n 2p; }

# ---- consent -------------------------------------------------------------------------------------
bnn 0 plan tiny.yaml
bnn 0 tiny.yaml --dry-run
bnn 0 tiny.yaml --dry-run --notify
bnn 0 tiny.yaml --db silent.db
says 'run.notify (./catch) is not run: a spec may come from anyone; --notify allows it'
was_told 0
bnn 2 plan tiny.yaml --notify

# ---- done ----------------------------------------------------------------------------------------
bnn 0 tiny.yaml --notify
says_not 'run.notify'
says '^heard$'
omits heard
was_told 1
grep -qxF '<$HOME; touch harm><7>' words || wrong "the words are $(cat words)"
[ ! -e harm ] || wrong 'a shell was there'
tells 1 '"experiment":"tiny"' '"database":"bnnrun.db"' '"outcome":"done"' '"message":null' '"signal":null' \
    '"planned":1' '"done":1' '"failed":0' '"seconds":'
# It is no part of the config: nothing is left to do, and told nevertheless.
n_checks=$((n_checks + 1))
[ "$(asks 'SELECT config FROM run_summary')" = "$(BNNRUN_DB=silent.db asks 'SELECT config FROM run_summary')" ] ||
    wrong 'another config'
bnn 0 -q tiny.yaml --notify -s 'run.notify=./catch'
was_told 2
tells 2 '"outcome":"done"' '"done_before":1' '"done":0'
bnn 0 -q tiny.yaml --notify -s run.notify=none
was_told 2
bnn 0 tiny.yaml --notify --json -s 'run.notify=[./catch, json]'
is_json
was_told 3

# ---- other ends ----------------------------------------------------------------------------------
bnn 1 tiny.yaml --notify -s model.norm=none -s model.binarize=none -s train.optimizer=sgd \
    -s train.optimizer.lr=1.0e6 -s train.epochs=3
tells 4 '"outcome":"failed"' '"message":"1 of 1 runs failed' '"failed":1'
(ulimit -f 200 && "$BNNRUN" tiny.yaml --db full.db --notify -s seeds.count=40 >out 2>err)
[ $? -eq 4 ] || wrong 'a full disk is none'
tells 5 '"outcome":"error"' '"message":"'
"$BNNRUN" tiny.yaml --db long.db --notify -s train.epochs=100000 >out 2>err &
sweep=$!
until [ "$(sqlite3 -readonly long.db "SELECT count(*) FROM metric WHERE epoch > 0" 2>/dev/null ||
    "$BNNRUN" query --db long.db --csv 'SELECT count(*) FROM epoch_metric' 2>/dev/null | sed -n 2p)" -gt 0 ] 2>/dev/null; do
    kill -0 $sweep 2>/dev/null || break
    sleep 0.1
done
kill -TERM $sweep
wait $sweep
[ $? -eq 143 ] || wrong 'the sweep did not die by the signal'
tells 6 '"outcome":"interrupted"' '"signal":15' '"interrupted":1' 'the same command goes on'
was_told 6

# ---- commands that cannot, or fail ---------------------------------------------------------------
bnn 0 -q tiny.yaml --notify -s 'run.notify=[./catch_none]'
says '^bnnrun: run.notify: ./catch_none: cannot run: No such file'
bnn 0 -q tiny.yaml --notify -s 'run.notify=[sh, -c, exit 3]'
says '^bnnrun: run.notify: sh: its status was 3$'
bnn 0 -q tiny.yaml --notify -s 'run.notify=[sh, -c, kill -9 $$]'
says '^bnnrun: run.notify: sh: crashes: Killed'
echo 'touch harm' >script && chmod +x script # without #!, which a shell would run
bnn 0 -q tiny.yaml --notify -s 'run.notify=[./script]'
says 'cannot run: Exec format error'
[ ! -e harm ] || wrong 'a shell was there'
bnn 0 -q tiny.yaml --notify -s 'run.notify=[true]' # reads nothing
says_nothing
bnn 3 plan tiny.yaml -s 'run.notify=echo done'
says 'run.notify: expected none or a list of 1 to 64 words, got .*; no shell splits it: write \[COMMAND, ARGUMENT, ...\]'
bnn 3 plan tiny.yaml -s 'run.notify=[]'
bnn 3 plan tiny.yaml -s 'run.notify=[[a]]'
bnn 3 plan tiny.yaml -s 'run.notify={a: b}'
was_told 6

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
