#!/bin/sh
# Telemetry from the spec to the queries, on digits that bnnrun draws: it changes no result, stays out of
# configs, and done runs stay done.
set -u
. "${srcdir:-.}/tests/cli/command.sh"

tiny_spec >tiny.yaml
cat >>tiny.yaml <<'END'
name: tiny
train: {epochs: 2, batch: 32}
sweep: {grid: {model.ste: [identity, clipped]}}
END

# The first line of what a query answers.
asks() { "$BNNRUN" query --csv --db "$1" "$2" | sed -n 2p; }
is() { n_checks=$((n_checks + 1)); [ "$1" = "$2" ] || wrong "expected $2, got $1"; }

bnn 0 -q tiny.yaml --db without.db
bnn 0 -q tiny.yaml --db with.db -s telemetry=all
results="SELECT group_concat(config || name || value) FROM (SELECT config, name, value FROM run_metric
         JOIN run_summary USING (run_uid) ORDER BY config, name)"
is "$(asks with.db "$results")" "$(asks without.db "$results")"
is "$(asks without.db 'SELECT count(*) FROM layer_metric')" 0
for folder in without with; do
    (cd $folder.db.artifacts && find . -type f -exec cksum {} + | sort -k 3) >$folder.sums
done
n_checks=$((n_checks + 1))
cmp -s without.sums with.sums || wrong 'files differ'

# ---- done runs stay done -------------------------------------------------------------------------
bnn 0 plan tiny.yaml --db without.db -s telemetry=flips
prints '2 done; nothing to do'
prints '^telemetry: 2 done runs were trained without it, which changes no result; --retrain trains'
bnn 0 plan tiny.yaml --db with.db -s telemetry=flips
omits '^telemetry'
bnn 0 plan tiny.yaml --db without.db
omits '^telemetry'
bnn 0 -q tiny.yaml --db without.db -s 'telemetry=[flips, never_flipped]' --retrain all
is "$(asks without.db "$results")" "$(asks with.db "$results")"
is "$(asks without.db 'SELECT count(DISTINCT name) FROM layer_metric')" 2
bnn 0 plan tiny.yaml --db without.db -s 'telemetry=[flips, dead]'
prints '^telemetry: 2 done runs were trained without it, which changes no result; --retrain trains'

# A network in full precision has no weights that flip, and no signs: it is asked once, nevertheless.
bnn 0 -q tiny.yaml --db float.db -s 'baseline={model.binarize: none}'
bnn 0 plan tiny.yaml --db float.db -s 'baseline={model.binarize: none}' -s telemetry=flips
prints '^telemetry: 3 done runs were trained without it, '
for topics in flips '[mismatch, flips, dead]'; do
    bnn 0 -q tiny.yaml --db float.db -s 'baseline={model.binarize: none}' -s "telemetry=$topics" --retrain all
    bnn 0 plan tiny.yaml --db float.db -s 'baseline={model.binarize: none}' -s "telemetry=$topics"
    prints '3 done; nothing to do'
    omits '^telemetry'
done

# ---- answers -------------------------------------------------------------------------------------
is "$(asks with.db "SELECT count(*) FROM layer_metric WHERE name = 'histogram' AND layer = 'dense_2'")" 76
bnn 0 query flips_by_epoch --db with.db
prints '^experiment  *label  *layer  *epoch  *n  *flips_per_weight  *never_flipped'
prints '^tiny  *ste=clipped  *dense_2  *2  *1 '
bnn 0 query mismatch_by_ste --db with.db
prints '^tiny  *identity  *dense_2  *1 '
bnn 0 query dead_channels --db with.db --json
prints '"layer": *"sign_2"'
uid=$(asks with.db 'SELECT min(run_uid) FROM run_summary')
bnn 0 show "$uid" --db with.db
prints '^telemetry, after the last epoch'
prints '^layer  *flips  *never  *masked  *positive  *saturated  *dead  *negative  *gradient  *cosine'
bnn 0 show "$uid" --db with.db --json
prints '"name": *"gradient_cosine"'

# ---- mistakes ------------------------------------------------------------------------------------
bnn 3 plan tiny.yaml -s telemetry=flip
says 'telemetry: expected one of flips, never_flipped, .*, got "flip"; did you mean "flips"?'
bnn 3 plan tiny.yaml -s 'telemetry={flips: true}'
says 'telemetry: expected none|all or a list of flips, .*, got a map'
echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
