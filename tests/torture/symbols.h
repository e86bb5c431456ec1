/* symbols.h - Private to the library that makes calls fail: functions of the program, by the addresses in them. */
#ifndef BNN_TESTS_TORTURE_SYMBOLS_H
#define BNN_TESTS_TORTURE_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct torture_symbol {
    uintptr_t at; /* in the file */
    const char *name;
    const char *file; /* that a static function is of; "": another */
} torture_symbol;

/* Reads those of the program that executes, once, before any is looked for; false: it has none. */
bool torture_symbols_load(void);

/* The function that the address, as in the file, is in; NULL: none is known. */
const torture_symbol *torture_symbol_of(uintptr_t at);

#endif
