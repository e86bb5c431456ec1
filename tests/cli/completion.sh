#!/bin/sh
# completion.sh - what shells complete: every command and every option of the tables, keys, plugins,
# experiments, runs; in bash by its real function, in zsh and fish where they are.
. "${srcdir:-.}/tests/cli/command.sh"

# offers WORD...: asks for the last word. has and lacks look at the candidates.
offers() {
    bnn 0 completion words -- "$@"
    cut -f 1 out >candidates
}
has() {
    for candidate; do
        grep -qxF -e "$candidate" candidates || wrong "lacks the candidate $candidate"
    done
}
lacks() { ! grep -qxF -e "$1" candidates || wrong "has the candidate $1"; }

# ---- from the tables -----------------------------------------------------------------------------
bnn 0 help --man-pages
commands=$(sed -n 's/^bnnrun-.*\.1 //p' out)
offers ''
for name in $commands; do
    grep -qxF "$name" candidates || wrong "lacks the command $name"
done
has quick ste_sweep :files
for name in $commands; do
    bnn 0 help "$name"
    sed -n 's/^ *\(-[a-z], \)*\(--[a-z-]*\).*/\2/p' out >options
    offers "$name" --
    while read -r option; do
        has "$option"
    done <options
    has --db --help
done
offers -q --js
has --json
lacks --set
offers --db x.db pla
has plan
lacks runs

# ---- values --------------------------------------------------------------------------------------
offers run quick -s train.ep
has train.epochs= :nospace
offers run quick -s train.optimizer.lr
has train.optimizer.lr=
offers quick -s model.ste=c
has model.ste=clipped
lacks model.ste=identity
offers run quick '-smodel.ste=[clipped,id'
has '-smodel.ste=[clipped,identity'
offers run quick --set=model.activation=h
has --set=model.activation=hardtanh
lacks --set=model.activation=conv2d
offers plan -s model.binarize.first=
has model.binarize.first=true model.binarize.first=false
offers plan -s train.schedule=co
has train.schedule=cosine
offers plan -s dataset=mn
has dataset=mnist
offers plan -s model.topology=
has model.topology=lenet5
offers run --retrain=st
has --retrain=stale
offers export x --format q
has qonnx
offers plugins ordering ''
has bn_act xnor
lacks clipped
lacks :files
offers plugins test ''
has :files
offers query acc
has accuracy_by_ste
offers help train.ba
has train.batch
offers data fetch fash
has fashion_mnist
offers data add fash
lacks fashion_mnist
offers completion ''
has bash fish zsh
offers nothing ever ''
offers run quick -- -x

# ---- from the database ---------------------------------------------------------------------------
offers --db none.db show ''
[ ! -e none.db ] || wrong "a database was made"
bnn 0 quick --db here.db -q -s seeds=[1] -s train.epochs=1 -s dataset.train_limit=200 -s dataset.validation=50
bnn 0 query --db here.db --csv 'SELECT run_uid FROM run'
sed 1d out >uids
[ "$(wc -l <uids)" -eq 3 ] || wrong "not three runs"
uid=$(head -n 1 uids)
offers --db=here.db show ''
while read -r each; do
    has "$each"
done <uids
has :files
BNNRUN_DB=here.db
export BNNRUN_DB
offers verify "${uid%????}"
has "$uid"
offers runs qu
has quick
lacks "$uid"
offers runs --state st
has stale
offers runs --sort test_a
has test_accuracy
bnn 0 tag "$uid" kept
offers runs --tag ''
has kept
offers rm "$uid" "${uid%????}"
has "$uid"

# ---- shells --------------------------------------------------------------------------------------
bnn 0 completion bash
cp out bash.script
bnn 0 completion zsh
cp out zsh.script
bnn 0 completion fish
cp out fish.script
fails 2 completion tcsh
fails 2 completion bash zsh
cp "$srcdir/configs/quick.yaml" 'my own.yaml'
ln -s "$BNNRUN" bnnrun

# in_bash LINE: what is in place of its last word then, a candidate a line.
cat >in_bash <<'END'
. ./bash.script
COMP_LINE=$1 COMP_POINT=${#1}
read -ra COMP_WORDS <<<"$1"
compopt() { echo "compopt $*"; }
_bnnrun
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
complete -p bnnrun
END
in_bash() {
    n_checks=$((n_checks + 1))
    last="bash: $1"
    bash in_bash "$1" >candidates 2>err || wrong "bash fails"
    [ ! -s err ] || wrong "bash says something"
}
if command -v bash >/dev/null 2>&1; then
    in_bash './bnnrun ver'
    has verify 'complete -F _bnnrun bnnrun'
    in_bash './bnnrun run quick -s model.ste=cl'
    has clipped # behind the =, where bash breaks words
    in_bash './bnnrun show '
    has "$uid"
    in_bash './bnnrun plan my'
    has 'my own.yaml' 'compopt -o filenames'
    in_bash './bnnrun run quick -s train.ep'
    has train.epochs= 'compopt -o nospace'
    in_bash './bnnrun --db=he'
    has here.db
fi
if command -v fish >/dev/null 2>&1; then
    for line in './bnnrun ver:verify' './bnnrun plugins ste cl:clipped' './bnnrun run quick -s model.ste=cl:model.ste=clipped'; do
        n_checks=$((n_checks + 1))
        last="fish: $line"
        HOME=$scratch fish -c "source fish.script; complete -C '${line%:*}'" >out 2>err || wrong "fish fails"
        cut -f 1 out >candidates
        has "${line##*:}"
    done
fi
if command -v zsh >/dev/null 2>&1; then
    # compadd shows what it gets; the rest is zsh's.
    cat >in_zsh <<'END'
compdef() { : }
_files() { print files }
compset() { : }
compadd() { print -l -- ${(P)@[-1]} }
source ./zsh.script
words=(${=1}) CURRENT=$#words PREFIX=${words[-1]}
_bnnrun
END
    for line in './bnnrun ver:verify' './bnnrun plugins ste cl:clipped' './bnnrun run quick -s model.ste=cl:model.ste=clipped' \
        './bnnrun plan my:files'; do
        n_checks=$((n_checks + 1))
        last="zsh: $line"
        zsh -f in_zsh "${line%:*}" >candidates 2>err || wrong "zsh fails"
        has "${line##*:}"
    done
fi

echo "$n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
