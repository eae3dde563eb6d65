/* Those who send. Each has one text, its stamps written anew each time. */
#ifndef PUBLISHERS_H
#define PUBLISHERS_H

#include "records.h"
#include "ws.h"

struct publisher {
    struct stream stream;
    char *text;
    size_t length;
    size_t *stamps; /* where the digits are */
    int messages;   /* stamps in the text */
    bool busy;      /* waits for an HTTP answer */
    struct answer answer;
};

struct publishers {
    const char *address;
    SSL_CTX *tls;
    int epoll, count, next;
    bool answered; /* by HTTP: a publisher waits for its answer before it sends again */
    struct publisher *all;
    uint64_t sent, kept, refused; /* messages sent; requests answered 2xx and otherwise */
    int last_refusal;
};

/* Connect them one after the other and say what each says first (`openings` may be empty). */
void publishers_open(struct publishers *publishers, const struct records *texts,
                     const struct records *openings);

/* Send the next publisher's text if it holds at most `most` messages; false if that cannot be now. */
bool publish(struct publishers *publishers, uint64_t most, uint64_t now);

void publisher_event(struct publishers *publishers, struct publisher *publisher);

/* Whether any of them waits for an answer. */
bool publishers_busy(const struct publishers *publishers);

#endif
