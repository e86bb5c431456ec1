/* The ordering by letters: every legal order of L, P, B, A makes a network with its operations where
 * the word has them, what is not legal is refused, and words give the networks of orderings that have
 * names. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/model_fixture.h"

#include "model/network.h"

/* A first block and a second that pool, a third that does not, and the logits. */
#define BLOCKS                                                       \
    "model:\n"                                                       \
    "  topology:\n"                                                  \
    "    input: {channels: 1, height: 12, width: 12}\n"              \
    "    blocks:\n"                                                  \
    "      - layer: {name: conv2d, out: 3, kernel: 3, padding: 1}\n" \
    "        pool: maxpool\n"                                        \
    "      - layer: {name: conv2d, out: 4, kernel: 3, padding: 1}\n" \
    "        pool: maxpool\n"                                        \
    "      - layer: {name: dense, out: 5}\n"                         \
    "      - {layer: {name: dense, out: 4}%s}\n"                     \
    "  activation: hardtanh\n"                                       \
    "  norm: {name: batchnorm, epsilon: 0.1}\n"
enum { CLASSES = 4, WORD = 5 };

/* Words of up to four of the letters, one after the other: 4 + 16 + 64 + 256 of them. */
enum { N_WORDS = 4 + 16 + 64 + 256, N_LEGAL = 38, N_LEGAL_LAST = 23 };

static void make_word(int i, char word[WORD])
{
    static const char letters[] = "LPBA";
    int length = 1;
    for (int n = 4; i >= n; n *= 4, length++)
        i -= n;
    for (int k = 0; k < length; k++, i /= 4)
        word[k] = letters[i % 4];
    word[length] = '\0';
}

/* Of a block that pools. */
static bool is_legal(const char *word, bool last)
{
    for (const char *c = word; *c != '\0'; c++)
        if (strchr(c + 1, *c) != NULL)
            return false;
    if (strchr(word, 'L') == NULL || strchr(word, 'P') == NULL)
        return false;
    return !last || strchr(strchr(word, 'L'), 'A') == NULL;
}

static void without(const char *word, char letter, const char *from, char out[WORD])
{
    size_t n = 0;
    for (const char *c = word; *c != '\0'; c++)
        if (*c != letter || c < from)
            out[n++] = *c;
    out[n] = '\0';
}

/* The letters of block b, signs aside. */
static const char *block_letters(const bnn_network *net, uint32_t b)
{
    char text[WORD + 1] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < net->n_ops; i++)
        if (net->ops[i].block == b && net->ops[i].letter != BNN_NETWORK_SIGN) {
            ck_assert_uint_lt(n, WORD);
            text[n++] = net->ops[i].letter;
        }
    return bnn_arena_strdup(arena, text);
}

static const char *spec_of(const char *last_pool, const char *rest)
{
    return bnn_arena_printf(arena, BLOCKS "%s", last_pool, rest);
}

static const bnn_network *net_of(const char *last_pool, const char *rest)
{
    return network_of(parsed_model(spec_of(last_pool, rest)), CLASSES, 1, 1);
}

static void again(void)
{
    tear_down(); /* the arena is for one network */
    model_set_up_again();
}

/* A block without a pool leaves out the P; the last what stands behind its L, but for the norm that
 * binary weights need. */
START_TEST(each_legal_word_makes_the_hidden_blocks)
{
    char word[WORD], plain[WORD], last[WORD];
    int n = 0;
    for (int i = 0; i < N_WORDS; i++) {
        make_word(i, word);
        if (!is_legal(word, false))
            continue;
        n++;
        without(word, 'P', word, plain);
        for (int binary = 0; binary < 2; binary++) {
            without(plain, 'A', strchr(plain, 'L'), last);
            if (!binary)
                without(last, 'B', strchr(last, 'L'), last);
            const bnn_network *net =
                net_of("", bnn_arena_printf(arena, "  ordering: %s\n  binarize: %s\n", word,
                                            binary ? "{first: true, last: true}" : "none"));
            ck_assert_str_eq(block_letters(net, 0), word);
            ck_assert_str_eq(block_letters(net, 1), word);
            ck_assert_str_eq(block_letters(net, 2), plain);
            ck_assert_str_eq(block_letters(net, 3), last);
            again();
        }
    }
    ck_assert_int_eq(n, N_LEGAL);
}
END_TEST

START_TEST(first_and_last_have_words_of_their_own)
{
    char word[WORD], plain[WORD];
    int n = 0;
    for (int i = 0; i < N_WORDS; i++) {
        make_word(i, word);
        if (!is_legal(word, false))
            continue;
        const bool last = is_legal(word, true);
        n += last;
        without(word, 'P', word, plain);
        for (int pools = 0; pools < 2; pools++) {
            const bnn_network *net =
                net_of(pools ? ", pool: {name: maxpool, size: 1}" : "",
                       bnn_arena_printf(arena,
                                        "  binarize: none\n"
                                        "  ordering: {name: LPAB, first: %s, last: %s}\n",
                                        word, last ? word : "auto"));
            ck_assert_str_eq(block_letters(net, 0), word);
            ck_assert_str_eq(block_letters(net, 1), "LPAB");
            ck_assert_str_eq(block_letters(net, 2), "LAB");
            ck_assert_str_eq(block_letters(net, 3), !last   ? pools ? "LP" : "L"
                                                    : pools ? word
                                                            : plain);
            again();
        }
    }
    ck_assert_int_eq(n, N_LEGAL_LAST);
}
END_TEST

