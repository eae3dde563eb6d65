/* What a server says on a WebSocket (RFC 6455), and what an HTTP server answers. */
#ifndef WS_H
#define WS_H

#include <stdbool.h>

#include "meter.h"
#include "net.h"

#define HEAD_ROOM 2048

/* A head of HTTP as it comes in; afterwards `status` and `body` say what it announced. */
struct answer {
    char head[HEAD_ROOM];
    unsigned length;
    int status; /* 0 until the head is whole */
    long body;  /* bytes of the body that are still to come */
};

struct frames {
    unsigned char head[10];
    unsigned char head_length;
    unsigned char control[125];
    unsigned char control_length;
    unsigned long left; /* of the payload that comes in */
    bool closed;
    struct tail tail;
};

/* Take what belongs to the answer; how many bytes that was. */
size_t answer_feed(struct answer *answer, const char *bytes, size_t length);

bool answer_done(const struct answer *answer);

/* Take frames apart, measure their payload, answer pings. */
void frames_feed(struct frames *frames, struct stream *stream, struct meter *meter,
                 const char *bytes, size_t length, uint64_t now);

#endif
