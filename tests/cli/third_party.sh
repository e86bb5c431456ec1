#!/bin/sh
# third_party.sh - plugins made of the skeletons as plugins/README.md says, and built as an author
# outside of this tree builds them, with nothing but pkg-config: they compile without a warning, are
# described, train, and `bnnrun plugins test` judges them. (install.sh does the same with what is installed.)
#
# BNN_PREFIX names an installed prefix to build against; without it, bnn.pc of the build tree is
# pointed at the header in the source tree.
set -eu
: "${abs_top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${abs_top_builddir:=$PWD}"
: "${BNNRUN:=$abs_top_builddir/bnnrun}"
: "${CC:=cc}"
case $BNNRUN in /*) ;; *) BNNRUN=$PWD/$BNNRUN ;; esac
unset CK_TAP_LOG_FILE_NAME CK_VERBOSITY BNNRUN_DB

fail() {
    echo "third_party.sh: $1"
    [ ! -s log ] || sed 's/^/    /' log
    exit 1
}

command -v pkg-config >/dev/null 2>&1 || { echo "skipped: no pkg-config here"; exit 77; }
if [ -n "${BNN_PREFIX:-}" ]; then
    PKG_CONFIG_PATH=$(dirname "$(find "$BNN_PREFIX" -name bnn.pc)")
    include=
else
    PKG_CONFIG_PATH=$abs_top_builddir/framework/bnn
    include=--define-variable=includedir=$abs_top_srcdir/framework
fi
export PKG_CONFIG_PATH
# shellcheck disable=SC2086 # nothing, or one option
cflags=$(pkg-config $include --cflags bnn)

scratch=$(mktemp -d "${TMPDIR:-/tmp}/bnn_third.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# The README's command makes an STE called fading of its skeleton; the others are made likewise.
ln -s "$abs_top_srcdir/plugins" .
command=$(grep '^skeletons=\|^sed .*ste_skeleton\.c' plugins/README.md) ||
    fail 'plugins/README.md does not say how to begin'
# In a checkout that is not installed, what stands behind || takes its place.
[ -n "${BNN_PREFIX:-}" ] || command=$(echo "$command" | sed 's/(pkg-config [^|]*/(false /')
for kind in ste ordering optimizer layer; do
    eval "$(echo "$command" | sed "s/ste_/${kind}_/g")"
    name=${kind}_fading
    [ -s $name.c ] || fail "plugins/README.md makes no $name.c"
    # shellcheck disable=SC2086 # flags are words
    $CC -shared -fPIC -O3 -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
        -Werror $cflags $name.c -o $name.so >log 2>&1 || fail "$name.c does not build"
done

BNNRUN_PLUGIN_PATH=$scratch${BNNRUN_PLUGIN_PATH:+:$BNNRUN_PLUGIN_PATH}
export BNNRUN_PLUGIN_PATH
for kind in ste ordering optimizer layer; do
    "$BNNRUN" plugins $kind fading >log 2>&1 || fail "bnnrun plugins $kind fading"
done
"$BNNRUN" plugins ste fading >log 2>&1
grep -q 'what passes outside the window' log || fail 'its parameter is not described'

"$BNNRUN" quick --db third.db -s model.ste=fading -s seeds.count=1 \
    -s model.ordering=fading -s model.activation=fading -s train.optimizer=fading \
    -s dataset.train_limit=1000 -s train.epochs=1 >log 2>&1 || fail 'a run with all four fails'
"$BNNRUN" query --db third.db --csv "SELECT key, value FROM run_param" >log 2>&1 ||
    fail 'the database cannot be queried'
for row in model.ste.activations model.ordering model.activation train.optimizer; do
    grep -q "^$row,fading" log || fail "not recorded: $row"
done

# build FILE.so [SOURCE]: as the README says.
build() {
    # shellcheck disable=SC2086 # flags are words
    $CC -shared -fPIC -O3 $cflags "${2:-${1%.so}.c}" -o "$1" >log 2>&1 || fail "${2:-${1%.so}.c} does not build"
}

# kept FILE...: its contract. broken FILE CHECK WORDS [SECONDS]: the check alone fails, and says so. (A
# plugin that ends the process leaks all that the check has allocated.)
kept() {
    "$BNNRUN" plugins test "$@" >log 2>&1 || fail "plugins test refuses $*"
}
broken() {
    status=0
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
        "$BNNRUN" plugins test --timeout "${4:-60}" "$1" >log 2>&1 || status=$?
    [ $status -eq 1 ] || fail "plugins test of $1: status $status"
    grep -A1 "^  BROKEN   $2 " log | grep -qE -- "$3" || fail "plugins test of $1 does not say: $2, $3"
}

# The suite must accept them, and refuse the STE when its gradient is wrong.
kept ste_fading.so ordering_fading.so optimizer_fading.so layer_fading.so
grep -q '^4 plugins: of the checks [0-9]* are kept, 0 broken, 2 skipped$' log || fail 'no count of checks'
sed 's/1\.0f : leak/1.5f : leak/' ste_fading.c >wrong.c
build ste_fading.so wrong.c
broken ste_fading.so proxy "the gradient at x = .* is 1.5, the proxy's derivative 1$"
"$BNNRUN" plugins test ste fading --json >log 2>/dev/null && fail 'a broken promise is no failure in JSON'
grep -q '"verdict": "broken"' log || fail 'JSON does not say what is broken'

# An optimizer whose step is as large as its rate, at the rate of its paper; and what is none.
cat >optimizer_lion.c <<'SOURCE'
#include <bnn/plugin.h>
static void step(const bnn_context *ctx, const void *p, const bnn_step *step, size_t n, float *w,
                 const float *g, float *const *slots)
{
    const float lr = (float)step->lr;
    (void)ctx, (void)p;
    for (size_t i = 0; i < n; i++) {
        const float c = 0.9f * slots[0][i] + 0.1f * g[i];
        slots[0][i] = 0.99f * slots[0][i] + 0.01f * g[i];
        w[i] = w[i] - lr * (float)((c > 0) - (c < 0));
    }
}
BNN_DEFINE_OPTIMIZER(BNN_HEAD_PLAIN("lion", "sign of the mean gradient", "Chen et al. 2023, arXiv:2302.06675"),
                     .n_slots = 1, .default_lr = 1e-4, .step = step)
SOURCE
build optimizer_lion.so
kept optimizer_lion.so
for wrong in 's/w\[i\] - lr/w[i] + lr/' 's/- lr \*/- 0 * lr */' 's/(float)((c/5 * g[i] \/ lr * (float)((c/' \
    's/(c > 0) - (c < 0)/(c > 0 ? i % 2 : 0) - (c < 0)/'; do
    sed "$wrong" optimizer_lion.c >wrong.c
    ! cmp -s wrong.c optimizer_lion.c || fail "changes nothing: $wrong"
    build optimizer_lion.so wrong.c
    broken optimizer_lion.so descent 'the loss was [0-9.]+, and is [^ ]+ after 3000 steps'
done

# A form that rounds, and has a tensor that it starts itself; and with mistakes in it.
cp plugins/forms/*.h .
for wrong in 'nearest|s/(held - low) \/ gap)/(held - low) \/ gap - 0.4f)/|levels are 2 apart$' \
    'weights|s/gcodes\[i\] \* inverse/gcodes[i]/|differences of proxy give' \
    'tensors|s/held == u ? code - u : held/code/|the gradient of log_step' \
    'start|s/(step, 0x1p-20f/(step, 0.0f/|log_step.0. starts at -inf$'; do
    words=${wrong#*|}
    sed "${words%|*}" plugins/forms/form_lsq.c >form_lsq.c
    ! cmp -s form_lsq.c plugins/forms/form_lsq.c || fail "changes nothing: $wrong"
    build form_lsq.so
    broken form_lsq.so "${wrong%%|*}" "${words##*|}"
done
rm form_lsq.so

# A quantizer, and with mistakes in it.
cp plugins/layers/*.h .
for wrong in 'layer_lsq.c|gradients|s/y\[i\] - u : y/y[i] : y/|the gradient of log_step' \
    'codes.h|gradients|s/k, x\[i\]) + CODES/k, x[i]) + 0.4f + CODES/|which is not the nearest' \
    'codes.h|gradients|s/= gy\[i\] \* k.per_unit/= gy[i]/|the gradient of x' \
    'codes.h|lower|/^static inline int codes_lower/,/^}/s/c->step;/1.0f;/|forward writes step' \
    'layer_lsq.c|gradients|s/(float)power_of_e/-(float)power_of_e/|the step is -' \
    'codes.h|flags|s/(int32_t)high;/(int32_t)high - 1;/|and the plan has whole numbers from 0 to' \
    'layer_lsq.c|flags|s/image < io->n;/image < io->lanes;/|a second calibration'; do
    file=${wrong%%|*}
    rest=${wrong#*|}
    words=${rest#*|}
    cp plugins/layers/codes.h plugins/layers/layer_lsq.c .
    sed "${words%|*}" "plugins/layers/$file" >"$file"
    ! cmp -s "$file" "plugins/layers/$file" || fail "changes nothing: $wrong"
    build layer_lsq.so
    broken layer_lsq.so "${rest%%|*}" "${words##*|}"
done
rm layer_lsq.so codes.h

# An STE with levels of its own, and one that draws; and what they may not do.
cat >ste_half.c <<'SOURCE'
#include <bnn/plugin.h>
static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x, const float *gy, float *gx)
{
    (void)ctx, (void)p, (void)x;
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i];
}
static void forward(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    (void)ctx, (void)p;
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] >= 2.0f ? 1.0f : 0.0f;
}
static int lower(const void *p, uint32_t channels, bnn_lowering *lowering)
{
    (void)p;
    lowering->op = BNN_LOWER_AFFINE;
    for (uint32_t c = 0; c < channels; c++)
        lowering->factor[c] = 1.0f, lowering->offset[c] = -2.0f;
    if (lowering->emit(lowering) != 0)
        return -1;
    lowering->op = BNN_LOWER_SIGN;
    if (lowering->emit(lowering) != 0)
        return -1;
    lowering->op = BNN_LOWER_AFFINE;
    for (uint32_t c = 0; c < channels; c++)
        lowering->factor[c] = lowering->offset[c] = 0.5f;
    return 0;
}
BNN_DEFINE_STE(BNN_HEAD_PLAIN("half", "a step at 2", NULL), .grad = grad, .forward = forward,
               .flags = BNN_STE_ACTIVATIONS, .levels = BNN_LEVELS_UNIT, .lower = lower)
SOURCE
build ste_half.so
kept ste_half.so

# Without lower its network trains, `plan` says what cannot be, and the run ends well without a model.
sed 's/, .lower = lower//; s/^static int lower/int lower(const void *, uint32_t, bnn_lowering *);\nint lower/' \
    ste_half.c >wrong.c
build ste_half.so wrong.c
half='model.ste={weights: clipped, activations: half}'
"$BNNRUN" plan quick -s 'model.binarize={}' -s "$half" >log 2>&1 || fail 'a plan of an STE without lower'
grep -q 'warning: deployment: .*STE half has a forward pass of its own and no lower function' log ||
    fail 'the plan does not say that it cannot be deployed'
"$BNNRUN" quick -s 'model.binarize={}' -s "$half" -s seeds=[1] --db half.db >log 2>&1 ||
    fail 'a run of an STE without lower'
build ste_half.so
while IFS='|' read -r wrong check says; do
    sed "$wrong" ste_half.c >wrong.c
    ! cmp -s wrong.c ste_half.c || fail "changes nothing: $wrong"
    build ste_half.so wrong.c
    broken ste_half.so "$check" "$says"
done <<'WRONG'
s/? 1.0f : 0.0f/? 1.5f : 0.0f/|levels|forward gives 1.5 at x = .*; its levels are numbers from 0 to 1
s/.levels = BNN_LEVELS_UNIT, .lower = lower/.levels = BNN_LEVELS_SIGNS/; s/^static int lower/int lower/; s/^int lower/int lower(const void *, uint32_t, bnn_lowering *);\n&/|levels|forward gives 0 at x = .*; its levels are -1 and .1
s/>= 2.0f/> 2.0f/|lower|what it lowers to: element [0-9]* of
s/BNN_LOWER_SIGN/BNN_LOWER_MAXPOOL/|lower|that it lowers to does not fit its input
WRONG
cat >ste_coin.c <<'SOURCE'
#include <bnn/plugin.h>
static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x, const float *gy, float *gx)
{
    (void)ctx, (void)p, (void)x;
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i];
}
static void forward(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    (void)p, (void)x;
    for (size_t i = 0; i < n; i++)
        y[i] = ctx->noise[i] < 0.5f ? 1.0f : -1.0f;
}
BNN_DEFINE_STE(BNN_HEAD_PLAIN("coin", "heads or tails", NULL), .grad = grad, .forward = forward,
               .flags = BNN_STE_DRAWS)
SOURCE
build ste_coin.so
kept ste_coin.so
sed 's/noise\[i\]/noise[0]/' ste_coin.c >wrong.c
build ste_coin.so wrong.c
broken ste_coin.so elements 'forward: element'

sed 's/= gy\[i\]/= -gy[i]/' ste_coin.c >wrong.c
build ste_coin.so wrong.c
broken ste_coin.so direction 'is -1 on average for x from -3 to 3; what stands for a sign rises$'

# A form whose gradient points against its codes, and one that forgets to ask for its scale.
cat >form_mean.c <<'SOURCE'
#include <bnn/plugin.h>
#include <math.h>
static int plan(const void *p, bnn_form_plan *plan)
{
    (void)p;
    plan->scale = BNN_SCALE_FILTER;
    return 0;
}
static void forward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    (void)ctx, (void)p;
    io->binarize(io, (size_t)io->filters * io->taps, io->latent, io->codes);
    for (uint32_t f = 0; f < io->filters; f++) {
        float sum = 0.0f;
        for (size_t i = (size_t)f * io->taps; i < (size_t)(f + 1) * io->taps; i++)
            sum += fabsf(io->latent[i]);
        io->scale[f] = sum / (float)io->taps;
    }
}
static void backward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const size_t n = (size_t)io->filters * io->taps;
    (void)ctx, (void)p;
    io->through(io, n, io->latent, io->gcodes, io->glatent);
    for (size_t i = 0; i < n; i++)
        io->glatent[i] = +io->glatent[i];
}
BNN_DEFINE_FORM(BNN_HEAD_PLAIN("mean", "signs times a mean", NULL), .flags = BNN_FORM_SIGN, .plan = plan,
                .forward = forward, .backward = backward)
SOURCE
build form_mean.so
kept form_mean.so
sed 's/= +io/= -io/' form_mean.c >wrong.c
build form_mean.so wrong.c
broken form_mean.so direction 'codes follow the weights .*, and the gradient .* against that of the codes'
sed 's/plan->scale = BNN_SCALE_FILTER;/(void)plan;/' form_mean.c >wrong.c
build form_mean.so wrong.c
broken form_mean.so codes 'io->scale and io->gscale are NULL, since plan asks for no scale'

# A plugin that misbehaves fails its check, alone: the host and the other checks go on.
while IFS='|' read -r does says; do
    cat >ste_hostile.c <<SOURCE
#include <bnn/plugin.h>
#include <stdlib.h>
static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x, const float *gy, float *gx)
{
    (void)ctx, (void)p, (void)x;
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i];
    $does
}
BNN_DEFINE_STE(BNN_HEAD_PLAIN("hostile", "does no good", NULL), .grad = grad)
SOURCE
    build ste_hostile.so
    broken ste_hostile.so elements "$says" 3
    grep -q '^  kept     gradient ' log || fail "the other checks do not go on: $does"
    grep -q '^  skipped  proxy ' log || fail 'a proxy that is not given is not said'
    grep -q '^1 plugin: of the checks 5 are kept, 1 broken, 3 skipped$' log || fail 'no count'
    grep -q '^bnnrun: 1 of 1 plugin breaks the contract$' log || fail 'no sum'
done <<'HOSTILE'
if (n == 15) *(volatile int *)0 = 1;|crashes: Segmentation fault|ends the process, with status [1-9]
if (n == 15) for (volatile int one = 1; one;) continue;|did not come back within 3 s
if (n == 15) exit(0);|ends the process, with status 0
if (n == 15) gx[n] = 0;|grad writes beyond its end
HOSTILE

# What is no plugin is said before anything runs; a broken file is a check.
echo nothing >ste_text.so
broken ste_text.so loads 'not an ELF file; a plugin is a shared object'
[ "$(grep -c '^  [kBs]' log)" -eq 1 ] || fail 'a file that cannot be loaded is tested further'
for operand in ste_nowhere.so ste_hostile.c; do
    status=0
    "$BNNRUN" plugins test "$operand" >log 2>&1 || status=$?
    [ $status -eq 4 ] || fail "plugins test $operand: status $status"
done
