#!/bin/sh
# What the documentation shows works: every query of db/README.md, db/queries and experiments/ answers, in
# plain sqlite3 and through `bnnrun query`; README.md's commands that need neither a network nor MNIST
# run, its plugin compiles and its spec is one; every spec of the tree passes `bnnrun plan`.
set -u
: "${BNNRUN:=./bnnrun}"
: "${srcdir:=.}"
: "${CC:=cc}"
case $BNNRUN in /*) ;; *) BNNRUN=$PWD/$BNNRUN ;; esac
case $srcdir in /*) ;; *) srcdir=$PWD/$srcdir ;; esac
scratch=$(mktemp -d "${TMPDIR:-/tmp}/bnn_docs.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
cd "$scratch" || exit 99
unset BNNRUN_DB BNN_DATA_PATH
NO_COLOR=1
XDG_CACHE_HOME=$scratch/cache
export NO_COLOR XDG_CACHE_HOME

# The commands of README.md are meant for the top of the tree.
ln -s "$srcdir/configs" "$srcdir/framework" "$srcdir/experiments" "$srcdir/db" .
ln -s "$BNNRUN" bnnrun

n_checks=0
n_wrong=0
wrong() {
    n_wrong=$((n_wrong + 1))
    echo "$*"
    [ ! -s log ] || sed 's/^/    /' log | head -n 12
}
check() {
    what=$1
    shift
    n_checks=$((n_checks + 1))
    "$@" >log 2>&1 </dev/null || wrong "$what: status $?"
}

# blocks LANGUAGE FILE: the code blocks of that language, in files LANGUAGE.1, LANGUAGE.2, ...
blocks() {
    awk -v language="$1" '
        $0 == "```" language { n++; inside = 1; file = language "." n; printf "" >file; next }
        /^```/ { inside = 0 }
        inside { print >file }' "$srcdir/$2"
    ls "$1".[0-9]* >/dev/null 2>&1 || wrong "$2: no block of $1"
}
blocks sql db/README.md
blocks sh README.md
blocks c README.md
blocks yaml README.md
blocks text README.md

# ---- specs ---------------------------------------------------------------------------------------
cp yaml.1 shown.yaml
for spec in shown.yaml configs/*.yaml experiments/*/spec.yaml; do
    check "plan $spec" ./bnnrun plan "$spec"
done

# ---- a database with every experiment that a query names ------------------------------------------
# The other studies are like these, with dozens of configs.
studies=$(ls experiments/[bf]*/spec.yaml)
small="-s dataset.name=synthetic -s dataset.train_limit=400 -s dataset.validation=100
    -s dataset.test_limit=100 -s train.epochs=1 -s seeds=[1,2]"
for spec in configs/ste_sweep.yaml configs/order_sweep.yaml configs/telemetry.yaml $studies; do
    # shellcheck disable=SC2086 # words
    check "run $spec" ./bnnrun run "$spec" -q $small
done

# shellcheck disable=SC2086 # words
check "run until" ./bnnrun run configs/quick.yaml -q $small -s name=until -s sweep={} -s compare={} -s 'seeds={until: {looks: [2, 3]}}'
# shellcheck disable=SC2086
check "run lr_search" ./bnnrun run configs/lr_search.yaml -q $small -s seeds=[1] -s train.epochs=2 \
    -s sweep.random.n=3 -s 'sweep.halving={from: 1, eta: 2}'

# ---- README.md's commands ------------------------------------------------------------------------
cp c.1 ste_window.c
cat sh.[0-9]* | sed -e ':a' -e '/\\$/N; s/\\\n//; ta' >commands # joined lines
# The smallest network, since one of the commands has all boards emulated.
RUN=$(./bnnrun query "SELECT run_uid FROM artifact JOIN run USING (run_id) WHERE kind = 'model' ORDER BY n_bytes DESC" --csv |
    tail -n 1)
{ # a picture of nothing, which PGM can say without a library
    printf 'P5 28 28 255\n'
    head -c 784 /dev/zero
} >photo.jpg
n_run=0
while IFS= read -r line; do
    line=$(echo "$line" | sed "s/ RUN\\>/ $RUN/")
    case $line in
    ./autogen.sh*) continue ;; # installs packages and builds
    cc\ *) line="$CC ${line#cc }" ;;
    ./bnnrun\ *) ;;
    *)
        wrong "README.md: a command that this test does not know: $line"
        continue
        ;;
    esac
    n_run=$((n_run + 1))
    check "README.md: $line" sh -c "$line"
