#!/bin/sh
# A sweep in shards, merged: the public views of one that was never split, in any order, twice, and after kill -9.
# Digits that bnnrun draws, and networks of one layer.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
sweep=
trap '[ -z "$sweep" ] || kill -KILL $sweep; rm -rf "$scratch"' EXIT

cat >split.yaml <<'END'
name: split
dataset: {name: synthetic, train_limit: 120, validation: 40, test_limit: 40}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks: [{layer: {name: dense, out: 10}}]
train: {epochs: 2, batch: 16}
compare: {margin: 1}
seeds: [1, 2, 3]
sweep: {grid: {train.optimizer.lr: [0.01, 0.001]}}
baseline: {train.optimizer.lr: 0.003}
telemetry: [gradient_norm]
run: {measure: false}
END

views() {
    public_views "$1"
    ask "$1" "SELECT run_uid, n_attempts FROM run_summary ORDER BY run_uid"
}
same_as_whole() {
    views "$1" >views
    cmp -s views whole || wrong "$1 is not what was never split: $(diff views whole | head -5)"
}

# ---- shards ----
bnn 0 run split.yaml --db whole.db -j 2 -q
views whole.db >whole
bnn 0 plan split.yaml --shard 1/3
prints 'apart .*of another shard'
for i in 1 2 3; do
    bnn 0 run split.yaml --shard $i/3 -j 2
    [ -e bnnrun.${i}of3.db ] || wrong "shard $i has no database of its own"
done
says 'of other shards'
prints 'bnnrun merge INTO.db bnnrun.3of3.db'
bnn 0 run split.yaml --shard 3/3
says 'nothing to do'
fails 2 run split.yaml --shard 0/3
fails 2 run split.yaml --shard 4/3
fails 2 run split.yaml --shard 3
fails 2 run split.yaml --shard 1/3 -s 'seeds={until: {max: 6, looks: [6]}}'
says 'seeds.until'
fails 2 run split.yaml --shard 1/3 -s 'sweep.halving={over: seeds, from: 1, eta: 2}'
says 'sweep.halving'

# ---- merged in any order, twice ----
sum() { find bnnrun.?of3.db* -type f -printf '%p %s %T@ %C@ ' -exec cksum {} + | sort; ls -d bnnrun.?of3.db*; }
sum >before
for order in '1 2 3' '3 1 2' '2 3 1'; do
    rm -rf all.db*
    for i in $order; do
        bnn 0 merge all.db bnnrun.${i}of3.db --csv
        prints '^bnnrun.[123]of3.db,\([1-9]\),\1,0,0,0,0,0,' # no run is in two shards
    done
    same_as_whole all.db
    bnn 0 merge all.db bnnrun.1of3.db bnnrun.2of3.db bnnrun.3of3.db --csv
    prints 'bnnrun.1of3.db,[0-9]*,0,0,[0-9]*,0,0,0,0'
    same_as_whole all.db
done
sum >after
cmp -s before after || wrong 'merging has written to what it reads'
[ ! -e all.db.merging ] || wrong 'merging has left its folder'
bnn 0 plan split.yaml --db all.db
prints '9 done; nothing to do'
bnn 0 verify --db all.db $("$BNNRUN" query --db all.db --csv 'SELECT run_uid FROM run_summary' | tail -n +2)
bnn 0 compare split --db all.db
prints 'Planned'

# ---- what is different is not mixed ----
cp -r bnnrun.1of3.db other.db
cp -r bnnrun.1of3.db.artifacts other.db.artifacts
sqlite3 other.db "UPDATE metric SET value = value / 2 WHERE name = 'test_accuracy'"
fails 1 merge all.db other.db
says 'other test_accuracy; made with the same on the same machine: a promise is broken'
same_as_whole all.db
sqlite3 other.db "UPDATE environment SET kernels = 'other' || char(27)"
fails 1 merge all.db other.db
says 'kernels .* here, other? there, which should make no difference'
sqlite3 other.db "UPDATE plugin SET sha256 = 'x' WHERE name = 'dense'"
fails 1 merge all.db other.db
says 'another file of the plugin layer dense'
bnn 0 merge all.db other.db --skip-different
same_as_whole all.db

# ---- what is further wins ----
cp whole.db part.db
cp -r whole.db.artifacts part.db.artifacts
sqlite3 part.db "UPDATE attempt SET outcome = 'failed', error = 'x'; UPDATE run SET state = 'failed'"
bnn 0 merge all.db part.db --csv
prints 'part.db,9,0,0,0,9,0,0,0'
same_as_whole all.db
bnn 0 merge part.db all.db --csv
prints 'all.db,9,0,9,0,0,0,0,18'
same_as_whole part.db

