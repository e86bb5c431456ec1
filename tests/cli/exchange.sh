#!/bin/sh
# bnnrun export EXPERIMENT: what other programs read is what the views have, also of runs that diverged, and of a label
# that would be a formula, a path or a command to a terminal; a folder is there as a whole or not, and nothing of somebody
# else is written over. Formats are read by tests/cli/exchange.py, with python3, its protobuf and yaml.
set -u
. "${srcdir:-.}/tests/cli/command.sh"

python=
for candidate in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$candidate" -c 'import yaml, google.protobuf' 2>/dev/null; then
        python=$candidate
        break
    fi
done

tiny_spec >tiny.yaml
cat >>tiny.yaml <<'END'
name: tiny
train: {epochs: 2, batch: 32}
seeds: {count: 2}
sweep: {grid: {model.ste: [identity, clipped], train.optimizer.lr: [0.001, 0.01]}}
baseline: {model.binarize: none}
telemetry: [flips, histogram]
END
bnn 0 -q tiny.yaml
[ -z "$python" ] || "$python" "$srcdir/tests/cli/exchange.py" spoil bnnrun.db

# Nothing lies around but what was asked for.
lies() {
    n_checks=$((n_checks + 1))
    found=$(ls | grep -vxE 'out|err|json|cache|data_home|tiny\.yaml|bnnrun\.db.*' | tr '\n' ' ')
    [ "$found" = "$1" ] || wrong "there is: $found"
}
reads() {
    n_checks=$((n_checks + 1))
    [ -z "$python" ] || "$python" "$srcdir/tests/cli/exchange.py" "$@" >json 2>&1 ||
        wrong "$* is not as the database: $(head -n 5 json)"
}

# ---- each format ---------------------------------------------------------------------------------
for format in tensorboard mlflow trackio csv; do
    bnn 0 export tiny --format $format
    says_nothing
    prints "^tiny_$format: 10 runs in [0-9]* files\{0,1\}, [0-9,]* bytes\$"
    lies "tiny_$format "
    reads $format bnnrun.db "tiny_$format"
    find "tiny_$format" -type f -exec cksum {} + >sums
    fails 2 export tiny --format $format
    says 'is there already'
    find "tiny_$format" -type f -exec cksum {} + | cmp -s - sums || wrong 'what was there has changed'
    rm sums
    mkdir -p other.exporting/of/a # which a killed process has left
    echo x >other.exporting/of/a/run
    bnn 0 export tiny --format $format -q -o other/
    [ ! -e other.exporting ] || wrong 'what a killed process has left is still there'
    prints_nothing
    lies "other tiny_$format "
    rm -r "tiny_$format" other
done

# The check of the check: it sees a bit that is wrong, and a value.
if [ -n "$python" ]; then
    bnn 0 export tiny --format tensorboard -o tb
    events=$(find tb -type f | head -n 1)
    printf '\001' | dd of="$events" bs=1 seek=40 conv=notrunc 2>/dev/null
    ! "$python" "$srcdir/tests/cli/exchange.py" tensorboard bnnrun.db tb >/dev/null 2>&1 ||
        wrong 'a damaged record is not seen'
    bnn 0 export tiny --format mlflow -o ml
    rates=$(find ml -name learning_rate | head -n 1)
    sed 's/ [0-9.]* 1$/ 0.5 1/' "$rates" >changed && mv changed "$rates"
    ! "$python" "$srcdir/tests/cli/exchange.py" mlflow bnnrun.db ml >/dev/null 2>&1 ||
        wrong 'another value is not seen'
    rm -r tb ml
fi

# ---- names that are one once they are cleaned, and names that Trackio has taken --------------------
if command -v sqlite3 >/dev/null 2>&1; then
    cp bnnrun.db named.db
    sqlite3 named.db "INSERT INTO config_param SELECT config_id, 'x y', 1 FROM config UNION ALL
        SELECT config_id, 'x_y', 2 FROM config"
    bnn 0 export tiny --format mlflow -o ml --db named.db
    n_checks=$((n_checks + 1))
    [ "$(cat ml/*/*/params/x_y | tr -s 2)$(cat ml/*/*/params/x_y_* | tr -s 1)" = 21 ] ||
        wrong 'one of two settings is lost'
    for name in a_system:a_system_ registry-a:registry_a; do
        sqlite3 named.db "UPDATE experiment SET name = '${name%:*}'"
        bnn 0 export "${name%:*}" --format trackio -o tr --db named.db
        n_checks=$((n_checks + 1))
        [ "$(ls tr)" = "${name#*:}.db" ] || wrong "a project called $(ls tr)"
        rm -r tr
    done
    rm -r ml named.db*
