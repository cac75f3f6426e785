#include "judge.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Without this an exchange costs 44 ms, the delayed ACK. It does not stick: set it every time. */
static void acknowledge_at_once(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

int wire_accept(int port)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1)
        || getsockname(listener, (struct sockaddr *)&address, &len))
        die("cannot listen on port %d: %s", port, strerror(errno));
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        die("no card plugged in: %s", strerror(errno));
    close(listener);
    return fd;
}

int wire_connect(const char *host, const char *port, int seconds)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error)
        die("%s:%s: %s", host, port, gai_strerror(error));
    struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    for (long tries = seconds * 50L; tries > 0; tries--) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, found->ai_addr, found->ai_addrlen) == 0) {
            freeaddrinfo(found);
            return fd;
        }
        close(fd);
        nanosleep(&pause, NULL);
    }
    die("nobody listened on %s:%s for %d s", host, port, seconds);
}

void wire_send(int fd, const void *payload, size_t len)
{
    static uint8_t frame[2 + UINT16_MAX];
    if (len > UINT16_MAX)
        die("a frame of %zu bytes", len);
    frame[0] = (uint8_t)(len >> 8);
    frame[1] = (uint8_t)len;
    memcpy(frame + 2, payload, len);
    for (size_t sent = 0; sent < len + 2;) {
        ssize_t n = write(fd, frame + sent, len + 2 - sent);
        if (n <= 0)
            die("the other end is gone: %s", strerror(errno));
        sent += (size_t)n;
    }
    acknowledge_at_once(fd);
}

void wire_control(int fd, enum control control)
{
    uint8_t byte = (uint8_t)control;
    wire_send(fd, &byte, 1);
}

/* Bytes read: `len`, or fewer when the other end closed. */
static size_t read_all(int fd, uint8_t *to, size_t len)
{
    size_t have = 0;
    while (have < len) {
        acknowledge_at_once(fd);
        ssize_t n = read(fd, to + have, len - have);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            break;
        if (n < 0)
            die("reading from the other end: %s", strerror(errno));
        have += (size_t)n;
    }
    return have;
}

bool wire_receive(int fd, struct bytes *payload)
{
    uint8_t header[2];
    size_t have = read_all(fd, header, sizeof header);
    if (have == 0)
        return false;
    payload->len = (size_t)header[0] << 8 | header[1];
    if (have < sizeof header || read_all(fd, payload->at, payload->len) < payload->len)
        die("the other end closed inside a frame");
    return true;
}
