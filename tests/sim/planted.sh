#!/bin/sh
# planted.sh - whether the simulation finds faults that are planted: each of tests/sim/planted/*.patch is a mistake in a
# source of bnnrun. That source alone is compiled again and linked before the others; a seed has to be found that shows
# it. Called by `make sim-planted`, which says how to compile and link.
set -eu
: "${compile:?}" "${link:?}" "${objects:?}" "${libraries:?}"
seconds=${SIM_SECONDS:-240}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
missed=0
for patch in "$abs_top_srcdir"/tests/sim/planted/${1:-*}.patch; do
    name=$(basename "$patch" .patch)
    made=
    for source in $(sed -n 's,^+++ b/,,p' "$patch"); do
        mkdir -p "$scratch/$(dirname "$source")"
        cp "$abs_top_srcdir/$source" "$scratch/$source"
    done
    patch -s -p1 -d "$scratch" <"$patch"
    for source in $(sed -n 's,^+++ b/,,p' "$patch"); do
        object=$scratch/$(basename "$source" .c).o
        eval "$compile -w -c -o $object $scratch/$source"
        made="$made $object"
    done
    eval "$link -o $scratch/bnnsim $objects $made $libraries"
    begun=$(date +%s)
    status=0
    "$scratch/bnnsim" --seconds "$seconds" >"$scratch/out" 2>"$scratch/err" || status=$?
    case $status in
    0)
        echo "NOT FOUND  $name: $(cat "$scratch/out")"
        missed=$((missed + 1))
        ;;
    1) echo "found      $name, after $(($(date +%s) - begun)) s: $(grep '^sim: seed' "$scratch/err")" ;;
    *)
        cat "$scratch/out" "$scratch/err"
        exit "$status"
        ;;
    esac
done
[ "$missed" -eq 0 ] || { echo "$missed planted faults were not found"; exit 1; }
