/* What is measured: how many messages came in, and how old each was. */
#ifndef METER_H
#define METER_H

#include <stddef.h>
#include <stdint.h>

#define MARK "\"t\":"  /* as it stands in what is delivered, once a message */
#define STAMP "\"T\":" /* as it stands in what is sent, if the peer turns it into the mark */
#define DIGITS 9
#define MARK_LENGTH 4
#define TAIL (MARK_LENGTH + DIGITS - 1)

struct meter {
    uint64_t messages;
    uint64_t buckets[2048]; /* of ages in microseconds, 64 to each doubling */
};

/* The end of what one connection delivered so far: a mark may be cut anywhere. */
struct tail {
    char bytes[TAIL];
    unsigned char length;
};

uint64_t now_us(void);

/* The time as nine digits without a leading zero: JSON allows none, so it counts in 900 s. */
void write_stamp(char *into, uint64_t now);

void meter_scan(struct meter *meter, struct tail *tail, const char *bytes, size_t length,
                uint64_t now);

/* The age in milliseconds that this share of the messages did not exceed, to 1.6 %. */
double meter_quantile(const struct meter *meter, double share);

#endif
