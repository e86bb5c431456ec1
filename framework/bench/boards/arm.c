/* arm.c - a Cortex-M on one of Arm's MPS2 boards. */
#include "board.h"

void reset(void);

void board_ask(uintptr_t service, const void *argument)
{
    register uintptr_t r0 __asm__("r0") = service;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

uint32_t *board_stack_pointer(void)
{
    uint32_t *here;
    __asm__ volatile("mov %0, sp" : "=r"(here));
    return here;
}

/* The first timer (CMSDK APB), which counts down at 25 MHz. With -icount shift=0 of qemu an instruction takes a
 * nanosecond, so that a tick is 40 of them. */
enum { INSTRUCTIONS_PER_TICK = 40 };
enum { TIMER_CONTROL, TIMER_VALUE, TIMER_RELOAD };
static volatile uint32_t *const timer = (volatile uint32_t *)0x40000000u;

uint32_t board_ticks(void)
{
    if ((timer[TIMER_CONTROL] & 1) == 0) {
        timer[TIMER_RELOAD] = UINT32_MAX;
        timer[TIMER_VALUE] = UINT32_MAX;
        timer[TIMER_CONTROL] = 1;
    }
    return UINT32_MAX - timer[TIMER_VALUE];
}

uint64_t board_instructions(uint32_t from, uint32_t to)
{
    return (uint64_t)(uint32_t)(to - from) * INSTRUCTIONS_PER_TICK;
}

void reset(void)
{
#if defined __ARM_FP
    /* Coprocessors 10 and 11, the floating-point unit, are off at reset. */
    *(volatile uint32_t *)0xe000ed88u |= (uint32_t)0xf << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    board_begin();
}

extern uint32_t stack_top; /* from the linker script */

/* The first word is the stack's end, the second where to start; then exceptions. */
__attribute__((section(".vectors"), used)) static void (*const handlers[])(void) = {
    (void (*)(void))(uintptr_t)&stack_top,
    reset,
    board_fault,
    board_fault,
    board_fault,
    board_fault,
    board_fault};
