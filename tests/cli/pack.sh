#!/bin/sh
# Runs in one file: packed, unpacked elsewhere, and the same there; the same bytes each time; and archives that
# somebody has made, damaged or cut.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
command -v sqlite3 >/dev/null && tar --version 2>/dev/null | grep -q GNU || { echo 'needs sqlite3, and GNU tar'; exit 77; }
sweep=
trap '[ -z "$sweep" ] || kill -KILL $sweep; rm -rf "$scratch"' EXIT

cat >sent.yaml <<'END'
name: sent
dataset: {name: synthetic, train_limit: 120, validation: 40, test_limit: 40}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks: [{layer: {name: dense, out: 10}}]
train: {epochs: 2, batch: 16}
compare: {margin: 1}
seeds: [1, 2]
sweep: {grid: {train.optimizer.lr: [0.01, 0.001]}}
baseline: {train.optimizer.lr: 0.003}
telemetry: [gradient_norm]
run: {measure: false}
END
bnn 0 run sent.yaml --db a.db -j 2 -q
bnn 0 run sent.yaml --db a.db -q -s name=taught -s teacher.train.epochs=3 -s 'seeds=[1]'
run=$("$BNNRUN" query --db a.db --csv "SELECT run_uid FROM run_summary WHERE experiment = 'sent' LIMIT 1" | tail -n 1)
taught=$("$BNNRUN" query --db a.db --csv "SELECT run_uid FROM run_link LIMIT 1" | tail -n 1)
bnn 0 note "$run" 'the run of figure 2' --db a.db
bnn 0 tag "$run" figure --db a.db

# What the public views say of runs, or (whole) of an experiment; numbers of rows are each database's own.
views() {
    for sql in "SELECT * FROM run_summary WHERE $2 ORDER BY run_uid" \
        "SELECT * FROM run_param WHERE run_uid IN (SELECT run_uid FROM run_summary WHERE $2) ORDER BY 1, 2" \
        "SELECT run_uid, epoch, name, printf('%!.20g', value) FROM epoch_metric JOIN run_summary USING (run_uid)
            WHERE $2 ORDER BY 1, 2, 3" \
        "SELECT run_uid, purpose, need_uid, need_label, need_state, sha256, now_sha256 FROM run_link
            WHERE run_uid IN (SELECT run_uid FROM run_summary WHERE $2) ORDER BY 1, 2" \
        "SELECT run_uid, sample, hex(true_classes), hex(predicted_classes) FROM run_prediction
            WHERE run_uid IN (SELECT run_uid FROM run_summary WHERE $2) ORDER BY 1" \
        "SELECT * FROM layer_size WHERE run_uid IN (SELECT run_uid FROM run_summary WHERE $2) ORDER BY run_uid, ordinal" \
        "SELECT * FROM layer_metric WHERE run_uid IN (SELECT run_uid FROM run_summary WHERE $2)
            ORDER BY run_uid, epoch, ordinal, name, bin" \
        "SELECT run_uid, kind, path, artifact.sha256 FROM run JOIN artifact USING (run_id) JOIN run_summary USING (run_uid)
            WHERE $2 ORDER BY 1, 2" \
        "SELECT run_uid, environment.host, cpu_model, compiler, plugin.name, plugin.sha256 FROM run JOIN attempt USING (run_id)
            JOIN environment USING (environment_id) JOIN run_plugin USING (run_id, attempt) JOIN plugin USING (plugin_id)
            JOIN run_summary USING (run_uid) WHERE $2 ORDER BY 1, 5" \
        "${3:+SELECT experiment, label, n, mean_test_accuracy, sd_test_accuracy, in_spec, ordinal, config FROM leaderboard
            WHERE $2 ORDER BY 1, 2}"; do
        [ -z "$sql" ] || "$BNNRUN" query --db "$1" --csv "$sql"
    done
}
same_views() {
    views a.db "$2" "${3:-}" >here
    views "$1" "$2" "${3:-}" >there
    cmp -s here there || wrong "$1 is not what was packed: $(diff here there | head -5)"
    [ "$(wc -l <here)" -gt 30 ] || wrong 'the views say nothing'
}

