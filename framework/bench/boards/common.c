/* common.c - what is the same on all boards: memory, stack and the debugger's services. */
#include "board.h"

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };
enum { PAINT = 0x5eed5eed };

/* From the linker script. */
extern uint32_t data_begin, data_end, data_in_flash, bss_begin, bss_end;

int main(void);

void board_write(const char *text)
{
    board_ask(SYS_WRITE0, text);
}

void board_exit(int status)
{
    const uintptr_t reason[2] = {APPLICATION_EXIT, (uintptr_t)status};
    for (;;)
        board_ask(SYS_EXIT_EXTENDED, reason);
}

void board_paint_stack(void)
{
    for (volatile uint32_t *word = &bss_end; word < board_stack_pointer(); word++)
        *word = PAINT;
}

uint32_t board_stack_bytes(void)
{
    const volatile uint32_t *word = &bss_end;
    while (*word == PAINT)
        word++;
    return (uint32_t)((uintptr_t)board_stack_pointer() - (uintptr_t)word);
}

void board_begin(void)
{
    const uint32_t *from = &data_in_flash;
    for (uint32_t *to = &data_begin; to < &data_end; to++)
        *to = *from++;
    for (uint32_t *to = &bss_begin; to < &bss_end; to++)
        *to = 0;
    board_exit(main());
}

void board_fault(void)
{
    board_write("fault\n");
    board_exit(3);
}
