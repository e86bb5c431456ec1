/* spec_fixture.h - an arena and a diag for the tests of specs, and what was said, as one text. */
#ifndef BNN_TESTS_SPEC_FIXTURE_H
#define BNN_TESTS_SPEC_FIXTURE_H

#include "spec/tree.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bnn_arena *arena;
static bnn_diag *diag;

static void set_up(void)
{
    arena = bnn_arena_create((size_t)64 << 20);
    diag = bnn_diag_create();
    ck_assert_ptr_nonnull(arena);
    ck_assert_ptr_nonnull(diag);
}

static void tear_down(void)
{
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
}

/* All messages, one a line, in the arena. */
static const char *said(void)
{
    const char *all = "";
    for (size_t i = 0; i < bnn_diag_count(diag); i++)
        all = bnn_arena_printf(arena, "%s%s%s", all, i == 0 ? "" : "\n", bnn_diag_message(diag, i));
    return all;
}

static const bnn_node *parse(const char *text)
{
    return bnn_tree_parse("s", text, strlen(text), arena, diag);
}

/* The root of a text without mistakes. */
static const bnn_node *parsed(const char *text)
{
    const bnn_node *root = parse(text);
    ck_assert_msg(root != NULL, "%s", said());
    return root;
}

#endif
