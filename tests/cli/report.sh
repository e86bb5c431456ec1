#!/bin/sh
# report.sh - the page of a report: it needs nothing else, its numbers are those of compare, its SQL and its commands
# run, what comes from a database is no markup, and its scripts compute the engine's logits. With BNN_TEST_LONG, in
# Chromium, too, with MNIST where BNN_DATA_PATH has it.
set -u
mnist=${BNN_DATA_PATH-}
. "${srcdir:-.}/tests/cli/command.sh"
: "${abs_top_builddir:=.}"
cases=$abs_top_builddir/tests/cli/page/page_cases
here=$srcdir/tests/cli/page

{
    echo 'name: tiny'
    echo 'description: "<img src=x onerror=alert(1)> & </script><!--"'
    tiny_spec
    cat <<'END_OF_SPEC'
train: {epochs: 1, batch: 20}
seeds: {count: 3}
sweep: {list: [{model.ste: clipped, model.binarize.first: true}, {model.ste: identity}, {train.optimizer: {name: sgd, lr: 1000000}}]}
baseline: {model.binarize: none}
run: {measure: false}
compare: {margin: 0.2}
END_OF_SPEC
} >tiny.yaml

# ---- what there is not ---------------------------------------------------------------------------
fails 4 report
says 'there is no database'
bnn 1 -q tiny.yaml
fails 4 report nothing
says 'nothing'
fails 2 report --metric speed
says 'report: there is no metric'
fails 2 report -o bnnrun.db
says 'is the database, which would be lost'
fails 4 report -o nowhere/report.html
bnn 0 compare --json
cp out compare.json

# A model file that is none any more is missed, and not waited for.
lost=bnnrun.db.artifacts/$(sqlite3 bnnrun.db "SELECT run_uid FROM run_summary WHERE label LIKE 'ste=identity%' AND seed = 1")
mv "$lost/model.bnn" kept
mkfifo "$lost/model.bnn"
bnn 0 report -o lost.html
grep -q '<p>Not here, since model files are lost or have changed: ste=identity\.' lost.html || wrong 'no word of it'
mv kept "$lost/model.bnn"

# ---- the page ------------------------------------------------------------------------------------
# Names as bnnrun never makes them, in a database of somebody else.
uid=$(sqlite3 bnnrun.db "SELECT run_uid FROM run_summary WHERE label LIKE 'ste=clipped%' LIMIT 1")
sqlite3 bnnrun.db "UPDATE experiment SET name = 'a ''b''</script>';
    UPDATE experiment_config SET label = replace(label, 'clipped', '<b>&\"''x')" || exit 99
bnn 0 note "$uid" '</script><b onclick="x">'
bnn 0 report
prints '^report.html: [0-9,]* bytes'
# What is no file stays what it is.
mkfifo pipe
cat pipe >piped &
bnn 0 report -o pipe
wait $!
grep -q '</html>' piped && [ -p pipe ] || wrong 'a pipe did not get the page'
ln -s /proc/self/fd/1 stdout
bnn 0 report -o stdout
prints '</html>'
[ -L stdout ] || wrong 'standard output was replaced'
bnn 0 report "a 'b'</script>" -o - --margin 0.2
cp out page.html
is() { n_checks=$((n_checks + 1)); [ "$1" = "$2" ] || wrong "expected $2, got $1"; }
is "$(grep -c '<script' page.html)" "$(grep -c '</script>' page.html)"
is "$(grep -c '</script>' page.html)" 2
is "$(grep -ciE '<img|<b onclick|<!--|<link|@import|src=.?http' page.html)" 0
prints "default-src 'none'"
prints '<h2>a &#39;b&#39;&lt;/script&gt;</h2>'
prints '&lt;img src=x onerror=alert(1)&gt; &amp; &lt;/script&gt;&lt;!--</p>'
prints 'class="badge planned"'
prints '3 failed'

# ---- its SQL and its commands ----------------------------------------------------------------------
page_block sql page.html
page_block command page.html
[ -e sql_4 ] || wrong 'no SQL in the page'
for file in sql_*; do
    bnn 0 query "./$file"  --csv
done
n_commands=0
for file in command_*; do
    n_commands=$((n_commands + 1))
    last=$(cat "$file")
    sed 's/^bnnrun /"$BNNRUN" /' "$file" >command.run
    . ./command.run >out 2>err </dev/null || wrong "a command of the page fails"
done
[ "$n_commands" -ge 6 ] || wrong "$n_commands commands in the page"

