/* ask.c - sends what stdin has to a port of this machine, and writes what comes back until the other side closes, its
 * lines of headers to the file head, without their CR, and the rest to the file out: for requests that no browser
 * would make.
 *
 *     ask PORT [CONNECTIONS [TEXT]]     CONNECTIONS: that are opened before, and say the text, or nothing
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ASK_SECONDS = 120, ASK_BYTES = 1 << 20 };

static int ask_connect(const char *port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        perror("ask");
        exit(EXIT_FAILURE);
    }
    return fd;
}

/* An empty line is between them. */
static void ask_split(int fd, FILE *head, FILE *out)
{
    static char bytes[ASK_BYTES];
    char last = '\n';
    bool in_head = true;
    for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0;) {
        ssize_t at = 0;
        for (; in_head && at < n; at++) {
            if (bytes[at] == '\r')
                continue;
            in_head = bytes[at] != '\n' || last != '\n';
            last = bytes[at];
            putc(last, head);
        }
        fwrite(bytes + at, 1, (size_t)(n - at), out);
    }
}

int main(int argc, char **argv)
{
    static char bytes[ASK_BYTES];
    if (argc < 2)
        return 2;
    alarm(ASK_SECONDS);
    for (unsigned long i = argc > 2 ? strtoul(argv[2], NULL, 10) : 0; i > 0; i--) {
        const int other = ask_connect(argv[1]);
        if (argc > 3 && send(other, argv[3], strlen(argv[3]), MSG_NOSIGNAL) < 0)
            return EXIT_FAILURE;
    }
    const int fd = ask_connect(argv[1]);
    const size_t n = fread(bytes, 1, sizeof bytes, stdin);
    for (size_t sent = 0; sent < n;) {
        const ssize_t part = send(fd, bytes + sent, n - sent, MSG_NOSIGNAL);
        if (part <= 0)
            break; /* it has heard enough */
        sent += (size_t)part;
    }
    FILE *head = fopen("head", "w"), *out = fopen("out", "w");
    if (head == NULL || out == NULL)
        return EXIT_FAILURE;
    ask_split(fd, head, out);
    return fclose(head) == 0 && fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
