/* startup.c - what runs before main on a Cortex-M board, and how main speaks to the debugger.
 *
 * Semihosting (ARM IHI 0100): the breakpoint 0xab asks the debugger, here qemu, for a service. */
#include "semihosting.h"

#include <stddef.h>
#include <stdint.h>

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

/* From the linker script. */
extern uint32_t stack_top, data_begin, data_end, data_in_flash, bss_begin, bss_end;

int main(void);
void reset(void);

static void ask(uintptr_t service, const void *argument)
{
    register uintptr_t r0 __asm__("r0") = service;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void semihosting_write(const char *text)
{
    ask(SYS_WRITE0, text);
}

void semihosting_exit(int status)
{
    const uintptr_t reason[2] = {APPLICATION_EXIT, (uintptr_t)status};
    for (;;)
        ask(SYS_EXIT_EXTENDED, reason);
}

static void fault(void)
{
    semihosting_write("fault\n");
    semihosting_exit(3);
}

void reset(void)
{
#if defined __ARM_FP
    /* Coprocessors 10 and 11, the floating-point unit, are off at reset. */
    *(volatile uint32_t *)0xe000ed88u |= (uint32_t)0xf << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    const uint32_t *from = &data_in_flash;
    for (uint32_t *to = &data_begin; to < &data_end; to++)
        *to = *from++;
    for (uint32_t *to = &bss_begin; to < &bss_end; to++)
        *to = 0;
    semihosting_exit(main());
}

/* The first word is the stack's end, the second where to start; then exceptions. */
__attribute__((section(".vectors"), used)) static void (*const handlers[])(void) = {
    (void (*)(void))(uintptr_t)&stack_top, reset, fault, fault, fault, fault, fault};
