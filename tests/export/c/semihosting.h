/* semihosting.h - a program on a board without an operating system prints and ends. */
#ifndef BNN_TESTS_EXPORT_C_SEMIHOSTING_H
#define BNN_TESTS_EXPORT_C_SEMIHOSTING_H

void semihosting_write(const char *text);
void semihosting_exit(int status);

#endif
