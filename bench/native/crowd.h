/* The subscribers: opened a few at a time, then read as fast as they are written to. */
#ifndef CROWD_H
#define CROWD_H

#include "records.h"
#include "ws.h"

enum state { CONNECTING, UPGRADING, OPEN, LOST };

struct subscriber {
    struct stream stream;
    enum state state;
    const struct record *head, *hello;
    struct answer *answer; /* only until it is open: an open one has to be small */
    struct frames frames;
};

#define MOST_ADDRESSES 8

struct crowd {
    const char *addresses[MOST_ADDRESSES]; /* taken in turn */
    int address_count;
    SSL_CTX *tls;
    int epoll, size, opened, waiting, lost;
    int last_refusal; /* HTTP status */
    struct records heads, hellos; /* each taken in turn */
    struct subscriber *subscribers;
    struct meter meter;
    uint64_t last_heard;
};

/* Begin to open the next ones, so many at a time. */
void crowd_grow(struct crowd *crowd, int at_once);

/* What epoll has for this one; `now` in microseconds. */
void crowd_event(struct crowd *crowd, struct subscriber *subscriber, uint64_t now);

#endif