# ---- there and back ----
bnn 0 pack sent -o sent.tar.zst --db a.db --csv
prints '^sent.tar.zst,6,12,'
bnn 0 unpack sent.tar.zst --db b.db --csv
prints '^sent.tar.zst,6,6,0,0,0,0,0,12'
same_views b.db "experiment = 'sent'" whole
bnn 0 query --db b.db --csv 'SELECT count(DISTINCT experiment), count(*) FROM run_summary'
prints '^1,6'
bnn 0 unpack sent.tar.zst --db b.db --csv
prints '^sent.tar.zst,6,0,0,6,0,0,0,0'
same_views b.db "experiment = 'sent'" whole
bnn 0 plan sent.yaml --db b.db
prints '6 done; nothing to do'
[ -z "$(find b.db.artifacts -type f -newermt 1990-01-01)" ] || wrong 'every plan would hash what was unpacked'
bnn 0 verify "$run" --db b.db
bnn 0 compare sent --db b.db
prints 'Planned'
[ -z "$(ls -d sent.tar.zst.* b.db.merging 2>/dev/null)" ] || wrong 'a folder is left'

# ---- what a killed process has left, or one that lives is at work in ----
mkdir -p sent.tar.zst.packing/deeper
echo x | tee sent.tar.zst.packing/copy.db >sent.tar.zst.packing/deeper/file
bnn 0 pack sent -o sent.tar.zst --db a.db -q
[ ! -e sent.tar.zst.packing ] || wrong 'what a killed process has left is still there'
mkdir sent.tar.zst.packing
last='pack, beside another one'
flock sent.tar.zst.packing "$BNNRUN" pack sent -o sent.tar.zst --db a.db >out 2>err && wrong 'two write one archive'
says 'another process is at work in it'
[ -d sent.tar.zst.packing ] || wrong 'the folder of the other one is gone'

# ---- no more open than the database ----
cp a.db closed.db
chmod 600 closed.db
bnn 0 pack sent -o closed.tar --db closed.db -q
[ -z "$(find closed.tar -perm /077)" ] || wrong 'what was closed is open to others'

# ---- the same bytes ----
bnn 0 pack sent -o again.tar.zst --db a.db -q
cmp -s sent.tar.zst again.tar.zst || wrong 'packed twice, other bytes'
bnn 0 pack sent -o again.tar.zst --db b.db -q
cmp -s sent.tar.zst again.tar.zst || wrong 'what was unpacked is packed to other bytes'
for ending in tar.gz tar.xz tar; do
    bnn 0 pack sent -o sent.$ending --db a.db -q
    bnn 0 unpack sent.$ending --db $ending.db --csv
    prints "^sent.$ending,6,6,"
done
same_views tar.xz.db "experiment = 'sent'" whole
fails 2 pack sent -o sent.zip --db a.db
says 'tar.zst'
fails 2 pack sent --db a.db
fails 2 pack -o x.tar --db a.db
fails 4 pack nothing -o x.tar --db a.db
fails 4 pack sent -o missing/x.tar --db a.db
[ ! -e x.tar ] || wrong 'there is an archive of nothing'

# ---- one run, with what it needs ----
bnn 0 pack "$taught" "$run" -o part.tar.zst --db a.db --csv
prints '^part.tar.zst,3,6,'
bnn 0 unpack part.tar.zst --db part.db
same_views part.db "run_uid IN ('$taught', '$run')"
bnn 0 query --db part.db --csv 'SELECT count(*) FROM run_link WHERE need_state = '"'done'"
prints '^1'
bnn 0 unpack sent.tar.zst --db part.db --csv
prints '^sent.tar.zst,6,5,0,1,'
bnn 0 show "$run" --db part.db
prints 'the run of figure 2'

