/* copy.c, its functions renamed, against the memmove of this machine: every length up to 600, every alignment, overlaps of both
 * directions. One byte that is wrong, inside of the target or outside, is one line and exit code 1. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 2048, LONGEST = 600, FROM = 700, ALIGNMENTS = 33 };

void *our_memcpy(void *restrict to, const void *restrict from, size_t n);
void *our_memmove(void *to, const void *from, size_t n);

static unsigned char source[SIZE], want[SIZE], have[SIZE];

static void expect(const char *what, int n, int from, int to)
{
    if (memcmp(want, have, SIZE) != 0) {
        printf("%s of %d bytes from %d to %d\n", what, n, from, to);
        exit(1);
    }
}

int main(void)
{
    for (int i = 0; i < SIZE; i++) {
        source[i] = (unsigned char)rand();
    }
    long checks = 0;
    for (int n = 0; n <= LONGEST; n++) {
        for (int from = FROM; from < FROM + ALIGNMENTS; from++) {
            /* Every distance of short copies, every seventh of long ones. */
            for (int by = -n - 40; by <= n + 40; by += n > 80 ? 7 : 1) {
                int to = from + by;
                memcpy(want, source, SIZE);
                memmove(want + to, want + from, (size_t)n);
                memcpy(have, source, SIZE);
                our_memmove(have + to, have + from, (size_t)n);
                expect("memmove", n, from, to);
                if (abs(by) >= n) {
                    memcpy(have, source, SIZE);
                    our_memcpy(have + to, have + from, (size_t)n);
                    expect("memcpy", n, from, to);
                }
                checks++;
            }
        }
    }
    printf("%ld copies\n", checks);
    return 0;
}
