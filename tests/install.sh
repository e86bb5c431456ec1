#!/bin/sh
# install.sh - what is installed is enough: for users, and for authors of plugins, who have nothing
# but pkg-config. The plugin is the example of the manual, <bnn/plugin.h>, built by its own words.
#
#     tests/install.sh            installs this build below a temporary directory (DESTDIR)
#     tests/install.sh PREFIX     looks at what was configured with --prefix=PREFIX and installed
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL BNNRUN_PLUGIN_PATH BNNRUN_DB
source=${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}

fail() {
    echo "install.sh: $1"
    exit 1
}

value_of() {
    sed -n "s/^$1=//p" "$pc" | sed "s,\${exec_prefix},$prefix,; s,\${prefix},$prefix,"
}

command -v pkg-config >/dev/null 2>&1 || { echo "skipped: no pkg-config here"; exit 77; }
stage=''
if [ $# -gt 0 ]; then
    prefix=$1
else
    stage=$scratch/stage
    make -s -C "${abs_top_builddir:=$PWD}" install DESTDIR="$stage" >"$scratch/log" 2>&1 ||
        { cat "$scratch/log"; fail 'make install failed'; }
    prefix=$(sed -n 's/^prefix=//p' "$abs_top_builddir/framework/plugin/bnn.pc")
fi
pc=$(find "$stage$prefix" -name bnn.pc)
[ -f "$pc" ] || fail "no bnn.pc below $stage$prefix"
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
[ -z "$stage" ] || { PKG_CONFIG_SYSROOT_DIR=$stage; export PKG_CONFIG_SYSROOT_DIR; }

# Everything of the lists arrived: program, header, plugins, configs.
bnnrun=$(find "$stage$prefix" -name bnnrun -type f)
[ -x "$bnnrun" ] || fail "no bnnrun below $stage$prefix"
abi=$(sed -n 's/^#define BNN_ABI_VERSION \([0-9]*\)u$/\1/p' "$source/framework/plugin/bnn/plugin.h")
[ "$(pkg-config --variable=abi bnn)" = "$abi" ] || fail "bnn.pc has another ABI than plugin.h: $abi"
plugins=$(value_of pluginsdir)
plugins=$stage$(echo "$plugins" | sed "s,\${libdir},$(value_of libdir),")
for file in "$source"/plugins/*/*.c; do
    name=$(basename "$file" .c)
    [ -f "$plugins/$name.so" ] || fail "$plugins/$name.so is not installed"
done
for file in quick.yaml ste_sweep.yaml topologies/lenet5.yaml datasets/mnist.yaml; do
    [ -n "$(find "$stage$prefix" -path "*/bnnrun/$file")" ] || fail "$file is not installed"
done

# The manual's example, as its comment gives it, up to "Build it", and the command that builds it.
cd "$scratch"
manual=$(find "$stage$prefix" -path '*/bnn/plugin.h')
sed -n '/^ \* Build it/q; s/^ \*     //p; s/^ \*$//p' "$manual" >ste_window.c
command=$(sed -n 's/^ \*     \(cc .*pkg-config.*\)/\1/p' "$manual")
if ! [ -s ste_window.c ] || [ -z "$command" ]; then
    fail "no example in the manual, $manual"
fi
eval "$command" || fail "this does not build the manual's example: $command"

# Staged files are not where the program was told that they would be.
BNNRUN_PLUGIN_PATH=.${stage:+:$plugins}
export BNNRUN_PLUGIN_PATH
"$bnnrun" plugins ste window >described || fail 'the plugin is refused'
grep -q 'half-width of the window' described || fail 'its parameters are not described'
"$bnnrun" plugins >listed
for kind in layer:conv2d ste:clipped ordering:bn_act optimizer:adam; do
    grep -q "${kind#*:}" listed || fail "${kind%%:*} ${kind#*:} is not listed"
done
quick=$(find "$stage$prefix" -path '*/bnnrun/quick.yaml')
"$bnnrun" "$quick" -s model.ste=window -s seeds=[1] -s train.epochs=1 >out 2>err ||
    { cat err; fail 'a run with the plugin failed'; }
"$bnnrun" query "SELECT value FROM run_param WHERE key = 'model.ste.activations.clip'" >clip 2>&1 ||
    "$bnnrun" query "SELECT key, value FROM run_param WHERE key LIKE 'model.ste%'" >clip
grep -q 1 clip || { cat clip; fail 'the parameter of the plugin is not recorded'; }
