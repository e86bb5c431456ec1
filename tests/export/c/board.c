/* board.c - the self-test of an exported network, and nothing else. */
#include "board.h"
#include "net.h"

int main(void)
{
    const int wrong = net_self_test();
    board_write(wrong == 0 ? "self-test passed\n" : "self-test failed\n");
    return wrong != 0;
}
