/* spec_help.h - the keys of a spec, one by one and all together, as their tables have them. */
#ifndef BNN_CLI_SPEC_HELP_H
#define BNN_CLI_SPEC_HELP_H

#include "cli/cli.h"
#include "plugin/use.h"
#include "spec/key_text.h"

/* `bnnrun help KEY`: what may be written there, its default and meaning, and the keys below it;
 * "spec" stands for the whole, also in front of a key ("spec.run"). Loads plugins when the key
 * takes one. BNN_E_USAGE, with what may have been meant, when no key has this name. */
int cli_spec_help(const char *path, bnn_error *err);

/* Whether a word is a key of a spec, or meant to be one, so that cli_spec_help has something to
 * say. */
bool cli_is_spec_key(const char *word);

/* Calls visit for all keys, with their dotted paths. */
void cli_visit_keys(void (*visit)(void *, const char *path, const bnn_key *), void *context);

/* Prints them, one a line. */
void cli_spec_keys(void);

/* The reference of the language, all keys and the parameters of all plugins (reference.c): as Markdown,
 * and as the man page bnnrun-spec(5). */
int cli_spec_reference(bnn_error *err);
int cli_spec_man(bnn_error *err);

/* The table of all plugins, with formulas and papers, as Markdown (reference.c). */
int cli_methods(bnn_error *err);

/* What is printed of a key, or of a parameter. */
typedef struct cli_key_texts {
    char value[BNN_KEY_TEXT_BYTES], standard[BNN_KEY_TEXT_BYTES], meaning[BNN_KEY_TEXT_BYTES];
} cli_key_texts;

void cli_key_texts_fill(const bnn_key *key, cli_key_texts *out);

/* Calls visit for each plugin that the key takes, NULL: for all that there are; with directories that are
 * searched first, or NULL. */
int cli_visit_plugins(const bnn_key *key, const char *path,
                      void (*visit)(void *, const bnn_plugin *), void *context, bnn_error *err);

#endif