/* key: "" for the short form. */
static void expect_refused(const char *rest, const char *key, const char *word)
{
    ck_assert_ptr_null(parse_model(spec_of("", rest)));
    const char *begin =
        key[0] == '\0' ? bnn_arena_printf(arena, "model.ordering: \"%s\" is no order of ", word)
                       : bnn_arena_printf(arena, "model.ordering.%s: expected one of ", key);
    const char *got = key[0] == '\0' ? begin : bnn_arena_printf(arena, ", got \"%s\"", word);
    ck_assert_msg(strstr(said(), begin) != NULL && strstr(said(), got) != NULL, "%s", said());
    ck_assert_uint_eq(bnn_diag_n_errors(diag), 1);
    again();
}

START_TEST(what_is_not_legal_is_refused)
{
    char word[WORD];
    for (int i = 0; i < N_WORDS; i++) {
        make_word(i, word);
        if (!is_legal(word, false)) {
            expect_refused(bnn_arena_printf(arena, "  ordering: %s\n", word), "", word);
            expect_refused(bnn_arena_printf(arena, "  ordering: {name: LBAP, first: %s}\n", word),
                           "first", word);
        }
        if (!is_legal(word, true))
            expect_refused(bnn_arena_printf(arena, "  ordering: {name: letters, last: %s}\n", word),
                           "last", word);
    }
}
END_TEST

/* The settings of a config with this ordering, and the sequences of its network. */
static const char *config_of(const char *ordering, const char *binarize)
{
    char hash[65];
    const char *text =
        bnn_arena_printf(arena, "  ordering: %s\n  binarize: %s\n", ordering, binarize);
    net_of("", text);
    const char *json = bnn_settings_json(&settings, hash);
    ck_assert_ptr_nonnull(json);
    return json;
}

/* Both ways to write it are the same config; and a plugin's map stays what it is. */
START_TEST(the_short_form_is_the_long_one)
{
    static const char *const pairs[][2] = {
        {"PLBA", "{name: letters, hidden: PLBA}"},
        {"{name: PLBA, last: LBP}", "{name: letters, hidden: PLBA, last: LBP}"},
        {"LBAP", "letters"},
        {"{name: PLBA, first: auto, last: auto}", "{first: auto, hidden: PLBA, name: letters}"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert_str_eq(config_of(pairs[i][0], "{}"), config_of(pairs[i][1], "{}"));
    ck_assert_ptr_nonnull(strstr(config_of("PLBA", "{}"), "\"model.ordering\":\"letters\""));
    ck_assert_ptr_nonnull(strstr(config_of("PLBA", "{}"), "\"model.ordering.hidden\":\"PLBA\""));
    ck_assert_ptr_null(parse_model(spec_of("", "  ordering: {name: PLBA, hidden: LPBA}\n")));
    ck_assert_ptr_nonnull(strstr(said(), "\"PLBA\""));
}
END_TEST

/* Orderings that have names, by letters. */
START_TEST(named_orderings_are_words)
{
    static const char *const pairs[][2] = {
        {"bn_act", "LBAP"}, {"bn_pool_act", "LBPA"}, {"pool_bn_act", "LPBA"},
        {"act_bn", "LABP"}, {"act_pool_bn", "LAPB"}, {"xnor", "{name: BALP, first: LBAP}"},
    };
    static const char *const binarizations[] = {"none", "{}", "{last: true}", "{weights: false}",
                                                "{activations: false, first: true, last: true}"};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (size_t b = 0; b < sizeof binarizations / sizeof *binarizations; b++) {
            const bnn_network *nets[2];
            for (size_t k = 0; k < 2; k++)
                nets[k] = net_of("", bnn_arena_printf(arena, "  ordering: %s\n  binarize: %s\n",
                                                      pairs[i][k], binarizations[b]));
            ck_assert_uint_eq(nets[0]->n_ops, nets[1]->n_ops);
            for (uint32_t o = 0; o < nets[0]->n_ops; o++)
                ck_assert_str_eq(nets[0]->ops[o].name, nets[1]->ops[o].name);
            again();
        }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("orderings");
    TCase *tc = tcase_create("letters");
    tcase_add_checked_fixture(tc, model_set_up, model_tear_down);
    tcase_add_test(tc, each_legal_word_makes_the_hidden_blocks);
    tcase_add_test(tc, first_and_last_have_words_of_their_own);
    tcase_add_test(tc, what_is_not_legal_is_refused);
    tcase_add_test(tc, the_short_form_is_the_long_one);
    tcase_add_test(tc, named_orderings_are_words);
    suite_add_tcase(s, tc);
    return s;
}

BNN_CHECK_MAIN(suite)
