#!/bin/sh
# shared.sh - a folder that several users share: what one of them makes obeys the umask, others read it while it grows,
# and who may write goes on with it. Users are numbers; only root can be several.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
[ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null 2>&1 || { echo 'needs root, and setpriv'; exit 77; }
group=61000
# as USER GROUP COMMAND...
as() {
    user=$1
    of=$2
    shift 2
    setpriv --reuid "$user" --regid "$of" --clear-groups "$@"
}
chmod 755 "$scratch"
mkdir shared
chgrp $group shared && chmod 2775 shared || exit 99
# By a shell of theirs: setpriv itself keeps root's capabilities until it has executed something.
as 61001 $group sh -c '"$0" plugins' "$BNNRUN" 2>/dev/null | grep -q clipped ||
    { echo 'others cannot execute bnnrun here, or cannot read its plugins'; exit 77; }
first() { as 61001 $group "$@"; }
second() { as 61002 $group "$@"; }
stranger() { as 61003 61003 "$@"; }
# bnn_of USER STATUS ARGUMENT...
bnn_of() {
    who=$1
    wanted=$2
    shift 2
    last="of the $who: $*"
    n_checks=$((n_checks + 1))
    $who "$BNNRUN" "$@" >out 2>err </dev/null
    status=$?
    [ $status -eq "$wanted" ] || wrong "status $status, expected $wanted"
}
{
    echo 'name: tiny'
    tiny_spec
    echo 'train: {epochs: 3, batch: 20}'
    echo 'seeds: {count: 4}'
    echo 'run: {measure: false}'
} >tiny.yaml
umask 002
XDG_CACHE_HOME=$scratch/nowhere

# ---- read while it grows -------------------------------------------------------------------------
db=shared/lab.db
bnn_of first 0 plan tiny.yaml --db $db
first "$BNNRUN" -q tiny.yaml --db $db >sweep 2>&1 &
sweep=$!
n_reads=0
while kill -0 $sweep 2>/dev/null; do
    if [ -s $db ]; then
        for reader in second stranger; do
            $reader "$BNNRUN" runs --db $db >out 2>err || {
                last="of the $reader: runs"
                grep -q 'the database is empty' err || wrong 'cannot be read'
            }
            n_reads=$((n_reads + 1))
        done
    fi
done
wait $sweep || { cat sweep; last='of the first'; wrong 'the sweep was disturbed'; }
n_checks=$((n_checks + n_reads))
[ $n_reads -gt 0 ] || wrong 'nobody has read meanwhile'
bnn_of second 0 query --db $db --csv "SELECT count(*) FROM run WHERE state = 'done'"
prints '^4$'

# ---- what is made obeys the umask --------------------------------------------------------------------
bnn_of first 0 report --db $db -o shared/report.html
uid=$("$BNNRUN" query --db $db --csv 'SELECT min(run_uid) FROM run' | tail -n 1)
bnn_of first 0 export "$uid" --format onnx --db $db -o shared/net.onnx
odd=$(find shared \( -type d ! -perm -2775 -o -type f ! -perm 664 -o ! -group $group \) -exec ls -ld {} +)
[ -z "$odd" ] || wrong "with umask 002: $odd"
umask 027
bnn_of first 0 -q tiny.yaml --db shared/closed.db -s seeds.count=1
bnn_of first 0 report --db shared/closed.db -o shared/closed.html
odd=$(find shared/closed* \( -type d ! -perm 2750 -o -type f ! -perm 640 \) -exec ls -ld {} +)
[ -z "$odd" ] || wrong "with umask 027: $odd"
bnn_of stranger 4 runs --db shared/closed.db
says 'Permission denied\|cannot be opened\|unable to open'
umask 002

# ---- another goes on with it -------------------------------------------------------------------------
bnn_of second 0 -q tiny.yaml --db $db -s seeds.count=6
bnn_of second 0 note "$uid" 'by another hand' --db $db
bnn_of first 0 -q tiny.yaml --db $db -s seeds.count=7
bnn_of first 0 verify "$uid" --db $db
bnn_of stranger 4 note "$uid" x --db $db
bnn_of second 0 rm --yes "$uid" --db $db
[ ! -e "$db.artifacts/$uid" ] || wrong 'a run of another is still there'
bnn_of first 0 query --db $db --csv "SELECT count(*) FROM run WHERE state = 'done'"
prints '^6$'

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
