/* board.h - what a program on an emulated board without an operating system can do. */
#ifndef BNN_BENCH_BOARDS_BOARD_H
#define BNN_BENCH_BOARDS_BOARD_H

#include <stdint.h>

/* ---- common.c -------------------------------------------------------------------------------- */

/* Prints, by the debugger; ends the emulation. */
void board_write(const char *text);
void board_exit(int status);

/* Fills what the stack has not reached yet; and the bytes below the caller's that it has reached since. */
void board_paint_stack(void);
uint32_t board_stack_bytes(void);

/* What a reset leads to: gives memory its values, runs main and ends. */
void board_begin(void);

/* What an exception leads to. */
void board_fault(void);

/* ---- Of a processor: arm.c, riscv.c ---------------------------------------------------------- */

/* Asks the debugger, here qemu, for a service of semihosting (ARM IHI 0100; RISC-V Semihosting, 2022). */
void board_ask(uintptr_t service, const void *argument);

uint32_t *board_stack_pointer(void);

/* A counter, of which board_instructions() makes instructions; its ends may lie on both sides of 2^32. */
uint32_t board_ticks(void);
uint64_t board_instructions(uint32_t from, uint32_t to);

#endif
