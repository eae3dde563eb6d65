/* The load client: many subscribers, some publishers, one thread, no work but reading and counting.
 *
 * It opens all connections, says `{"opened": ...}`, and then does what the lines on its input say:
 * `run SECONDS WINDOW RATE` publishes for so long and answers with what was measured. At most WINDOW
 * messages are under way, each until every subscriber has it; RATE (messages a second) 0 is as fast
 * as the window lets it. It ends with its input.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crowd.h"
#include "publishers.h"

#define SECOND 1000000.0
#define QUIET 200000          /* nothing came in for so long: all has arrived */
#define OPENING_TAKES 20e6
#define DRAINING_TAKES 3e6
#define EVENTS 256

static struct crowd crowd;
static struct publishers publishers;

/* Handle what is there; wait at most so many milliseconds for it. */
static void turn(int wait_ms)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(crowd.epoll, events, EVENTS, wait_ms);
    for (int number = 0; number < count; number++) {
        struct publisher *publisher = events[number].data.ptr;
        if (publisher >= publishers.all && publisher < publishers.all + publishers.count)
            publisher_event(&publishers, publisher);
        else if (events[number].data.ptr)
            crowd_event(&crowd, events[number].data.ptr, now_us());
    }
}

static void add_address(const char *address)
{
    if (crowd.address_count == MOST_ADDRESSES)
        fail("too many addresses");
    crowd.addresses[crowd.address_count++] = address;
}

static void open_all(int at_once)
{
    uint64_t start = crowd.last_heard = now_us();
    while (now_us() - crowd.last_heard < QUIET || crowd.waiting) {
        crowd_grow(&crowd, at_once);
        turn(10);
        errno = 0;
        if (now_us() - start > OPENING_TAKES)
            fail("the connections do not open");
    }
    printf("{\"opened\": %d, \"lost\": %d, \"status\": %d, \"seconds\": %.4f}\n", crowd.opened,
           crowd.lost, crowd.last_refusal, (crowd.last_heard - start) / SECOND);
    fflush(stdout);
}

/* Messages under way: the mean over the subscribers, rounded up. */
static uint64_t under_way(uint64_t sent)
{
    if (!crowd.opened)
        return 0;
    return sent - crowd.meter.messages / crowd.opened;
}

static double cpu_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / SECOND;
}

static void publish_for(double seconds, uint64_t window, double rate, uint64_t start)
{
    uint64_t before = publishers.sent, end = start + seconds * SECOND, now;
    while ((now = now_us()) < end) {
        uint64_t next = rate ? start + (publishers.sent - before) / rate * SECOND : now;
        uint64_t away = under_way(publishers.sent - before);
        while (next <= now && away < window && publish(&publishers, window - away, now)) {
            away = under_way(publishers.sent - before);
            next = rate ? start + (publishers.sent - before) / rate * SECOND : now;
        }
        turn(rate && next > now ? (next - now + 999) / 1000 : 10);
    }
}

static void drain(uint64_t before)
{
    uint64_t start = now_us();
    while ((under_way(publishers.sent - before) || publishers_busy(&publishers)) &&
           now_us() - start < DRAINING_TAKES)
        turn(1);
}

static void run(double seconds, uint64_t window, double rate)
{
    memset(&crowd.meter, 0, sizeof crowd.meter);
    publishers.kept = publishers.refused = 0;
    uint64_t before = publishers.sent, start = now_us();
    double cpu = cpu_seconds();
    publish_for(seconds, window, rate, start);
    drain(before);
    double took = (now_us() - start) / SECOND;
    printf("{\"seconds\": %.4f, \"sent\": %lu, \"delivered\": %lu, \"kept\": %lu, "
           "\"refused\": %lu, \"status\": %d, \"lost\": %d, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
           "\"client_cpu\": %.4f}\n",
           took, publishers.sent - before, crowd.meter.messages, publishers.kept,
           publishers.refused, publishers.last_refusal, crowd.lost,
           meter_quantile(&crowd.meter, 0.5), meter_quantile(&crowd.meter, 0.99),
           cpu_seconds() - cpu);
    fflush(stdout);
}

/* Carry out the commands, and keep on reading while there are none. */
static void obey(void)
{
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    char line[128];
    struct epoll_event event;
    for (;;) {
        while (epoll_wait(crowd.epoll, &event, 1, -1) == 1 && event.data.ptr)
            turn(0);
        if (!fgets(line, sizeof line, stdin))
            return;
        double seconds, rate;
        unsigned long window;
        errno = 0;
        if (sscanf(line, "run %lf %lu %lf", &seconds, &window, &rate) != 3)
            fail("expected run SECONDS WINDOW RATE");
        epoll_ctl(crowd.epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
        run(seconds, window, rate);
        epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    }
}

int main(int count, char **words)
{
    struct records texts = {0}, openings = {0};
    int option, at_once = 32;
    while ((option = getopt(count, words, "s:Sn:u:h:c:p:Pm:t:o:a")) != -1) {
        switch (option) {
        case 's': add_address(optarg); break;
        case 'S': crowd.tls = tls_client(); break;
        case 'n': crowd.size = atoi(optarg); break;
        case 'u': crowd.heads = records_read(optarg); break;
        case 'h': crowd.hellos = records_read(optarg); break;
        case 'c': at_once = atoi(optarg); break;
        case 'p': publishers.address = optarg; break;
        case 'P': publishers.tls = tls_client(); break;
        case 'm': publishers.count = atoi(optarg); break;
        case 't': texts = records_read(optarg); break;
        case 'o': openings = records_read(optarg); break;
        case 'a': publishers.answered = true; break;
        default: return 2;
        }
    }
    crowd.epoll = publishers.epoll = epoll_create1(0);
    crowd.subscribers = calloc(crowd.size + 1, sizeof *crowd.subscribers);
    open_all(at_once);
    publishers_open(&publishers, &texts, &openings);
    obey();
    return 0;
}
