/* main.c - a network on a board: whether its logits are as expected, and what classifying an image takes. */
#include "board.h"
#include "images.h"
#include "net.h"

static char *line_put_text(char *to, const char *text)
{
    while (*text != '\0')
        *to++ = *text++;
    return to;
}

static char *line_put_number(char *to, uint64_t value)
{
    char digits[20];
    int n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

int main(void)
{
    static char line[100];
    volatile int class;
    const int wrong = net_self_test();
    board_paint_stack();
    class = net_classify(images[0]);
    const uint32_t stack = board_stack_bytes();
    const uint32_t begin = board_ticks();
    for (unsigned i = 0; i < N_IMAGES; i++)
        class = net_classify(images[i]);
    const uint32_t end = board_ticks();
    (void)class;
    char *to = line_put_text(line, wrong == 0 ? "right, stack " : "wrong, stack ");
    to = line_put_number(to, stack);
    to = line_put_text(to, ", instructions ");
    to = line_put_number(to, board_instructions(begin, end));
    *line_put_text(to, "\n") = '\0';
    board_write(line);
    return wrong != 0;
}
