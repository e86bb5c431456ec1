#!/bin/sh
# ONNX files of every dialect, of networks with hard tensors and of trained ones (onnx/onnx_cases.c):
# python3-onnx accepts them, onnxruntime gives the trainer's classes and logits, with and without its
# optimizations, and BipolarQuant and Quant are evaluated in Python. On MNIST's first 300 test images where they are, with
# BNN_TEST_LONG=all on all 10,000.
#
#     PYTHON      a python3 with onnx and numpy; the system's is tried, too
#     NODE_PATH   where node finds onnxruntime-node
set -u
unset CK_TAP_LOG_FILE_NAME
: "${srcdir:=.}"
: "${abs_top_builddir:=.}"
: "${ONNX_CASES:=$abs_top_builddir/tests/export/onnx/onnx_cases}"
here=$srcdir/tests/export/onnx
scratch=$(mktemp -d "${TMPDIR:-/tmp}/bnn_onnx.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

skip() {
    echo "SKIP: $1"
    exit 77
}
python=
for candidate in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$candidate" -c 'import numpy, onnx' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || skip 'no python3 with onnx and numpy (python3-onnx, python3-numpy)'
node -e 'require("onnxruntime-node")' 2>/dev/null ||
    skip 'no node with onnxruntime (npm install --ignore-scripts onnxruntime-node; NODE_PATH)'

mkdir "$scratch/files" || exit 99
BNN_ONNX_DIR=$scratch/files CK_VERBOSITY=normal "$ONNX_CASES" >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    exit 1
}
grep '^#' "$scratch/log" | sort -u

status=0
"$python" "$here/check_onnx.py" "$scratch/files" || status=1
[ "${BNN_TEST_LONG-}" = all ] && most= || most=300
for optimizations in disabled all; do
    node "$here/run_onnx.js" "$scratch/files" $optimizations "$most" || status=1
done
exit $status