# ---- several experiments, and one without a comparison ---------------------------------------------
sed '/^sweep\|^baseline\|^compare/d' tiny.yaml >alone.yaml
bnn 0 -q alone.yaml -s name=alone -s seeds.count=1
bnn 0 report alone "a 'b'</script>" -o two.html
is "$(grep -c '<article' two.html)" 2
grep -q 'There is no verdict: ' two.html || wrong 'what cannot be compared has no verdict'

# ---- the same numbers, the same logits -------------------------------------------------------------
if ! command -v node >/dev/null 2>&1; then
    echo 'no node: data and logits of the page are not looked at'
else
    cat >same.js <<'END_OF_SCRIPT'
const fs = require('fs'), assert = require('assert');
const data = JSON.parse(fs.readFileSync('page.html', 'utf8').match(/id="data">(.*)<\/script>/)[1]);
const want = JSON.parse(fs.readFileSync('compare.json', 'utf8').replaceAll('clipped', '<b>&\\"\'x'));
assert.deepStrictEqual(data[0].compare, {...want, experiment: "a 'b'</script>"});
assert.strictEqual(data[0].runs.rows.length, 12);
assert.ok(data[0].runs.rows.flat().includes('</script><b onclick="x">'));
assert.ok(data[0].runs.columns.some(c => c.key === 'error'));
assert.strictEqual(data[0].confusion.arms.length, 3);
for (const arm of data[0].confusion.arms)
    assert.strictEqual(arm.counts.reduce((a, b) => a + b), 150);
assert.strictEqual(data[0].models.length, 3);
assert.strictEqual(data[0].models.filter(m => m.latent.length > 0).length, 1);
assert.strictEqual(data[0].images.easy.length, 10);
const text = cell => cell.replace(/<[^>]*>/g, '').replace(/&(lt|gt|quot|#39|amp);/g,
    (_, name) => ({lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&'})[name]);
const rows = fs.readFileSync('page.html', 'utf8').match(/<table class="verdicts">[^]*?<tbody>([^]*?)<\/tbody>/)[1]
    .trim().split('\n').map(row => row.split(/<\/t[hd]>/).slice(0, -1).map(text));
assert.deepStrictEqual(require(process.argv[2])(rows, want), []);
END_OF_SCRIPT
    n_checks=$((n_checks + 1))
    node same.js "$here/cells.js" >out 2>err || wrong 'the data of the page are not what they should be'
    mkdir cases
    n_checks=$((n_checks + 1))
    { "$cases" cases && node "$here/run_model.js" "$srcdir/framework/cli/report/page/model.js" cases; } \
        >out 2>err || wrong 'the script computes something else than the engine'
fi

# ---- in a browser ----------------------------------------------------------------------------------
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -n "${BNN_TEST_LONG-}" ] && [ -n "$chromium" ] && command -v node >/dev/null 2>&1; then
    images=$BNNRUN
    data=synthetic
    set -- tiny.yaml
    if [ -e "$mnist/mnist/t10k-images-idx3-ubyte.gz" ]; then
        gzip -dc "$mnist/mnist/t10k-images-idx3-ubyte.gz" | tail -c +17 >t10k
        images=t10k
        data=mnist
        BNN_DATA_PATH=$mnist
        export BNN_DATA_PATH
        set -- tiny.yaml -s dataset.name=mnist -s dataset.train_limit=1000 -s model.topology=lenet5
    fi
    head -c 117600 "$images" >images # 150 of them
    bnn 1 -q "$@" --db browse.db
    sed "s/,mnist,/,$data,/" "$srcdir/experiments/fronts/published.csv" >published.csv
    bnn 0 report --db browse.db -o browse.html --published published.csv
    bnn 0 compare --db browse.db --json
    cp out browse.json
    rm -rf cases
    mkdir cases
    sqlite3 browse.db "SELECT run_uid FROM run_summary WHERE state = 'done' AND seed = 1" >uids
    while read -r uid; do
        "$cases" cases "browse.db.artifacts/$uid/model.bnn" images || wrong 'no logits'
        for ending in images logits; do mv "cases/0.$ending" "cases/$uid.$ending"; done
    done <uids
    n_checks=$((n_checks + 1))
    last='report, in Chromium'
    node "$here/browse.js" "$chromium" "$PWD/browse.html" "$PWD/cases" "$PWD/browse.json" >out 2>err || wrong 'see above'
    cat out
fi

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
