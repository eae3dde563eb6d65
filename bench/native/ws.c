#define _GNU_SOURCE
#include "ws.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CONTROL = 0x08, CLOSE = 0x88, PING = 0x89, PONG = 0x8a, MASKED = 0x80 };

static const char END[] = "\r\n\r\n";

size_t answer_feed(struct answer *answer, const char *bytes, size_t length)
{
    size_t taken = 0;
    while (!answer->status && taken < length) {
        if (answer->length == HEAD_ROOM - 1) {
            errno = 0;
            fail("an answer's head is too long");
        }
        answer->head[answer->length++] = bytes[taken++];
        if (answer->length >= 4 && !memcmp(answer->head + answer->length - 4, END, 4)) {
            answer->head[answer->length] = 0;
            answer->status = atoi(answer->head + strlen("HTTP/1.1 "));
            const char *announced = strcasestr(answer->head, "\r\ncontent-length:");
            answer->body = announced ? atol(announced + strlen("\r\ncontent-length:")) : 0;
        }
    }
    size_t body = length - taken < (size_t)answer->body ? length - taken : (size_t)answer->body;
    answer->body -= body;
    return taken + body;
}

bool answer_done(const struct answer *answer)
{
    return answer->status && !answer->body;
}

/* Bytes of the frame's head after the two that every frame has: a server masks nothing. */
static int extended(const unsigned char *head)
{
    return head[1] == 127 ? 8 : head[1] == 126 ? 2 : 0;
}

static unsigned long payload_length(const unsigned char *head)
{
    int width = extended(head);
    unsigned long length = width ? 0 : head[1];
    for (int byte = 0; byte < width; byte++)
        length = length << 8 | head[2 + byte];
    return length;
}

static void control_done(struct frames *frames, struct stream *stream)
{
    if (frames->head[0] == CLOSE)
        frames->closed = true;
    if (frames->head[0] == PING) {
        unsigned char pong[6 + sizeof frames->control] = {PONG, MASKED | frames->control_length};
        memcpy(pong + 6, frames->control, frames->control_length); /* the mask is four zeros */
        stream_write(stream, (char *)pong, 6 + frames->control_length);
    }
    frames->control_length = 0;
}

static void payload(struct frames *frames, struct meter *meter, const char *bytes, size_t length,
                    uint64_t now)
{
    if (frames->head[0] & CONTROL) {
        memcpy(frames->control + frames->control_length, bytes, length);
        frames->control_length += length;
    } else {
        meter_scan(meter, &frames->tail, bytes, length, now);
    }
}

/* Take bytes of the frame's head; false while it is not whole. */
static bool head_whole(struct frames *frames, const char **bytes, const char *end)
{
    while (frames->head_length < 2 || frames->head_length < 2 + extended(frames->head)) {
        if (*bytes == end)
            return false;
        frames->head[frames->head_length++] = *(*bytes)++;
    }
    return true;
}

void frames_feed(struct frames *frames, struct stream *stream, struct meter *meter,
                 const char *bytes, size_t length, uint64_t now)
{
    const char *end = bytes + length;
    while (bytes < end) {
        if (!frames->left) {
            if (!head_whole(frames, &bytes, end))
                return;
            frames->left = payload_length(frames->head);
            if (frames->head[0] & CONTROL && frames->left > sizeof frames->control)
                fail("a control frame is too long");
        }
        size_t room = end - bytes;
        size_t here = room < frames->left ? room : frames->left;
        payload(frames, meter, bytes, here, now);
        bytes += here;
        frames->left -= here;
        if (frames->left)
            return;
        if (frames->head[0] & CONTROL)
            control_done(frames, stream);
        frames->head_length = 0;
    }
}
