#!/bin/sh
# torture.sh - some of `make torture`, which see (tests/torture/torture.c); with the word "all" and options, what
# they ask for.
set -u
: "${abs_top_builddir:=$PWD}"
folder=${TMPDIR:-/tmp}
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || folder=/dev/shm # nothing need be kept
TMPDIR=$(mktemp -d "$folder/bnn_torture.XXXXXX") || exit 99
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 99' HUP INT TERM
BNN_TORTURE_LIBRARY=$abs_top_builddir/tests/torture/.libs/inject.so
XDG_CACHE_HOME=$TMPDIR/none # no data of whoever runs the tests
XDG_DATA_HOME=$XDG_CACHE_HOME
SLURM_CONF=/dev/null # no cluster is asked
# Programs that stand for Slurm's and those of a board.
mkdir "$TMPDIR/bin" || exit 99
tool() {
    printf '#!/bin/sh\n%s\n' "$2" >"$TMPDIR/bin/$1" && chmod +x "$TMPDIR/bin/$1" || exit 99
}
for program in squeue sacct scontrol arm-none-eabi-gcc; do
    tool $program 'exit 0'
done
tool sbatch 'echo 7'
tool arm-none-eabi-size 'printf "text data bss dec\n 1000 20 300 x\n"'
tool qemu-system-arm 'echo "right, stack 24, instructions 50" >&2'
PATH=$TMPDIR/bin:$PATH
export BNN_TORTURE_LIBRARY SLURM_CONF TMPDIR XDG_CACHE_HOME XDG_DATA_HOME
unset BNN_DATA_PATH BNNRUN_DB BNN_CPU
torture=$abs_top_builddir/tests/torture/torture
# The status is 77 where calls cannot be made to fail, as with sanitizers that are no libraries.
if [ "${1-}" = all ]; then
    shift
    "$torture" "$@"
else
    # A point of some kinds, with BNN_TEST_LONG of more, or of all; `bench` measures for long, and `c` and `runs` do as
    # `onnx` and `query`.
    commands=run,process,resume,restore,plan,show,query,compare,onnx,predict,verify,report,note,rm,gc
    commands=$commands,tensorboard,mlflow,trackio,csv,latex,pack,unpack,merge,slurm,slurm-status,board
    case ${BNN_TEST_LONG-} in
    '') kinds='--kind own,full,fsync,sqlite' ;;
    all) kinds= ;;
    *) kinds='--kind own,open,write,full,fsync,rename,thread,sqlite' ;;
    esac
    # shellcheck disable=SC2086 # words
    "$torture" --command "$commands" $kinds --points 1 &&
        "$torture" --command query,csv,fetch,plugins-list --kind own --paths &&
        "$torture" --command named --kind alloc --sites 4 &&
        "$torture" --command board,plugins-test,images,data-idx,bad-picture --kind open,read,fork --paths
fi
