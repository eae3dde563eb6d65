/* The floor: a server that could not do less. It upgrades whoever asks, without a look at what they
 * say, and writes what one who asked for /publish sends to all the others, joined by turn of its loop.
 * Who publishes sends whole frames as a server writes them.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 8192
#define EVENTS 256

enum role { NOBODY, ASKING, SUBSCRIBER, PUBLISHER };

static const char UPGRADE[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\n\r\n";
static enum role roles[MOST];
static char pending[1 << 20];
static size_t length;
static int epoll;

static void leave(int fd)
{
    roles[fd] = NOBODY;
    close(fd);
}

static void flush(void)
{
    for (int fd = 0; length && fd < MOST; fd++)
        if (roles[fd] == SUBSCRIBER && send(fd, pending, length, MSG_NOSIGNAL) != (ssize_t)length)
            leave(fd); /* who does not read is cut off: there is no queue */
    length = 0;
}

static void come(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1;
    if (fd < 0)
        return;
    if (fd >= MOST) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    roles[fd] = ASKING;
}

static void read_from(int fd)
{
    if (sizeof pending - length < 65536)
        flush();
    ssize_t count = recv(fd, pending + length, 65536, 0);
    if (count <= 0) {
        if (!count || errno != EAGAIN)
            leave(fd);
    } else if (roles[fd] == PUBLISHER) {
        length += count;
    } else if (roles[fd] == ASKING) {
        roles[fd] = memmem(pending + length, count, " /publish ", 10) ? PUBLISHER : SUBSCRIBER;
        send(fd, UPGRADE, sizeof UPGRADE - 1, MSG_NOSIGNAL);
    }
}

int main(int count, char **words)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    place.sin_port = htons(count == 2 ? atoi(words[1]) : 0);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&place, sizeof place) || listen(listener, 1024)) {
        perror("floor");
        return 1;
    }
    epoll = epoll_create1(0);
    struct epoll_event events[EVENTS], event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int number = 0; number < ready; number++) {
            if (events[number].data.fd == listener)
                come(listener);
            else
                read_from(events[number].data.fd);
        }
        flush();
    }
}
