/* riscv.c - qemu's RISC-V board "virt", of 32 bits. */
#include "board.h"

void reset(void);
void start(void);

/* An ebreak between two shifts that do nothing, in one page. */
void board_ask(uintptr_t service, const void *argument)
{
    register uintptr_t a0 __asm__("a0") = service;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n\t"
                     ".option norvc\n\t"
                     ".balign 16\n\t"
                     "slli x0, x0, 0x1f\n\t"
                     "ebreak\n\t"
                     "srai x0, x0, 7\n\t"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
}

uint32_t *board_stack_pointer(void)
{
    uint32_t *here;
    __asm__ volatile("mv %0, sp" : "=r"(here));
    return here;
}

/* Instructions that have retired, which qemu counts with -icount. */
uint32_t board_ticks(void)
{
    uint32_t n;
    __asm__ volatile(".option push\n\t.option arch, +zicsr\n\tcsrr %0, minstret\n\t.option pop"
                     : "=r"(n));
    return n;
}

uint64_t board_instructions(uint32_t from, uint32_t to)
{
    return (uint32_t)(to - from);
}

/* mtvec takes addresses that four divides. */
__attribute__((aligned(4))) static void riscv_trap(void)
{
    board_fault();
}

void reset(void)
{
    __asm__ volatile(
        ".option push\n\t.option arch, +zicsr\n\tcsrw mtvec, %0\n\t.option pop" ::"r"(riscv_trap));
    board_begin();
}

__attribute__((section(".vectors"), naked, used)) void start(void)
{
    __asm__ volatile("la sp, stack_top\n\tj reset");
}