# ---- and its files, those of an attempt here make room ----
cp whole.db part.db
rm -rf part.db.artifacts && cp -r whole.db.artifacts part.db.artifacts
run=$(ls whole.db.artifacts | head -n 1)
sqlite3 part.db "UPDATE attempt SET outcome = 'failed', error = 'x'; UPDATE run SET state = 'failed'"
echo old | tee "part.db.artifacts/$run/log" "part.db.artifacts/$run/checkpoint" >"part.db.artifacts/$run/model.bnn"
cp -r part.db.artifacts failed.db.artifacts
cp part.db failed.db
bnn 0 merge part.db all.db --csv
prints 'all.db,9,0,9,0,0,0,0,18'
same_as_whole part.db
[ "$(ls "part.db.artifacts/$run")" = "$(ls "whole.db.artifacts/$run")" ] || wrong 'files of an older attempt are left'
ls part.db.artifacts >names
ls whole.db.artifacts | cmp -s - names || wrong "not a folder of a run: $(cat names)"
bnn 0 verify --db part.db "$run"

# A merge that was killed before its rows were committed has changed nothing; one that was killed afterwards is done.
note=$(sqlite3 all.db "SELECT run_uid || '.done.1.' || started_us || '.' || ended_us FROM run JOIN attempt USING (run_id)
    WHERE run_uid = '$run'")
for db in failed part; do
    mkdir -p "$db.db.merging/$note"
    cp -r "whole.db.artifacts/$run" "$db.db.artifacts/$note"
done
echo old >"part.db.artifacts/$run/model.bnn"
echo old >"part.db.artifacts/$run/log"
cp bnnrun.1of3.db none.db
sqlite3 none.db 'DELETE FROM run'
bnn 0 merge failed.db none.db
bnn 0 merge part.db none.db
[ "$(cat "failed.db.artifacts/$run/model.bnn")" = old ] || wrong 'files came without their rows'
[ ! -e "part.db.artifacts/$run/log" ] || wrong 'a file of an older attempt is left'
bnn 0 verify --db part.db "$run"
[ -z "$(ls -d failed.db.merging part.db.merging ./*.artifacts/*.* 2>/dev/null)" ] || wrong 'a killed merge was not cleared up'

# ---- what the same run lacks here ----
cp whole.db poor.db
cp -r whole.db.artifacts poor.db.artifacts
run2=$(ls whole.db.artifacts | tail -n 1)
sqlite3 poor.db "DELETE FROM artifact WHERE kind = 'weights'; DELETE FROM prediction; DELETE FROM layer_value;
    UPDATE attempt SET telemetry = NULL"
rm poor.db.artifacts/*/weights.safetensors
rm -r "poor.db.artifacts/$run"
echo x >"poor.db.artifacts/$run2/model.bnn"
bnn 0 merge poor.db all.db --csv
prints 'all.db,9,0,0,9,0,0,0,11' # nine of weights, and two models
same_as_whole poor.db
bnn 0 verify --db poor.db "$run" "$run2"
for table in artifact prediction layer_value; do
    [ "$(sqlite3 poor.db "SELECT count(*) FROM $table")" = "$(sqlite3 whole.db "SELECT count(*) FROM $table")" ] ||
        wrong "$table is not filled in"
done
bnn 0 plan split.yaml --db poor.db
prints '9 done; nothing to do'
bnn 0 merge poor.db all.db --csv
prints 'all.db,9,0,0,9,0,0,0,0'

# ---- tags, notes, and an older spec ----
sed 's/seeds: .*/seeds: [1, 2]/' split.yaml >older.yaml
bnn 0 run older.yaml --db older.db -q
bnn 0 run split.yaml --db newer.db -q
both=$(ls older.db.artifacts | head -n 1)
bnn 0 note "$both" here --db newer.db
bnn 0 note "$both" there --db older.db
bnn 0 tag "$both" figure --db older.db
for i in 1 2; do # the second brings nothing
    bnn 0 merge newer.db older.db --csv
    prints 'older.db,6,0,0,6,0,0,0,0'
    bnn 0 query --db newer.db --csv "SELECT tags, hex(note) FROM run_summary WHERE run_uid = '$both'"
    prints "^figure,$(printf 'here\nthere' | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F)"
    bnn 0 query --db newer.db --csv 'SELECT sum(in_spec), count(*) FROM run_summary'
    prints '^9,9'
done
bnn 0 merge older.db newer.db --csv
prints 'newer.db,9,3,0,6,0,0,0,6'
bnn 0 query --db older.db --csv 'SELECT sum(in_spec), count(*) FROM run_summary'
prints '^9,9'
bnn 0 plan split.yaml --db older.db
prints '9 done; nothing to do'

# ---- what a process that died had here ----
cp whole.db dead.db
sqlite3 dead.db "UPDATE attempt SET outcome = NULL, ended_us = NULL, life = 77; UPDATE run SET state = 'running'"
bnn 0 merge dead.db all.db --csv
prints 'all.db,9,0,9,0,0,0,0,18'
same_as_whole dead.db

# ---- strangers ----
for change in "UPDATE run SET run_uid = '../../' || run_uid" "UPDATE artifact SET path = '../x'" \
    "UPDATE config SET json = '{}'" "PRAGMA writable_schema = 1; DELETE FROM sqlite_schema WHERE name = 'timing'" \
    "DROP TABLE timing; CREATE VIEW timing AS SELECT 1 AS a"; do
    cp bnnrun.1of3.db bad.db
    sqlite3 bad.db "$change"
    rm -rf new.db*
    fails 4 merge new.db bad.db
done
cp bnnrun.1of3.db bad.db
sqlite3 bad.db 'DROP TABLE attempt; CREATE VIEW attempt AS
    WITH RECURSIVE n(run_id) AS (SELECT 1 UNION ALL SELECT run_id + 1 FROM n) SELECT * FROM n'
fails 4 merge new.db bad.db
says 'the table attempt is missing'

# SQLite would roll it back, and delete the file that its end may name.
cp bnnrun.1of3.db bad.db
echo text >bad.db-journal
fails 4 merge new.db bad.db
says 'bad.db-journal'
rm -f bad.db*

echo text >bad.db
fails 4 merge new.db bad.db
: >bad.db
fails 4 merge new.db bad.db
says 'bad.db is empty'
fails 2 merge all.db all.db
fails 2 merge all.db
fails 4 merge all.db missing.db
fails 4 merge typo.db missing.db
[ ! -e typo.db ] || wrong 'a database was made for nothing'
fails 2 merge bnnrun.1of3.db bnnrun.2of3.db
says 'name INTO.db before it'
cp whole.db linked.db
ln -s whole.db.artifacts linked.db.artifacts
fails 4 merge linked.db all.db
says 'the folder of another database'
fails 4 merge whole.db linked.db
says 'have the same folder of artifacts'
chmod -R go-rwx bnnrun.1of3.db.artifacts
rm -rf new.db*
bnn 0 merge new.db bnnrun.1of3.db
[ -z "$(find new.db.artifacts -type f -perm /077)" ] || wrong 'a copy is more open than the original'
same_as_whole all.db
sqlite3 all.db 'ANALYZE; CREATE TABLE mine(a)' # what else is in a database is its owner's
bnn 0 merge all.db bnnrun.1of3.db
same_as_whole all.db

# ---- one text of a spec, two networks under one label ----
sed '/^  topology:/,/^    blocks:/d; s/^model:/model: {topology: net}/' split.yaml >file.yaml
mkdir topologies
printf 'input: {channels: 1, height: 28, width: 28}\nblocks: [{layer: {name: dense, out: 10}}]\n' >topologies/net.yaml
bnn 0 run file.yaml --db one.db -q
sed 's/blocks: \[/&{layer: {name: dense, out: 12}}, /' topologies/net.yaml >net.new && mv net.new topologies/net.yaml
bnn 0 run file.yaml --db two.db -q
bnn 0 merge one.db two.db --csv
prints '^two.db,9,9,'
bnn 0 query --db one.db --csv "SELECT count(*), sum(in_spec) FROM run_summary"
prints '^18,9'

# ---- looks, rungs and benchmarks ----
verdicts() {
    public_views "$1"
    ask "$1" 'SELECT * FROM comparison_look ORDER BY 1, 2, 3'
    ask "$1" 'SELECT * FROM halving_rung ORDER BY 1, 2, 3'
    ask "$1" 'SELECT run_uid, contender, engine, batch, us FROM benchmark_summary ORDER BY 1, 2, 3, 4'
}
bnn 0 run split.yaml --db decided.db -q -s 'seeds={until: {looks: [2, 3]}}'
bnn 0 run split.yaml --db decided.db -q -s name=halved \
    -s 'sweep={random: {n: 3, train.optimizer.lr: {log_uniform: [0.001, 0.1]}}, halving: {over: epochs, from: 1, eta: 2}}'
bnn 0 bench "$run" --db decided.db --rounds 2 --batch 1 --no-ort
verdicts decided.db >decided
for what in comparison_look halving_rung benchmark_summary; do
    [ "$(sqlite3 decided.db "SELECT count(*) > 0 FROM $what")" = 1 ] || wrong "there is no $what to merge"
done
for i in 1 2; do
    bnn 0 merge verdicts.db decided.db
    verdicts verdicts.db | cmp -s - decided || wrong 'looks, rungs or benchmarks were left behind'
done

# ---- two at once ----
rm -rf new.db*
mkdir new.db.merging
last='merge new.db, beside another one'
flock new.db.merging "$BNNRUN" merge new.db bnnrun.1of3.db >out 2>err && wrong 'two merges at once'
says 'another merge into it is under way'
[ -d new.db.merging ] || wrong 'the folder of the other one is gone'

# ---- kill -9 in between ----
rm -rf new.db*
mkdir -p new.db.artifacts/0123456789 new.db.merging/0123456789
echo x >new.db.artifacts/0123456789/model.bnn
echo x >new.db.merging/source.db
bnn 0 merge new.db bnnrun.1of3.db bnnrun.2of3.db bnnrun.3of3.db
same_as_whole new.db
[ ! -e new.db.artifacts/0123456789 ] && [ ! -e new.db.merging ] || wrong 'what a killed merge has left is still there'
for runs in new better; do # than those that are here
    for delay in 0.01 0.03 0.08; do
        rm -rf new.db*
        [ $runs = new ] || { cp failed.db new.db && cp -r failed.db.artifacts new.db.artifacts; }
        "$BNNRUN" merge new.db bnnrun.1of3.db bnnrun.2of3.db bnnrun.3of3.db -q >/dev/null 2>&1 &
        merge=$!
        sleep $delay
        kill -KILL $merge 2>/dev/null
        wait $merge 2>/dev/null
        bnn 0 merge new.db bnnrun.1of3.db bnnrun.2of3.db bnnrun.3of3.db
        same_as_whole new.db
        ls "new.db.artifacts/$run" >names
        ls "whole.db.artifacts/$run" | cmp -s - names || wrong "files of two attempts: $(cat names)"
        bnn 0 verify --db new.db "$run"
    done
done

# ---- what a killed process has left in the log counts; nothing is taken from one that lives ----
cp bnnrun.1of3.db log.db
cp -r bnnrun.1of3.db.artifacts log.db.artifacts
sqlite3 log.db "UPDATE run SET note = 'in the log'" '.shell kill -KILL $PPID' >/dev/null 2>&1
[ -s log.db-wal ] || wrong 'there is no log to merge'
cksum log.db log.db-wal >before
rm -rf new.db*
bnn 0 merge new.db log.db
cksum log.db log.db-wal >after
cmp -s before after || wrong 'merging has written to what it reads'
bnn 0 query --db new.db "SELECT DISTINCT note FROM run_summary"
prints 'in the log'
"$BNNRUN" run split.yaml --db live.db -j 1 -s train.epochs=100000 -q >/dev/null 2>&1 &
sweep=$!
until [ "$("$BNNRUN" query --db live.db --csv "SELECT count(*) FROM run_summary WHERE state = 'running'" \
    2>/dev/null | tail -n 1)" = 1 ]; do sleep 0.1; done
fails 4 merge new.db live.db
says 'live.db: a process is at work on it'
kill -KILL $sweep
wait $sweep 2>/dev/null
sweep=
bnn 0 merge new.db live.db
bnn 0 query --db new.db --csv "SELECT count(*) FROM run_summary WHERE state = 'running'"
prints '^0'

# ---- older schemas, in a copy ----
if tar xJf "$srcdir/tests/old/databases.tar.xz" 2>/dev/null; then
    rm -rf new.db*
    cksum v1/old.db v5/old.db >before
    bnn 0 merge new.db v5/old.db v1/old.db --csv
    prints '^v5/old.db,5,5,0,0,0,0,0,'
    cksum v1/old.db v5/old.db >after
    cmp -s before after || wrong 'merging has written to an older database'
    [ ! -e v1/old.db-wal ] || wrong 'merging has left a file beside what it reads'
fi

# ---- runs that need others ----
bnn 0 run split.yaml --db chain.db -s teacher.train.epochs=3 -j 2 -q
views chain.db >whole
for i in 1 2 3 4; do
    bnn 0 run split.yaml --shard $i/4 -s teacher.train.epochs=3 -q
done
rm -rf all.db*
bnn 0 merge all.db bnnrun.?of4.db
same_as_whole all.db
echo "$n_checks commands, $n_wrong mistakes"
[ "$n_wrong" -eq 0 ]