# ---- by hand ----
mkdir hand && tar xf sent.tar -C hand
(cd hand && sha256sum -c --quiet SHA256SUMS) >sums 2>&1 || wrong "sha256sum: $(cat sums)"
bnn 0 verify "$run" --db hand/bnnrun.db
rm -rf hand/bnnrun.db-* hand/bnnrun.db.lock

# ---- archives of anybody ----
mkdir into
fails 4 unpack not_there.tar --db into/new.db
says 'not_there.tar'
[ -z "$(find into -mindepth 1)" ] || wrong 'a database is made for nothing'
# refused WORDS: the archive in bad.tar; nothing of it is anywhere.
refused() {
    rm -rf into && mkdir into
    fails 4 unpack bad.tar --db into/new.db
    says "$1"
    n=$("$BNNRUN" query --db into/new.db --csv 'SELECT count(*) FROM run_summary' | tail -n 1)
    [ "$n" = 0 ] || wrong 'a part of it was taken'
    [ -z "$(find into -mindepth 1 ! -name new.db ! -name new.db.lock)" ] || wrong "left: $(find into)"
    [ ! -e evil ] && [ ! -e ../evil ] || wrong 'written outside'
}
# fresh: what was packed, in the folder c; retar: in an archive, in the order of SHA256SUMS, with what is said further.
fresh() { rm -rf c && mkdir c && tar xf sent.tar -C c; }
retar() { (cd c && tar cf ../bad.tar --format=pax --hard-dereference "$@" $(sed 's/^[^ ]*  //' SHA256SUMS) SHA256SUMS); }
fresh
retar
bnn 0 unpack bad.tar --db retar.db --csv
prints '^bad.tar,6,6,'
printf x | dd of="c/bnnrun.db.artifacts/$run/model.bnn" bs=1 seek=200 conv=notrunc 2>/dev/null
retar
refused 'not what its SHA256SUMS says'
for size in 0 100 5000 60000 $(($(wc -c <sent.tar.zst) - 5)); do
    head -c "$size" sent.tar.zst >bad.tar
    refused 'damaged, or not whole'
done
head -c $(($(wc -c <sent.tar) - 4096)) sent.tar >bad.tar
refused 'damaged, or not whole'
echo text >bad.tar
refused 'damaged, or not whole'
fresh
retar --transform 's,^bnnrun.db$,../evil,' -P
refused '"../evil" is no name'
retar --transform 's,model.bnn,../../../evil,' -P
refused 'is no name'
retar --transform 's,^bnnrun.db$,/evil,' -P
refused '"/evil" is no name'
retar --transform 's,model.bnn,model.bnn.7.tmp,'
refused 'is no name'
retar --transform "s,$run,0123/4567,"
refused 'is no name'
retar --transform 's,bnnrun.db.artifacts,other,'
refused 'is no name'
retar bnnrun.db
refused '"bnnrun.db" is there twice'
(cd c && tar cf ../bad.tar $(sed '1d; s/^[^ ]*  //' SHA256SUMS) SHA256SUMS)
refused 'SHA256SUMS'
(cd c && tar cf ../bad.tar bnnrun.db.artifacts)
refused 'is no file'
mv "c/bnnrun.db.artifacts/$run/model.bnn" evil.bnn
ln -s /etc/passwd "c/bnnrun.db.artifacts/$run/model.bnn"
retar
refused 'model.bnn" is no file'
rm "c/bnnrun.db.artifacts/$run/model.bnn"
ln "c/bnnrun.db" "c/bnnrun.db.artifacts/$run/model.bnn"
(cd c && tar cf ../bad.tar $(sed 's/^[^ ]*  //' SHA256SUMS) SHA256SUMS)
refused 'model.bnn" is no file'
rm "c/bnnrun.db.artifacts/$run/model.bnn"
truncate -s 300M "c/bnnrun.db.artifacts/$run/model.bnn"
retar -S
refused 'times its size'
cp "$srcdir/tests/fuzz/corpus/pack/sparse.tar" bad.tar # that says 0, and has 80 MiB
refused 'has more than it says'
fresh
(cd c && cp SHA256SUMS more && tar cf ../bad.tar $(sed 's/^[^ ]*  //' SHA256SUMS) SHA256SUMS more)
refused 'behind the last'

