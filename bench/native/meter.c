#define _GNU_SOURCE
#include "meter.h"

#include <string.h>
#include <time.h>

#define CYCLE 900000000u
#define FIRST 100000000u
#define FINE_BITS 6
#define FINE (1u << FINE_BITS)

uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void write_stamp(char *into, uint64_t now)
{
    uint64_t value = now % CYCLE + FIRST;
    for (int digit = DIGITS - 1; digit >= 0; digit--, value /= 10)
        into[digit] = '0' + value % 10;
}

static unsigned bucket_of(uint64_t age)
{
    if (age < FINE)
        return age;
    int shift = 63 - __builtin_clzll(age) - FINE_BITS;
    return (shift + 1) * FINE + ((age >> shift) - FINE);
}

static double upper_end(unsigned bucket)
{
    if (bucket < FINE)
        return bucket + 1;
    unsigned shift = bucket / FINE - 1;
    return (double)((uint64_t)(bucket % FINE + FINE + 1) << shift);
}

static void count(struct meter *meter, const char *digits, uint64_t now)
{
    uint64_t sent = 0;
    for (int digit = 0; digit < DIGITS; digit++)
        sent = sent * 10 + (digits[digit] - '0');
    uint64_t age = (now % CYCLE + FIRST + CYCLE - sent) % CYCLE;
    meter->messages++;
    meter->buckets[bucket_of(age)]++;
}

static void search(struct meter *meter, const char *bytes, size_t length, uint64_t now)
{
    const char *end = bytes + length;
    while ((bytes = memmem(bytes, end - bytes, MARK, MARK_LENGTH))) {
        bytes += MARK_LENGTH;
        if (end - bytes < DIGITS)
            return;
        count(meter, bytes, now);
        bytes += DIGITS;
    }
}

void meter_scan(struct meter *meter, struct tail *tail, const char *bytes, size_t length,
                uint64_t now)
{
    if (tail->length) { /* a mark found here begins in the tail: what is added is too short for one */
        char joint[2 * TAIL];
        size_t added = length < TAIL ? length : TAIL;
        memcpy(joint, tail->bytes, tail->length);
        memcpy(joint + tail->length, bytes, added);
        search(meter, joint, tail->length + added, now);
    }
    search(meter, bytes, length, now);
    if (length >= TAIL) {
        memcpy(tail->bytes, bytes + length - TAIL, TAIL);
        tail->length = TAIL;
        return;
    }
    size_t kept = tail->length + length <= TAIL ? tail->length : TAIL - length;
    memmove(tail->bytes, tail->bytes + tail->length - kept, kept);
    memcpy(tail->bytes + kept, bytes, length);
    tail->length = kept + length;
}

double meter_quantile(const struct meter *meter, double share)
{
    uint64_t wanted = (uint64_t)(share * meter->messages), seen = 0;
    for (unsigned bucket = 0; bucket < sizeof meter->buckets / sizeof *meter->buckets; bucket++) {
        seen += meter->buckets[bucket];
        if (seen > wanted || (seen && seen == meter->messages))
            return upper_end(bucket) / 1000;
    }
    return 0;
}
