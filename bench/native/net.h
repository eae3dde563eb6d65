/* Non-blocking sockets, with TLS or without, that the load client reads and the peers write. */
#ifndef NET_H
#define NET_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct stream {
    int fd;
    SSL *tls; /* NULL without TLS */
};

/* HOST:PORT (an IPv4 address) or the path of a unix socket. Ends the program when refused at once. */
struct stream stream_connect(const char *address, SSL_CTX *tls);

/* True once the TLS handshake, if any, is done; false while it waits for the peer. */
bool stream_ready(struct stream *stream);

/* How many bytes came in, 0 when there are none now, -1 when the peer has left. */
long stream_read(struct stream *stream, char *into, size_t room);

/* All of it: what load this client offers is bounded by its window, so this hardly ever waits. */
void stream_write(struct stream *stream, const char *bytes, size_t length);

void stream_close(struct stream *stream);

/* The certificate is not checked: every peer is on this machine, and no secret travels. */
SSL_CTX *tls_client(void);

_Noreturn void fail(const char *what);

#endif
