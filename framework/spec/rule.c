#include "spec/rule.h"

#include <stdio.h>
#include <string.h>

/* What stands where the rule counts; NULL: it does not. */
static const bnn_node *rule_finds(const bnn_node *root, const char *where)
{
    char path[BNN_KEY_PATH];
    const char *value = strchr(where, '=');
    snprintf(path, sizeof path, "%.*s", (int)strcspn(where, "="), where);
    const bnn_node *node = bnn_tree_find(root, path);
    return node == NULL || value == NULL ||
                   (bnn_tree_is_plain(node) && strcmp(node->text, value + 1) == 0)
               ? node
               : NULL;
}

static bool rule_is_met(const bnn_node *root, const char *needs)
{
    char path[BNN_KEY_PATH];
    for (size_t i = 0; i < bnn_choice_count(needs); i++) {
        bnn_choice_text(needs, i, path, sizeof path);
        if (bnn_tree_find(root, path) != NULL)
            return true;
    }
    return false;
}

/* Where a spec breaks a rule, or NULL. */
static const bnn_node *rule_breaks(const bnn_node *root, const bnn_rule *rule)
{
    const bnn_node *node = rule_finds(root, rule->where);
    if (node != NULL && rule->excludes != NULL)
        return bnn_tree_find(root, rule->excludes);
    return node != NULL && !rule_is_met(root, rule->needs) ? node : NULL;
}

bool bnn_rules_hold(const bnn_node *root, const bnn_rule *rules)
{
    for (; rules->where != NULL; rules++)
        if (rule_breaks(root, rules) != NULL)
            return false;
    return true;
}

void bnn_rules_check(const bnn_reader *r, const bnn_node *root, const bnn_rule *rules)
{
    for (; rules->where != NULL; rules++) {
        const bnn_node *at = rule_breaks(root, rules);
        if (at != NULL)
            bnn_diag_add(r->diag, at->at, "%s", rules->says);
    }
}
