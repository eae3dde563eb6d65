#define _GNU_SOURCE
#include "publishers.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define PATIENCE_MS 5000

static char room[1 << 16];

static void find_stamps(struct publisher *publisher, const char *name)
{
    const char *text = publisher->text, *end = text + publisher->length, *at = text;
    while ((at = memmem(at, end - at, name, MARK_LENGTH))) {
        at += MARK_LENGTH;
        publisher->stamps =
            realloc(publisher->stamps, (publisher->messages + 1) * sizeof *publisher->stamps);
        publisher->stamps[publisher->messages++] = at - text;
    }
}

static void await(struct stream *stream, short events)
{
    struct pollfd ready = {.fd = stream->fd, .events = events};
    if (poll(&ready, 1, PATIENCE_MS) != 1)
        fail("a publisher is not let in");
}

static void open_one(struct publishers *publishers, struct publisher *publisher,
                     const struct record *opening)
{
    publisher->stream = stream_connect(publishers->address, publishers->tls);
    await(&publisher->stream, POLLOUT);
    while (!stream_ready(&publisher->stream))
        await(&publisher->stream, POLLIN);
    for (size_t from = 0, part; opening && from < opening->length; from += part) {
        /* An opening may be an HTTP upgrade and then frames: the answer comes between them. */
        char *head = memmem(opening->bytes + from, opening->length - from, "\r\n\r\n", 4);
        part = head ? (size_t)(head + 4 - opening->bytes) - from : opening->length - from;
        stream_write(&publisher->stream, opening->bytes + from, part);
        while (!stream_read(&publisher->stream, room, sizeof room)) /* a TLS ticket is no answer */
            await(&publisher->stream, POLLIN);
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = publisher};
    epoll_ctl(publishers->epoll, EPOLL_CTL_ADD, publisher->stream.fd, &event);
}

void publishers_open(struct publishers *publishers, const struct records *texts,
                     const struct records *openings)
{
    publishers->all = calloc(publishers->count, sizeof *publishers->all);
    for (int number = 0; number < publishers->count; number++) {
        struct publisher *publisher = &publishers->all[number];
        const struct record *text = record_at(texts, number);
        publisher->length = text->length;
        publisher->text = malloc(text->length);
        memcpy(publisher->text, text->bytes, text->length);
        find_stamps(publisher, STAMP);
        if (!publisher->messages)
            find_stamps(publisher, MARK);
        errno = 0;
        if (!publisher->messages)
            fail("a publisher's text has no stamp");
        open_one(publishers, publisher, record_at(openings, number));
    }
}

bool publish(struct publishers *publishers, uint64_t most, uint64_t now)
{
    for (int tried = 0; tried < publishers->count; tried++) {
        struct publisher *publisher = &publishers->all[publishers->next];
        publishers->next = (publishers->next + 1) % publishers->count;
        if (publisher->busy || (uint64_t)publisher->messages > most)
            continue;
        for (int stamp = 0; stamp < publisher->messages; stamp++)
            write_stamp(publisher->text + publisher->stamps[stamp], now);
        stream_write(&publisher->stream, publisher->text, publisher->length);
        publisher->busy = publishers->answered;
        publishers->sent += publisher->messages;
        return true;
    }
    return false;
}

void publisher_event(struct publishers *publishers, struct publisher *publisher)
{
    long count;
    while ((count = stream_read(&publisher->stream, room, sizeof room)) > 0) {
        if (!publisher->busy)
            continue;
        answer_feed(&publisher->answer, room, count);
        if (!answer_done(&publisher->answer))
            continue;
        if (publisher->answer.status / 100 == 2) {
            publishers->kept++;
        } else {
            publishers->refused++;
            publishers->last_refusal = publisher->answer.status;
        }
        publisher->answer = (struct answer){0};
        publisher->busy = false;
    }
    errno = 0;
    if (count < 0)
        fail("the peer left a publisher");
}

bool publishers_busy(const struct publishers *publishers)
{
    for (int number = 0; number < publishers->count; number++)
        if (publishers->all[number].busy)
            return true;
    return false;
}
