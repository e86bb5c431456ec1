#!/bin/sh
# Some histories of the simulated machine (tests/sim/sim.h), of each sweep there is, each twice: all holds, and the
# same happens again. With BNN_TEST_LONG=1 fifteen seconds of further ones; `make sim` has as many as are wanted.
set -eu
sim=${abs_top_builddir:-.}/tests/sim/bnnsim
"$sim" --histories 3 --twice
[ "${BNN_TEST_LONG-}" != 1 ] || "$sim" --seconds 15 --seed 1000
