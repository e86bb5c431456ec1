#!/bin/sh
# install.sh - what is installed is enough: for users, and for authors of plugins, who have nothing
# but pkg-config. The plugin is the example of the manual, <bnn/plugin.h>, built by its own words.
#
#     tests/cli/install.sh            installs this build below a temporary directory (DESTDIR), and
#                                     removes it again
#     tests/cli/install.sh PREFIX     looks at what is installed there (make installcheck)
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL BNNRUN_PLUGIN_PATH BNNRUN_DB
source=${abs_top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}

fail() {
    echo "install.sh: $1"
    exit 1
}

command -v pkg-config >/dev/null 2>&1 || { echo "skipped: no pkg-config here"; exit 77; }
stage=''
if [ $# -gt 0 ]; then
    prefix=$(cd "$1" && pwd)
else
    stage="$scratch/a stage"
    make -s -C "${abs_top_builddir:=$PWD}" install DESTDIR="$stage" >"$scratch/log" 2>&1 ||
        { cat "$scratch/log"; fail 'make install failed'; }
    prefix=$(sed -n 's/^prefix = //p' "$abs_top_builddir/Makefile")
    # Who uses it knows nothing of where it was to be.
    mv "$stage" "$scratch/else where"
    stage="$scratch/else where"
fi
# What pkg-config says of a folder with spaces is right, but lost in $(pkg-config ...): it gets a link.
ln -s "$stage$prefix" "$scratch/top"
top=$scratch/top/
pc=$(find "$top" -name bnn.pc)
[ -f "$pc" ] || fail "no bnn.pc below $top"
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH

# Everything of the lists arrived: program, header, plugins, configs, documentation.
bnnrun=$(find "$top" -path '*/bin/bnnrun')
[ -x "$bnnrun" ] || fail "no bnnrun below $top"
abi=$(sed -n 's/^#define BNN_ABI_VERSION \([0-9]*\)u$/\1/p' "$source/framework/bnn/plugin.h")
[ "$(pkg-config --variable=abi bnn)" = "$abi" ] || fail "bnn.pc has another ABI than plugin.h: $abi"
plugins=$(pkg-config --variable=pluginsdir bnn)
libdir=$(pkg-config --variable=libdir bnn)
for file in "$source"/plugins/*/*.c; do
    name=$(basename "$file" .c)
    case $name in
    *_skeleton)
        [ ! -e "$plugins/$name.so" ] || fail "$plugins/$name.so is installed, and is no plugin to use"
        [ -n "$(find "$top" -path "*/bnnrun/skeleton/$name.c")" ] || fail "$name.c is not installed"
        ;;
    *) [ -f "$plugins/$name.so" ] || fail "$plugins/$name.so is not installed" ;;
    esac
done
for file in quick.yaml ste_sweep.yaml topologies/lenet5.yaml datasets/mnist.yaml; do
    [ -n "$(find "$top" -path "*/bnnrun/$file")" ] || fail "$file is not installed"
done

for file in README.md CHANGELOG.md LICENSE db/README.md plugins/METHODS.md plugins/README.md configs/REFERENCE.md; do
    [ -n "$(find "$top" -path "*/doc/bnnrun/$file")" ] || fail "$file is not installed"
done
"$bnnrun" help --man-pages | while read -r page name; do
    file=$(find "$top" -path "*/man${page##*.}/$page")
    "$bnnrun" help --man $name | cmp -s - "$file" || fail "the man page $page is not installed, or another"
done
for shell in bash:completions/bnnrun zsh:site-functions/_bnnrun fish:vendor_completions.d/bnnrun.fish; do
    file=$(find "$top" -path "*/${shell#*:}")
    "$bnnrun" completion "${shell%%:*}" | cmp -s - "$file" || fail "the completion of ${shell%%:*} is not installed"
