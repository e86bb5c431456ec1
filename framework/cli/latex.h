/* latex.h - texts as LaTeX has them. */
#ifndef BNN_CLI_LATEX_H
#define BNN_CLI_LATEX_H

#include <stdio.h>

void cli_latex_text(const char *text, FILE *out);

/* In a number a sign is one of mathematics, and so is what is infinite. */
void cli_latex_number(const char *text, FILE *out);

/* Lines as comments. */
void cli_latex_comment(const char *lines, FILE *out);

#endif
