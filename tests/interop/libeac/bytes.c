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

void put_tlv(struct bytes *to, unsigned tag, const void *value, size_t len)
{
    if (tag > 0xFF)
        put_byte(to, (uint8_t)(tag >> 8));
    put_byte(to, (uint8_t)tag);
    if (len >= 0x100) {
        put_byte(to, 0x82);
        put_byte(to, (uint8_t)(len >> 8));
    } else if (len >= 0x80) {
        put_byte(to, 0x81);
    }
    put_byte(to, (uint8_t)len);
    put(to, value, len);
}

/* Tag, header and value length of the object at `in`. */
static bool read_header(const uint8_t *in, size_t in_len, unsigned *tag, size_t *header,
                        size_t *len)
{
    if (in_len < 2)
        return false;
    size_t at = 1;
    *tag = in[0];
    if ((in[0] & 0x1F) == 0x1F) {
        *tag = (unsigned)in[0] << 8 | in[1];
        at = 2;
    }
    if (in_len <= at || in[at] == 0x80)
        return false;
    size_t octets = in[at] < 0x80 ? 0 : in[at] & 0x7Fu;
    if (octets > 2 || in_len < at + 1 + octets)
        return false;
    *len = octets ? 0 : in[at];
    for (size_t i = 0; i < octets; i++)
        *len = *len << 8 | in[at + 1 + i];
    *header = at + 1 + octets;
    return *len <= in_len - *header;
}

bool find_tlv(const uint8_t *in, size_t in_len, unsigned tag, const uint8_t **value, size_t *len)
{
    unsigned found;
    size_t header, n;
    while (read_header(in, in_len, &found, &header, &n)) {
        if (found == tag) {
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
    unsigned tag;
    size_t header, n;
    return read_header(in, in_len, &tag, &header, &n) ? header + n : 0;
}

BUF_MEM view(const void *at, size_t len)
{
    BUF_MEM mem = {.length = len, .data = (char *)at, .max = len};
    return mem;
}

bool same(const BUF_MEM *one, const void *other, size_t len)
{
    return one && one->length == len && !memcmp(one->data, other, len);
}

void load(const char *path, struct bytes *to)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        die("cannot read %s", path);
    to->len = fread(to->at, 1, sizeof to->at, file);
    if (ferror(file) || !feof(file))
        die("%s cannot be read or is too large", path);
    fclose(file);
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