done <commands
[ $n_run -ge 8 ] || wrong "README.md: only $n_run commands were run"

# ---- README.md's verdict -------------------------------------------------------------------------
# Its words are those of the program, its seeds those of the spec, its means those of the picture.
words() { sed -n '/^Difference in mean/,/^$/p' "$1" | tr '\n' ' ' | sed 's/[0-9][0-9,]*/N/g; s/  *$//'; }
labels() { sed -n 's/^\([a-z]*=[a-z_]*\)  *[0-9].*/\1/p' "$1" | sort; }
holds() {
    n_checks=$((n_checks + 1))
    [ "$1" = "$2" ] || { echo "$1" >log; wrong "README.md's verdict: expected $2"; }
}
./bnnrun compare ste_sweep --quiet >compared
holds "$(words text.1)" "$(words compared)"
holds "$(labels text.1)" "$(labels compared)"
holds "$(grep '^config ' text.1 | tr -s ' ')" "$(grep '^config ' compared | tr -s ' ')"
holds "$(sed -n '1s/.* over \([0-9]*\) seeds:.*/\1/p' text.1)" \
    "$(sed -n 's/^seeds: {count: \([0-9]*\).*/\1/p' configs/ste_sweep.yaml)"
holds "$(sed -n 's/^[a-z]*=[a-z_]*  *\([0-9.]*\) .*/\1/p' text.1)" \
    "$(sed -n 's,.*<text>\([0-9.]*\) [^0-9]* [0-9.]*</text>.*,\1,p' experiments/ste_sweep.svg)"

# ---- queries -------------------------------------------------------------------------------------
# Both ways must answer with the same rows; `some`: at least one.
query() {
    file=$1
    check "bnnrun query $file" ./bnnrun query "$file" --csv
    cp log rows
    [ "$2" != some ] || [ "$(wc -l <rows)" -gt 1 ] || wrong "$file: no rows"
    [ "$plain" = yes ] || return 0
    [ "${3-}" != own ] || return 0
    n_checks=$((n_checks + 1))
    sqlite3 -bail -readonly -csv -header bnnrun.db <"$file" >log 2>&1 || wrong "sqlite3 $file: status $?"
    [ -s log ] || head -n 1 rows >log # without rows, sqlite3 prints no heads either
    [ "$(wc -l <log)" -eq "$(wc -l <rows)" ] || wrong "$file: sqlite3 has other rows than bnnrun query"
}
plain=no
if [ "$(sqlite3 :memory: 'SELECT sqrt(4) > 0' 2>/dev/null)" = 1 ]; then
    plain=yes
else
    echo "sqlite3 is not there, or has no sqrt(): the queries are tried with bnnrun query only"
fi
for file in sql.[0-9]*; do
    mv "$file" "readme_$file.sql"
    query "./readme_$file.sql" some
done
for file in db/queries/*.sql; do
    case $file in
    # nothing may have failed, or have learned so much
    */failures.sql | */epochs_to_98.sql) query "$file" any ;;
    *) query "$file" some ;;
    esac
    name=$(basename "$file" .sql)
    check "bnnrun query $name" ./bnnrun query "$name" experiment=quick
done
for file in experiments/results.sql experiments/*/*.sql; do
    query "./$file" some own # these use the aggregates of bnnrun
done

# What others have published, beside what is here.
sed -n '/^## What others have published/,/^## Telemetry/p' db/README.md |
    sed -n '/^```sh$/,/^```$/p' | sed '/^```/d' >published.sh
if [ "$plain" = yes ]; then
    check 'db/README.md: what others have published' sh published.sh
    grep -q ' ULEEN L .*[0-9]  *[^0-9 ]*$' log || wrong 'db/README.md: none of ours stands beside what others have published'
fi

# The newest revision's answers do not change with what other revisions of the specs have left.
taught() {
    for file in readme_*.sql experiments/results.sql experiments/*/*.sql; do
        echo "$file"
        ./bnnrun query "./$file" --csv 2>&1
    done
}
taught >before
for more in "-s train.epochs=2 -s seeds=[1]" ""; do
    for spec in configs/ste_sweep.yaml configs/order_sweep.yaml $studies; do
        # shellcheck disable=SC2086 # words
        check "run $spec $more" ./bnnrun run "$spec" -q $small $more
    done
done
taught >after
diff before after >log || wrong 'SQL that we teach mixes revisions of a spec'

echo "docs: $n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
