#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_MS 5000

void fail(const char *what)
{
    fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

SSL_CTX *tls_client(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context)
        fail("no TLS");
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    return context;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    strncpy(place.sun_path, path, sizeof place.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&place, sizeof place))
        fail(path);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static int connect_tcp(const char *address)
{
    char host[64] = "";
    const char *colon = strrchr(address, ':');
    if (!colon || (size_t)(colon - address) >= sizeof host)
        fail("expected HOST:PORT");
    memcpy(host, address, colon - address);
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(atoi(colon + 1))};
    if (inet_pton(AF_INET, host, &place.sin_addr) != 1)
        fail("expected an IPv4 address");
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0 || (connect(fd, (struct sockaddr *)&place, sizeof place) && errno != EINPROGRESS))
        fail(address);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

struct stream stream_connect(const char *address, SSL_CTX *tls)
{
    struct stream stream = {.fd = *address == '/' ? connect_unix(address) : connect_tcp(address)};
    if (tls) {
        stream.tls = SSL_new(tls);
        SSL_set_fd(stream.tls, stream.fd);
        SSL_set_tlsext_host_name(stream.tls, "localhost");
        SSL_set_connect_state(stream.tls);
    }
    return stream;
}

bool stream_ready(struct stream *stream)
{
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if ((errno = error))
        fail("connect");
    if (!stream->tls)
        return true;
    int done = SSL_do_handshake(stream->tls);
    if (done == 1)
        return true;
    if (SSL_get_error(stream->tls, done) != SSL_ERROR_WANT_READ)
        fail("TLS handshake");
    return false;
}

long stream_read(struct stream *stream, char *into, size_t room)
{
    if (stream->tls) {
        int count = SSL_read(stream->tls, into, room);
        if (count > 0)
            return count;
        int why = SSL_get_error(stream->tls, count);
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    ssize_t count = recv(stream->fd, into, room, 0);
    if (count > 0)
        return count;
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

void stream_write(struct stream *stream, const char *bytes, size_t length)
{
    while (length) {
        ssize_t count = stream->tls ? SSL_write(stream->tls, bytes, length)
                                    : send(stream->fd, bytes, length, MSG_NOSIGNAL);
        if (count > 0) {
            bytes += count;
            length -= count;
            continue;
        }
        bool later = stream->tls ? SSL_get_error(stream->tls, count) == SSL_ERROR_WANT_WRITE
                                 : errno == EAGAIN;
        struct pollfd writable = {.fd = stream->fd, .events = POLLOUT};
        if (!later || poll(&writable, 1, PATIENCE_MS) != 1)
            fail("the peer does not read");
    }
}

void stream_close(struct stream *stream)
{
    if (stream->tls)
        SSL_free(stream->tls);
    close(stream->fd);
}