done
[ -z "$(find "$top" -name '*.la')" ] || fail "libtool's files are installed"
# Nothing that is loaded names the folders of the build. (What counts executed lines has to, and what a
# sanitizer watches, and so has what is to be installed in them.)
find "$plugins" "$bnnrun" "$libdir" -name 'bnn*' -type f -o -name '*.so*' -type f |
    while read -r file; do
        case $prefix in "$source"/*) continue ;; esac
        grep -aqE '__(gcov|asan)_' "$file" || ! grep -aqF -e "$source/" -e "${abs_top_builddir:-$source}" "$file" ||
            fail "$file has the path of the build in it"
    done

# It works where it is, without a word about where: plugins, specs, topologies, catalogue.
cd "$scratch"
"$bnnrun" plugins --csv >listed || fail 'the plugins are not found'
! grep -v '^kind,' listed | grep -vqF "$(cd "$plugins" && pwd -P)/" || { cat listed; fail 'plugins of elsewhere'; }
"$bnnrun" plan ste_sweep --no-download >out 2>&1 || { cat out; fail 'an installed spec is not found by its name'; }
"$bnnrun" -V | grep -qxF "specs       $(cd "$plugins/../../share/bnnrun" && pwd -P)" || fail '-V tells no specs'

# What it says names nothing that only a checkout has.
"$bnnrun" help >said
for name in $("$bnnrun" help --man-pages | sed -n 's/^bnnrun-.*\.1 //p'); do
    "$bnnrun" help "$name" >>said
done
find "$top" -path '*/share/bnnrun/*' -type f -exec cat {} + >>said
! grep -n 'configs/\|framework/\|experiments/\|autogen\|\.md\b' said || fail 'it names files that are not installed'

# The manual's example, as its comment gives it, up to "Build it", and the command that builds it.
manual=$(find "$top" -path '*/bnn/plugin.h')
sed -n '/^ \* Build it/q; s/^ \*     //p; s/^ \*$//p' "$manual" >ste_window.c
command=$(sed -n 's/^ \*     \(cc .*pkg-config.*\)/\1/p' "$manual")
if ! [ -s ste_window.c ] || [ -z "$command" ]; then
    fail "no example in the manual, $manual"
fi
eval "$command" || fail "this does not build the manual's example: $command"

export BNNRUN_PLUGIN_PATH=.
"$bnnrun" plugins ste window >described || fail 'the plugin is refused'
grep -q 'half-width of the window' described || fail 'its parameters are not described'
"$bnnrun" plugins >listed
for kind in layer:conv2d ste:clipped ordering:bn_act optimizer:adam; do
    grep -q "${kind#*:}" listed || fail "${kind%%:*} ${kind#*:} is not listed"
done
"$bnnrun" quick -s model.ste=window -s seeds=[1] -s train.epochs=1 >out 2>err ||
    { cat err; fail 'a run with the plugin failed'; }
"$bnnrun" query "SELECT value FROM run_param WHERE key = 'model.ste.activations.clip'" >clip 2>&1 ||
    "$bnnrun" query "SELECT key, value FROM run_param WHERE key LIKE 'model.ste%'" >clip
grep -q 1 clip || { cat clip; fail 'the parameter of the plugin is not recorded'; }

# A program of the manual's example in <bnn/infer.h>, built by its own words and run without bnnrun,
# on the model that the run has left. Its answer is that of `bnnrun predict`.
infer=$(find "$top" -path '*/bnn/infer.h')
[ -f "$infer" ] || fail "no bnn/infer.h below $top"
run=$("$bnnrun" query "SELECT run_uid FROM run_summary WHERE state = 'done' LIMIT 1" --csv | sed -n 2p)
cp "bnnrun.db.artifacts/$run/model.bnn" lenet5.bnn || fail 'the run has left no model'
{
    printf '#include <bnn/infer.h>\n#include <stdio.h>\n#include <stdlib.h>\nint main(void)\n{\n'
    printf '    static uint8_t pixels[28 * 28];\n'
    printf '    if (fread(pixels, 1, sizeof pixels, stdin) != sizeof pixels)\n        return 2;\n'
    sed -n '/^ \*     char error/,/^ \*     bnn_model_close/s/^ \* //p' "$infer"
    printf '    return 0;\n}\n'
} >program.c
[ "$(grep -c bnn_model_ program.c)" -ge 5 ] || fail "no example in the manual, $infer"
command=$(sed -n 's/^ \*     \(cc program.c .*pkg-config.*\)/\1/p' "$infer")
[ -n "$command" ] || fail "no command in the manual, $infer"
library=$(find "$top" -name 'libbnninfer.so')
[ -f "$library" ] || fail "no libbnninfer.so below $top"
# A library with a sanitizer wants a program with it.
instrument=
! grep -aq __asan_init "$library" || instrument=-fsanitize=address,undefined
! grep -aq __tsan_init "$library" || instrument=-fsanitize=thread
eval "$(echo "$command" | sed "s/^cc /${CC:-cc} -std=c11 -Wall -Wextra -Werror $instrument /")" ||
    fail "this does not build the manual's example: $command"
