/* memcpy and memmove for the static binary. musl's start a `rep movs` for every copy and move what is not a multiple of eight
 * byte by byte: of no account for a page, but the copies of a run over a cohort are a few dozen bytes long, and there are many.
 *
 * The linker takes these because it meets them before it meets libc.a. Both are the same function: a short copy is loaded
 * whole before anything is stored, so that an overlap does not matter. SSE2 is part of every x86-64. */

#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>

/* An access of any alignment to memory of any type. */
#define ANY __attribute__((packed, may_alias))
typedef struct ANY { uint16_t is; } two;
typedef struct ANY { uint32_t is; } four;
typedef struct ANY { uint64_t is; } eight;

#define LOAD(at) _mm_loadu_si128((const __m128i *)(at))
#define STORE(at, value) _mm_storeu_si128((__m128i *)(at), (value))

/* Less than 16 bytes: two words that may overlap, one from the front, one from the end. */
#define ENDS(word)                                                        \
    do {                                                                  \
        word front = *(const word *)from;                                 \
        word back = *(const word *)(from + n - sizeof(word));             \
        *(word *)to = front;                                              \
        *(word *)(to + n - sizeof(word)) = back;                          \
    } while (0)

static inline __attribute__((always_inline)) void copy(unsigned char *to, const unsigned char *from, size_t n)
{
    if (n < 16) {
        if (n >= 8) {
            ENDS(eight);
        } else if (n >= 4) {
            ENDS(four);
        } else if (n >= 2) {
            ENDS(two);
        } else if (n) {
            *to = *from;
        }
        return;
    }
    const unsigned char *from_end = from + n;
    unsigned char *to_end = to + n;
    if (n <= 32) {
        __m128i a = LOAD(from), z = LOAD(from_end - 16);
        STORE(to, a);
        STORE(to_end - 16, z);
        return;
    }
    /* From here on the first and the last 32 bytes are loaded before the rest is moved and stored after it. */
    __m128i a = LOAD(from), b = LOAD(from + 16), y = LOAD(from_end - 32), z = LOAD(from_end - 16);
    if (n > 64) {
        if ((uintptr_t)to - (uintptr_t)from >= n) {
            /* The target does not begin inside of the source: forwards, in steps that end on the target's 16 bytes. */
            size_t at = 32 - ((uintptr_t)to & 15);
            for (; at + 64 <= n - 32; at += 64) {
                __m128i p = LOAD(from + at), q = LOAD(from + at + 16);
                __m128i r = LOAD(from + at + 32), s = LOAD(from + at + 48);
                _mm_store_si128((__m128i *)(to + at), p);
                _mm_store_si128((__m128i *)(to + at + 16), q);
                _mm_store_si128((__m128i *)(to + at + 32), r);
                _mm_store_si128((__m128i *)(to + at + 48), s);
            }
            for (; at < n - 32; at += 16) {
                STORE(to + at, LOAD(from + at));
            }
        } else {
            size_t at = n - 32;
            for (; at >= 32 + 64; at -= 64) {
                __m128i p = LOAD(from + at - 16), q = LOAD(from + at - 32);
                __m128i r = LOAD(from + at - 48), s = LOAD(from + at - 64);
                STORE(to + at - 16, p);
                STORE(to + at - 32, q);
                STORE(to + at - 48, r);
                STORE(to + at - 64, s);
            }
            for (; at > 32; at -= 16) {
                STORE(to + at - 16, LOAD(from + at - 16));
            }
        }
    }
    STORE(to, a);
    STORE(to + 16, b);
    STORE(to_end - 32, y);
    STORE(to_end - 16, z);
}

void *memmove(void *to, const void *from, size_t n)
{
    copy(to, from, n);
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    copy(to, from, n);
    return to;
}