fi

# ---- CSV as sqlite3 and spreadsheets have it -----------------------------------------------------
bnn 0 export tiny --format csv -o csv --json
is_json
prints '"file": "csv"'
prints '"files": 4'
if [ -n "$python" ]; then
    grep -q "\"'=HYPERLINK(\"\"http" csv/runs.csv || wrong 'a label is a formula'
    ! grep -q "$(printf '\033')" csv/*.csv || wrong 'a label is a command'
fi
if command -v sqlite3 >/dev/null 2>&1; then
    for table in runs configs metrics layers; do
        sqlite3 imported.db ".import --csv csv/$table.csv $table"
    done
    n_checks=$((n_checks + 1))
    [ "$(sqlite3 imported.db 'SELECT count(*) FROM runs JOIN configs USING (config) JOIN metrics USING (run_uid)')" = \
        "$("$BNNRUN" query --csv 'SELECT count(*) FROM (SELECT run_uid FROM epoch_metric UNION ALL
            SELECT run_uid FROM run_metric)' | sed -n 2p)" ] || wrong 'sqlite3 reads other tables'
    rm imported.db
fi
rm -r csv

# ---- LaTeX ---------------------------------------------------------------------------------------
bnn 0 compare tiny --latex
cp out compared
bnn 0 export tiny --format latex
says_nothing
prints '^tiny.tex: [0-9,]* bytes$'
lies 'compared tiny.tex '
n_checks=$((n_checks + 1))
sed '1,2d' tiny.tex | head -n "$(wc -l <compared)" | cmp -s - compared || wrong 'it is not what compare says'
grep -q '^config & runs & test' tiny.tex || wrong 'no leaderboard'
bnn 0 export tiny --format latex # its own file
bnn 0 export tiny --format latex -o -
cmp -s out tiny.tex || wrong 'stdout gets another text'
bnn 0 export tiny --format latex -q -o /dev/stdout
cmp -s out tiny.tex || wrong 'a device gets another text'
echo mine >paper.tex
fails 2 export tiny --format latex -o paper.tex
says 'not by .bnnrun export.'
fails 2 export tiny --format latex -o bnnrun.db
[ "$(cat paper.tex)" = mine ] || wrong 'a file was written over'
(tiny_spec && echo 'name: tiny' && echo 'train: {epochs: 1}' && echo 'baseline: {label: "[base]"}') >one.yaml
bnn 0 -q one.yaml --db one.db
bnn 0 export tiny --format latex -o - --db one.db
prints '^% .*nothing to compare'
prints '^{\[}base\] & 1 &' # not a length for the row above
rm -r compared tiny.tex paper.tex one.*

# ---- what cannot be ------------------------------------------------------------------------------
fails 4 export tinny --format csv
says 'did you mean .tiny.'
fails 4 export tiny --format csv --db none.db
fails 2 export tiny --format csv -o -
fails 2 export tiny --format csv --input floats
fails 2 export tiny --format mlflow --self-test 3
fails 2 export tiny --format latex -o - --json
fails 2 export tiny
says 'trackio, csv or latex of an experiment'
fails 2 export tiny --format tensorflow
says 'tensorboard'
fails 4 export tiny --format csv -o no/such/folder
# A disk that takes no more: nothing of it is left.
for format in csv tensorboard trackio mlflow; do
    n_checks=$((n_checks + 1))
    (ulimit -f 1 && "$BNNRUN" export tiny --format $format -o full >out 2>err)
    [ $? -eq 4 ] || [ $format = mlflow ] || wrong "$format on a full disk: no failure"
    [ $format != mlflow ] || rm -rf full
done
lies ''

[ -n "$python" ] || {
    echo 'SKIP: no python3 with protobuf and yaml (python3-protobuf, python3-yaml)'
    exit 77
}
echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
