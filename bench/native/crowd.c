#include "crowd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

static char room[1 << 18];

static void watch(struct crowd *crowd, struct subscriber *subscriber, int operation, int events)
{
    struct epoll_event event = {.events = events, .data.ptr = subscriber};
    epoll_ctl(crowd->epoll, operation, subscriber->stream.fd, &event);
}

void crowd_grow(struct crowd *crowd, int at_once)
{
    while (crowd->opened + crowd->waiting + crowd->lost < crowd->size && crowd->waiting < at_once) {
        int number = crowd->opened + crowd->waiting + crowd->lost;
        struct subscriber *subscriber = &crowd->subscribers[number];
        subscriber->stream =
            stream_connect(crowd->addresses[number % crowd->address_count], crowd->tls);
        subscriber->head = record_at(&crowd->heads, number);
        subscriber->hello = record_at(&crowd->hellos, number);
        subscriber->answer = calloc(1, sizeof *subscriber->answer);
        crowd->waiting++;
        watch(crowd, subscriber, EPOLL_CTL_ADD, EPOLLOUT);
    }
}

static void lose(struct crowd *crowd, struct subscriber *subscriber)
{
    if (subscriber->state == OPEN)
        crowd->opened--;
    else
        crowd->waiting--;
    subscriber->state = LOST;
    crowd->lost++;
    stream_close(&subscriber->stream);
}

static void connected(struct crowd *crowd, struct subscriber *subscriber)
{
    if (stream_ready(&subscriber->stream)) {
        stream_write(&subscriber->stream, subscriber->head->bytes, subscriber->head->length);
        subscriber->state = UPGRADING;
    }
    watch(crowd, subscriber, EPOLL_CTL_MOD, EPOLLIN);
}

static size_t upgraded(struct crowd *crowd, struct subscriber *subscriber, size_t length)
{
    struct answer *answer = subscriber->answer;
    size_t taken = answer_feed(answer, room, length);
    if (!answer_done(answer))
        return taken;
    int status = answer->status;
    free(answer);
    subscriber->answer = NULL;
    if (status != 101) {
        crowd->last_refusal = status;
        lose(crowd, subscriber);
        return length;
    }
    if (subscriber->hello)
        stream_write(&subscriber->stream, subscriber->hello->bytes, subscriber->hello->length);
    subscriber->state = OPEN;
    crowd->waiting--;
    crowd->opened++;
    return taken;
}

void crowd_event(struct crowd *crowd, struct subscriber *subscriber, uint64_t now)
{
    crowd->last_heard = now;
    if (subscriber->state == CONNECTING) {
        connected(crowd, subscriber);
        return;
    }
    long count;
    do {
        count = stream_read(&subscriber->stream, room, sizeof room);
        size_t start = 0;
        if (count > 0 && subscriber->state == UPGRADING)
            start = upgraded(crowd, subscriber, count);
        if (count > 0 && subscriber->state == OPEN)
            frames_feed(&subscriber->frames, &subscriber->stream, &crowd->meter, room + start,
                        count - start, now);
    } while (count > 0 && subscriber->stream.tls && subscriber->state != LOST);
    if (subscriber->state != LOST && (count < 0 || subscriber->frames.closed))
        lose(crowd, subscriber);
}
