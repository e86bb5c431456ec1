#!/bin/sh
# autogen.sh - makes ./configure from configure.ac.
#
#     ./autogen.sh           checks that everything the build needs is there, then runs autoreconf
#     ./autogen.sh --deps    first installs what is missing, with apt-get (Debian, Ubuntu)
set -eu
cd "$(dirname "$0")"

have_tool() {
    command -v "$1" >/dev/null 2>&1
}

have_module() {
    have_tool pkg-config && pkg-config --exists "$1" 2>/dev/null
}

have_header() {
    have_tool cc && printf '#include <%s>\n' "$1" | cc -E -x c - >/dev/null 2>&1
}

have_file() {
    test -r "$1"
}

# need PACKAGE PROBE WHAT: remembers the Debian package when the probe does not find WHAT.
packages=''
need() {
    if ! "$2" "$3"; then
        echo "autogen.sh: $3 not found (Debian package $1)" >&2
        packages="$packages $1"
    fi
}

look() {
    packages=''
    need gcc have_tool cc
    need libc6-dev have_header stdlib.h
    need make have_tool make
    need autoconf have_tool autoconf
    need automake have_tool automake
    need libtool have_tool libtoolize
    need pkg-config have_tool pkg-config
    need libyaml-dev have_module yaml-0.1
    need libsqlite3-dev have_module sqlite3
    need libcurl4-openssl-dev have_module libcurl
    need zlib1g-dev have_module zlib
    need libarchive-dev have_module libarchive
    need libjansson-dev have_module jansson
    need libmd-dev have_module libmd
    need librandom123-dev have_header Random123/philox.h
    need libpng-dev have_module libpng
    need libjpeg-dev have_module libjpeg
    need libprotobuf-c-dev have_module libprotobuf-c
    need protobuf-c-compiler have_tool protoc-c
    need libonnx-dev have_file /usr/include/onnx/onnx.proto
    need check have_module check
    # Nothing is built with it, but `bnnrun plot` draws with it.
    [ "$deps" = no ] || need gnuplot-nox have_tool gnuplot
    # bnnrun is built without it, too, but then has no `bnnrun serve`.
    [ "$deps" = no ] || need libmicrohttpd-dev have_module libmicrohttpd
}

usage() {
    echo "usage: ./autogen.sh [--deps]"
}

deps=no
for argument in "$@"; do
    case $argument in
    --deps) deps=yes ;;
    --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done

look
if [ -n "$packages" ]; then
    sudo=''
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    if [ $deps = no ]; then
        echo "autogen.sh: to install what is missing, run ./autogen.sh --deps, or" >&2
        echo "    ${sudo:+$sudo }apt-get install$packages" >&2
        exit 1
    fi
    if ! have_tool apt-get; then
        echo "autogen.sh: no apt-get here: install the libraries and tools above by hand" >&2
        exit 1
    fi
    echo "autogen.sh: installing with apt-get:$packages"
    $sudo apt-get update -q
    # shellcheck disable=SC2086 # a list of packages
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages
    look
    if [ -n "$packages" ]; then
        echo "autogen.sh: still missing after apt-get install:$packages" >&2
        exit 1
    fi
fi

exec autoreconf -fi
