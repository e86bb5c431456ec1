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

# How often it warns, but for what this machine is.
cautions() {
    n=$(grep '^warning,' out | grep -c -v '^warning,\(sandbox\|limits\|room\|tools\),')
    [ "$n" -eq "$1" ] || wrong "$n warnings: $(grep '^warning,' out)"
}

# ---- a healthy place -----------------------------------------------------------------------------
bnn 0 doctor --csv
says '^nothing is wrong; [0-9]* warnings*$'
cautions 0
finds ok bnnrun '[0-9.]*, revision '
finds ok libraries '.*sqlite [0-9]'
finds ok processor ''
finds ok kernels 'portable.*: right, to the bit ([0-9a-f]\{12\})'
finds ok plugins '[0-9][0-9]* came with bnnrun, and can be loaded'
finds ok plugins 'none from elsewhere'
finds ok data 'synthetic: built in'
finds ok place '.*: can be written, and files locked'
finds ok database 'bnnrun.db: there is none yet'
[ "$(grep -c '^ok,kernels' out)" -eq "$(grep '^ok,kernels' out | grep -c 'right, to the bit\|not on this machine')" ] ||
    wrong "kernels are not right"
fails 2 doctor bnnrun.db
says 'not "bnnrun.db"'

tiny_spec >tiny.yaml
bnn 0 run tiny.yaml -q -s train.epochs=1 -s seeds.count=3
tree | sort >was
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
says '^nothing is wrong; [0-9]* warnings*$'
cautions 3
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
kill -9 $pid
wait $pid 2>/dev/null
bnn 0 doctor --csv --db long.db
finds warning runs '[1-9][0-9]* stand as running, but their process is dead'

# ---- what cannot be used -------------------------------------------------------------------------
cp bnnrun.db torn.db
size=$(wc -c <torn.db)
dd if=/dev/zero of=torn.db bs=4096 seek=$((size / 8192)) count=3 conv=notrunc 2>/dev/null
bnn 4 doctor --db torn.db --json
is_json
prints '"verdict": "wrong", *"part": "database"\|"part": "database"'
prints '"remedy": null'
BNN_CPU=abacus
export BNN_CPU
bnn 4 doctor --db nowhere/x.db -q
unset BNN_CPU
prints '^wrong  *kernels  *BNN_CPU=abacus cannot run here'
prints '^wrong  *place  *nowhere: there is no such folder$'
prints '^  *-> make the folder, or name another file with --db$'
omits '^ok'

# A newer database, data that are none, and plugins that are broken, at once.
cp bnnrun.db newer.db
printf '\0\0\0\143' | dd of=newer.db bs=1 seek=60 conv=notrunc 2>/dev/null # user_version
mkdir -p mnist plugins open
for file in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    echo none >mnist/$file-ubyte
done
for name in ste_stillborn ste_bad_abi ste_former layer_lies; do
    cp "$BNN_TEST_PLUGINS/$name.so" plugins
done
cp "$BNN_TEST_PLUGINS/ste_gate.so" open
chmod o+w open
BNN_TEST_STILLBORN=traps
BNN_DATA_PATH=$PWD
export BNN_TEST_STILLBORN BNN_DATA_PATH
bnn 4 doctor --db newer.db --plugin-path plugins:open --csv
finds wrong database 'newer.db: made by a newer bnnrun'
finds wrong data 'mnist: '
prints 'delete or mend the file'
finds wrong plugins '.*ste_stillborn.so: a constructor of it crashes: '
finds wrong plugins '.*ste_bad_abi.so: .*built for plugin ABI'
finds wrong plugins 'layer lies, '
finds wrong plugins '.*everybody may write to its folder'
finds ok plugins 'ste former, .*plugins/ste_former.so: keeps what '
says '^bnnrun: 6 things are wrong, '
unset BNN_TEST_STILLBORN BNN_DATA_PATH
(ulimit -n 64 && BNNRUN_TRUST_PLUGINS=1 "$BNNRUN" doctor --csv >out 2>err) || wrong "status $?"
finds warning limits 'a process may open only 64 files'
finds warning plugins 'BNNRUN_TRUST_PLUGINS=1'

echo "$n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