LD_LIBRARY_PATH=$(dirname "$library")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
n_images=0
for from in 1 2000 5000 9000; do
    tail -c +$from "$bnnrun" | head -c 784 >pixels # any bytes are an image
    { printf 'P5 28 28 255\n'; cat pixels; } >image.pgm
    class=$("$bnnrun" predict lenet5.bnn image.pgm --csv -q | sed -n 2p | cut -d, -f3)
    said=$(./a.out <pixels) || fail "the manual's example: $said"
    [ "$said" = "a $class" ] || fail "bnnrun predict says $class, the manual's example: $said"
    n_images=$((n_images + 1))
done
[ $n_images -eq 4 ] || fail 'the example saw no image'

# The library has what its header declares, and nothing else.
if command -v nm >/dev/null 2>&1; then
    sed -n 's/^[a-z].*[ *]\(bnn_model_[a-z_]*\)(.*/\1/p' "$infer" | sort >declared
    nm -D --defined-only "$library" | awk '{ print $NF }' | grep -v '^__\|^_[A-Z]' | sort >exported
    cmp -s declared exported || { diff declared exported; fail 'header and library differ'; }
fi
# Each header is whole by itself.
for header in plugin plugin_helpers infer; do
    echo "#include <bnn/$header.h>" >alone.c
    eval "${CC:-cc} -std=c11 -Wall -Wextra -Werror $(pkg-config --cflags bnn) -c alone.c" || fail "bnn/$header.h is not whole"
done
# C++ takes the headers, and a plugin written in it works. Of the family of the C compiler: their sanitizers do not mix.
cxx=
case ${CC:-cc} in *clang*) cxx=$(command -v clang++ || true) ;; esac
[ -n "$cxx" ] || cxx=$(command -v c++ || command -v g++ || command -v clang++ || true)
if [ -n "$cxx" ]; then
    echo 'int main() { bnn_model *none = nullptr; bnn_model_close(none); }' >program.cc
    eval "$cxx -Wall -Wextra -Werror -pedantic -include bnn/infer.h $(pkg-config --cflags bnn-infer) -c program.cc" ||
        fail 'C++ does not take bnn/infer.h'
    cat >ste_cpp.cc <<'SOURCE'
#include <bnn/plugin.h>
static void grad(const bnn_context *, const void *, size_t n, const float *, const float *gy, float *gx)
{
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i];
}
const bnn_head *bnn_plugin_entry(void)
{
    static const bnn_ste plugin = {{BNN_ABI_VERSION, sizeof(bnn_ste), BNN_KIND_STE, 0, "cpp",
                                    "written in C++", nullptr, nullptr}, grad, nullptr, nullptr, nullptr};
    return &plugin.head;
}
SOURCE
    # Fields that the structs have grown since are left out.
    eval "$cxx -shared -fPIC -Wall -Wextra -Werror -Wno-missing-field-initializers -pedantic $instrument $(pkg-config --cflags bnn) ste_cpp.cc -o ste_cpp.so" ||
        fail 'C++ does not take bnn/plugin.h'
    "$bnnrun" plugins ste cpp >described || fail 'the plugin in C++ is refused'

    # The manual's example is C++, too; a parameter of another type is not, nor is C++ of 1998.
    mkdir cpp
    cp ste_window.c cpp/ste_window.cc
    sed 's/double clip/float clip/' ste_window.c >cpp/wrong.cc
    build="$cxx -shared -fPIC -Wall -Werror $instrument $(pkg-config --cflags bnn)"
    eval "$build -std=c++11 cpp/ste_window.cc -o cpp/ste_window.so" ||
        fail "C++ does not take the manual's example"
    "$bnnrun" plugins ste window --plugin-path cpp >described || fail 'the example in C++ is refused'
    grep -q 'half-width of the window' described || fail 'its parameters are not described in C++'
    ! eval "$build cpp/wrong.cc -o cpp/wrong.so" 2>log || fail 'C++ takes a parameter that is no double'
    grep -q 'bnn_field_type' log || { cat log; fail 'C++ does not say what is wrong with the parameter'; }
    ! eval "$build -std=c++98 cpp/ste_window.cc -o cpp/old.so" 2>log || fail 'C++98 takes bnn/plugin.h'
    grep -q 'needs C11, or C++11' log || { cat log; fail 'bnn/plugin.h does not say what it needs'; }
fi

# And nothing is left of it.
if [ -n "$stage" ]; then
    make -s -C "$abs_top_builddir" uninstall DESTDIR="$stage" >log 2>&1 || { cat log; fail 'make uninstall failed'; }
    left=$(find "$stage$prefix" ! -type d -o -name 'bnn*')
    [ -z "$left" ] || fail "make uninstall leaves $left"
fi
