/* host.c - runs an exported network on images and compares all logits with those expected.
 *
 *     host IMAGES LOGITS      0 when all bits are the same; any NaN is like every other
 *
 * Classes follow from logits, so those that the network gives itself, for as much time again, are
 * asked for some images only. */
#include "net.h"

#include <stdio.h>
#include <string.h>

enum { CLASSIFIED = 1000 };

static int same(float a, float b)
{
    return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0;
}

static int class_of(const float *logits)
{
    int best = 0;
    for (int i = 1; i < NET_CLASSES; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

int main(int argc, char **argv)
{
    static unsigned char pixels[NET_PIXELS];
    unsigned long n = 0, n_logits = 0, n_classes = 0;
    float expected[NET_CLASSES], logits[NET_CLASSES];
    FILE *images = argc == 3 ? fopen(argv[1], "rb") : NULL;
    FILE *answers = images != NULL ? fopen(argv[2], "rb") : NULL;
    if (answers == NULL)
        return 2;
    while (fread(pixels, 1, sizeof pixels, images) == sizeof pixels) {
        int right = 1;
        if (fread(expected, sizeof *expected, NET_CLASSES, answers) != NET_CLASSES)
            return 2;
        net_run(pixels, logits);
        for (int i = 0; i < NET_CLASSES; i++)
            right &= same(logits[i], expected[i]);
        n_logits += !right;
        if (n++ < CLASSIFIED)
            n_classes += net_classify(pixels) != class_of(expected);
    }
    fclose(images);
    fclose(answers);
#ifdef SELF_TEST
    const int failed = net_self_test();
    printf("%lu images, %lu with other logits, %lu with another class, self-test %d\n", n, n_logits,
           n_classes, failed);
    return n == 0 || n_logits > 0 || n_classes > 0 || failed != 0;
#else
    printf("%lu images, %lu with other logits, %lu with another class\n", n, n_logits, n_classes);
    return n == 0 || n_logits > 0 || n_classes > 0;
#endif
}
