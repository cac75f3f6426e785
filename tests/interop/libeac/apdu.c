#include "judge.h"

#include <string.h>

void apdu_set(struct apdu *to, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, const void *data,
              size_t len, long le)
{
    to->cla = cla;
    to->ins = ins;
    to->p1 = p1;
    to->p2 = p2;
    to->extended = len > 255 || le > 256;
    to->le = le;
    to->data.len = 0;
    put(&to->data, data, len);
}

void apdu_encode(const struct apdu *from, struct bytes *to)
{
    const uint8_t header[] = {from->cla, from->ins, from->p1, from->p2};
    size_t lc = from->data.len;
    to->len = 0;
    put(to, header, sizeof header);
    if (from->extended && (lc || from->le >= 0))
        put_byte(to, 0);
    if (lc) {
        if (from->extended)
            put_byte(to, (uint8_t)(lc >> 8));
        put_byte(to, (uint8_t)lc);
        put(to, from->data.at, lc);
    }
    if (from->le >= 0) {
        if (from->extended)
            put_byte(to, (uint8_t)(from->le >> 8));
        put_byte(to, (uint8_t)from->le);
    }
}

bool apdu_parse(const struct bytes *from, struct apdu *to)
{
    const uint8_t *at = from->at;
    size_t len = from->len;
    if (len < 4)
        return false;
    apdu_set(to, at[0], at[1], at[2], at[3], NULL, 0, -1);
    if (len == 4)
        return true;

    size_t body = 5, lc = at[4], le_octets = 1;
    if (at[4] == 0 && len > 5) {
        if (len < 7)
            return false;
        to->extended = true;
        body = 7;
        lc = (size_t)at[5] << 8 | at[6];
        le_octets = 2;
    }
    if (len == body) {
        to->le = lc ? (long)lc : to->extended ? 65536 : 256;
        return true;
    }
    if (lc == 0 || len < body + lc)
        return false;
    put(&to->data, at + body, lc);
    size_t rest = len - body - lc;
    if (rest == 0)
        return true;
    if (rest != le_octets)
        return false;
    const uint8_t *le = at + body + lc;
    to->le = to->extended ? (long)le[0] << 8 | le[1] : le[0];
    if (to->le == 0)
        to->le = to->extended ? 65536 : 256;
    return true;
}

unsigned status_of(const struct bytes *response)
{
    if (response->len < 2)
        return 0;
    return (unsigned)response->at[response->len - 2] << 8 | response->at[response->len - 1];
}
