/* syntax.h - what libyaml says about a text that is not YAML, as a message with a position. */
#ifndef BNN_SPEC_SYNTAX_H
#define BNN_SPEC_SYNTAX_H

#include "spec/diag.h"

#include <yaml.h>

/* Adds the error of a parser that failed on text[0..n). name stands for the file. */
void bnn_syntax_add_error(const yaml_parser_t *parser, const char *name, const char *text, size_t n,
                          bnn_diag *diag);

#endif
