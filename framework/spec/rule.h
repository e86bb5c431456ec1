/* rule.h - keys of a spec that need others, or exclude them, whatever their values and points are. */
#ifndef BNN_SPEC_RULE_H
#define BNN_SPEC_RULE_H

#include "spec/key.h"

/* Where a key is there (KEY), or has this value (KEY=VALUE). */
typedef struct bnn_rule {
    const char *where;
    const char *needs;    /* "KEY|...": one of these must be there; or NULL */
    const char *excludes; /* this one must not be; or NULL */
    const char *says;     /* the message, at the key, or at what is excluded */
} bnn_rule;

/* Checks a spec against rules, the last of which has no `where`; or says whether all of them hold. */
bool bnn_rules_hold(const bnn_node *root, const bnn_rule *rules);
void bnn_rules_check(const bnn_reader *r, const bnn_node *root, const bnn_rule *rules);

#endif