# ---- rows of anybody, whose sums are right ----
resum() { (cd c && sha256sum $(sed 's/^[^ ]*  //' SHA256SUMS) >sums; mv sums SHA256SUMS) && retar; }
for change in "UPDATE run SET run_uid = '../../evil' WHERE run_uid = '$run'" "UPDATE config SET json = '{}'" \
    "DROP TABLE timing; CREATE VIEW timing AS SELECT 1 AS a" "PRAGMA application_id = 7"; do
    fresh
    sqlite3 c/bnnrun.db "$change"
    resum
    refused 'bad.tar'
done
fresh
sed -i '/  bnnrun.db$/d' c/SHA256SUMS
resum
refused 'it has no bnnrun.db'
fresh
: >c/bnnrun.db
resum
refused 'bad.tar is empty'
fresh
printf x | dd of="c/bnnrun.db.artifacts/$run/model.bnn" bs=1 seek=200 conv=notrunc 2>/dev/null
resum
bnn 0 unpack bad.tar --db lost.db --csv
prints '^bad.tar,6,6,0,0,0,0,0,11'
says '1 files of done runs are missing or damaged'

# ---- what a killed process has left ----
mkdir -p kept.db.merging/unpacked/bnnrun.db.artifacts/0123456789
echo x >kept.db.merging/unpacked/bnnrun.db.artifacts/0123456789/model.bnn
bnn 0 unpack sent.tar.zst --db kept.db --csv
prints '^sent.tar.zst,6,6,'
[ ! -e kept.db.merging ] || wrong 'what a killed process has left is still there'

# ---- other results are not mixed ----
sqlite3 kept.db "UPDATE metric SET value = value / 2 WHERE name = 'test_accuracy'"
fails 1 unpack sent.tar.zst --db kept.db
says 'a promise is broken'
bnn 0 unpack sent.tar.zst --db kept.db --skip-different --csv
prints '^sent.tar.zst,6,0,0,0,0,0,6,0'

# ---- beside a sweep ----
"$BNNRUN" run sent.yaml --db a.db -j 1 -s name=live -s train.epochs=100000 -q >/dev/null 2>&1 &
sweep=$!
until [ "$("$BNNRUN" query --db a.db --csv "SELECT count(*) FROM run_summary WHERE state = 'running'" \
    2>/dev/null | tail -n 1)" = 1 ] || ! kill -0 $sweep 2>/dev/null; do sleep 0.1; done
bnn 0 pack sent -o again.tar.zst --db a.db -q
cmp -s sent.tar.zst again.tar.zst || wrong 'beside a sweep, other bytes'
bnn 0 pack live -o live.tar.zst --db a.db --csv
says '1 runs are under way, and left out'
prints '^live.tar.zst,5,0,'
# A teacher that is trained again while what it has taught is packed: as if by that sweep.
sqlite3 -cmd '.timeout 60000' a.db "
    UPDATE attempt SET outcome = NULL, ended_us = NULL, (host, pid, boot_id, pid_namespace, process_start, life) =
        (SELECT host, pid, boot_id, pid_namespace, process_start, life FROM attempt JOIN run USING (run_id)
         WHERE state = 'running')
    WHERE run_id IN (SELECT need_run_id FROM run_need);
    UPDATE run SET state = 'running' WHERE run_id IN (SELECT need_run_id FROM run_need)"
bnn 0 pack "$taught" -o again.tar.zst --db a.db --csv
prints '^again.tar.zst,2,'
says '^1 runs that others need are under way, and packed as if they had stopped now'
says_not 'left out'
kill -KILL $sweep
wait $sweep 2>/dev/null
sweep=
echo "$n_checks commands, $n_wrong mistakes"
[ "$n_wrong" -eq 0 ]
