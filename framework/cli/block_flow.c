#include "cli/block_flow.h"

#include <stdio.h>

void cli_print_block_flow(const char *block, const char *inputs, const char *sequence, bool binary)
{
    const char *at = inputs;
    printf("  %-7s %s", block, at);
    for (const char *s = sequence; *s != '\0'; s++) {
        if (*s == 'L' && binary)
            printf(" -sign> bits");
        if (*s == 'L')
            at = binary ? "integers" : "floats";
        else if (*s != 'P') /* a maximum leaves integers what they are */
            at = "floats";
        printf(" -%c> %s", *s, at);
    }
    printf("\n");
}
