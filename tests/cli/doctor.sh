#!/bin/sh
# doctor.sh - planted mistakes are found, each with what to do, and nothing is written; without them nothing is wrong.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
unset BNNRUN_TRUST_PLUGINS
BNNRUN_PLUGIN_PATH=
export BNNRUN_PLUGIN_PATH
finds() { prints "^$1,$2,\"*$3"; } # finds VERDICT PART TEXT
# What lies here, with sizes, times and contents, but for what this test writes.
tree() { find . -path ./out -o -path ./err -o -path ./json -o -path ./was -o -path ./is -o -type f -printf '%p %s %T@ ' -exec cksum {} \;; }
unchanged() {
    tree | sort >is
    cmp -s was is || wrong "something was written: $(diff was is | head -n 3)"
}

# ---- a healthy place -----------------------------------------------------------------------------
bnn 0 doctor --csv
says '^nothing is wrong; 0 warnings$'
finds ok bnnrun '[0-9.]*, revision '
finds ok libraries '{""curl"":'
finds ok processor ''
finds ok kernels 'portable.*: right, to the bit ([0-9a-f]\{12\})'
finds ok plugins '[0-9][0-9]* came with bnnrun, and can be loaded'
finds ok plugins 'none from elsewhere'
finds ok data 'synthetic: built in'
finds ok place '.*: can be written, and files locked'
finds ok database 'bnnrun.db: there is none yet'
[ "$(grep -c '^ok,kernels' out)" -eq "$(grep '^ok,kernels' out | grep -c 'right, to the bit\|not on this machine')" ] ||
    wrong "kernels are not right"
for set in avx2 portable neon; do
    BNN_CPU=$set "$BNNRUN" --version >/dev/null 2>&1 || continue
    BNN_CPU=$set bnn 0 doctor -q
    prints_nothing
done
BNN_CPU=abacus bnn 4 doctor --csv
finds wrong kernels 'BNN_CPU=abacus cannot run here'
fails 2 doctor bnnrun.db
says 'not "bnnrun.db"'

tiny_spec >tiny.yaml
bnn 0 run tiny.yaml -q -s train.epochs=1 -s seeds.count=3
tree | sort >was
bnn 0 doctor --json
is_json
prints '"verdict": "ok"'
prints '"remedy": null'
bnn 0 doctor --csv
finds ok database 'its pages are whole'
finds ok database 'bnnrun.db: schema [0-9]*, 3 runs, 3 done, 0 failed'
finds ok 'left over' 'nothing that no run needs'
finds ok files '6 of runs are as recorded'
unchanged

# ---- what killed processes leave -----------------------------------------------------------------
for run in bnnrun.db.artifacts/*; do
    break
done
cp "$run/model.bnn" "$run/model.bnn.4711.tmp"
mkdir bnnrun.db.artifacts/0123456789
cp "$run/model.bnn" bnnrun.db.artifacts/0123456789
cp bnnrun.db bnnrun.db.saved
printf x >>"$run/weights.safetensors"
tree | sort >was
bnn 0 doctor --csv
says '^nothing is wrong; 3 warnings$'
finds warning 'left over' '.*; 2 such, '
prints 'bnnrun gc. shows and removes it'
finds warning 'left over' '.*bnnrun.db.saved has results'
finds warning files '.*weights.safetensors is damaged; 1 of 6'
unchanged
rm -r bnnrun.db.artifacts/0123456789 "$run/model.bnn.4711.tmp" bnnrun.db.saved

# A run whose process is gone.
"$BNNRUN" run tiny.yaml -q -s train.epochs=4000 -s name=long --db long.db 2>/dev/null &
pid=$!
n=0
until [ $n -ge 600 ] || ls long.db.artifacts/*/checkpoint >/dev/null 2>&1; do
    sleep 0.05
    n=$((n + 1))
done
bnn 0 doctor --csv --db long.db
finds ok runs '[1-9][0-9]* under way'
kill -9 $pid
wait $pid 2>/dev/null
bnn 0 doctor --csv --db long.db
finds warning runs '[1-9][0-9]* stand as running, but their process is dead'

# ---- a database that cannot be used --------------------------------------------------------------
cp bnnrun.db newer.db
printf '\0\0\0\143' | dd of=newer.db bs=1 seek=60 conv=notrunc 2>/dev/null # user_version
bnn 4 doctor --csv --db newer.db
finds wrong database 'newer.db: made by a newer bnnrun'
says '^bnnrun: 1 thing is wrong, 0 warnings$'
cp bnnrun.db torn.db
ln -s bnnrun.db.artifacts torn.db.artifacts
size=$(wc -c <torn.db)
dd if=/dev/zero of=torn.db bs=4096 seek=$((size / 8192)) count=3 conv=notrunc 2>/dev/null
bnn 4 doctor --csv --db torn.db
finds wrong database ''
echo text >text.db
bnn 4 doctor --csv --db text.db
finds wrong database 'text.db: '
bnn 4 doctor --csv --db nowhere/x.db
finds wrong place 'nowhere: there is no such folder'

# ---- data and plugins ----------------------------------------------------------------------------
mkdir -p mnist plugins
for file in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    echo none >mnist/$file-ubyte
done
BNN_DATA_PATH=$PWD bnn 4 doctor --csv
finds wrong data 'mnist: '
prints 'delete or mend the file'
for name in ste_stillborn ste_bad_abi layer_lies; do
    cp "$BNN_TEST_PLUGINS/$name.so" plugins
done
cp "$BNN_TEST_PLUGINS/ste_former.so" plugins
BNN_TEST_STILLBORN=traps bnn 4 doctor --csv --plugin-path plugins
finds wrong plugins '.*ste_stillborn.so: a constructor of it crashes: '
finds wrong plugins '.*ste_bad_abi.so: .*built for plugin ABI'
finds wrong plugins 'layer lies, '
finds ok plugins 'ste former, .*plugins/ste_former.so: keeps what '
chmod o+w plugins
bnn 4 doctor --csv --plugin-path plugins
finds wrong plugins '.*everybody may write to its folder'
BNNRUN_TRUST_PLUGINS=1 bnn 0 doctor --csv
finds warning plugins 'BNNRUN_TRUST_PLUGINS=1'

# ---- limits --------------------------------------------------------------------------------------
(ulimit -n 64 && "$BNNRUN" doctor --csv >out 2>err) || wrong "status $?"
finds warning limits 'a process may open only 64 files'

echo "$n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
