#include "judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed;

void put(struct bytes *to, const void *from, size_t len)
{
    if (len > sizeof to->at - to->len)
        die("a message of more than %zu bytes", sizeof to->at);
    if (len)
        memcpy(to->at + to->len, from, len);
    to->len += len;
}

void put_byte(struct bytes *to, uint8_t byte)
{
    put(to, &byte, 1);
}

void put_tlv(struct bytes *to, uint8_t tag, const void *value, size_t len)
{
    put_byte(to, tag);
    if (len >= 0x100) {
        put_byte(to, 0x82);
        put_byte(to, (uint8_t)(len >> 8));
    } else if (len >= 0x80) {
        put_byte(to, 0x81);
    }
    put_byte(to, (uint8_t)len);
    put(to, value, len);
}

/* Header and value length of the object at `in`. */
static bool read_header(const uint8_t *in, size_t in_len, size_t *header, size_t *len)
{
    if (in_len < 2)
        return false;
    size_t octets = in[1] < 0x80 ? 0 : in[1] & 0x7Fu;
    if (octets > 2 || in[1] == 0x80 || in_len < 2 + octets)
        return false;
    *len = octets ? 0 : in[1];
    for (size_t i = 0; i < octets; i++)
        *len = *len << 8 | in[2 + i];
    *header = 2 + octets;
    return *len <= in_len - *header;
}

bool find_tlv(const uint8_t *in, size_t in_len, uint8_t tag, const uint8_t **value, size_t *len)
{
    size_t header, n;
    while (read_header(in, in_len, &header, &n)) {
        if (in[0] == tag) {
            *value = in + header;
            *len = n;
            return true;
        }
        in += header + n;
        in_len -= header + n;
    }
    return false;
}

size_t tlv_length(const uint8_t *in, size_t in_len)
{
    size_t header, n;
    return read_header(in, in_len, &header, &n) ? header + n : 0;
}

BUF_MEM view(const void *at, size_t len)
{
    BUF_MEM mem = {.length = len, .data = (char *)at, .max = len};
    return mem;
}

void print_hex(const char *label, const void *at, size_t len)
{
    const uint8_t *byte = at;
    printf("  %-12s ", label);
    for (size_t i = 0; i < len; i++)
        printf("%02X", byte[i]);
    printf("\n");
}

static void say(const char *word, const char *format, va_list arguments)
{
    printf("%s ", word);
    vprintf(format, arguments);
    printf("\n");
    fflush(stdout);
}

void pass(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("PASS", format, arguments);
    va_end(arguments);
}

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("FAIL", format, arguments);
    va_end(arguments);
    failed++;
}

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("FAIL", format, arguments);
    va_end(arguments);
    exit(1);
}

int failures(void)
{
    return failed;
}
