#include "judge.h"

#include <string.h>

#include <openssl/err.h>

EAC_CTX *pace_context(const uint8_t *card_access, size_t len)
{
    EAC_CTX *ctx = EAC_CTX_new();
    if (!ctx || EAC_CTX_init_ef_cardaccess(card_access, len, ctx) != 1 || !ctx->pace_ctx)
        die("libeac finds no PACE it can run in EF.CardAccess: %s", openssl_error());
    return ctx;
}

PACE_SEC *pace_can(const char *can)
{
    PACE_SEC *secret = PACE_SEC_new(can, strlen(can), PACE_CAN);
    if (!secret)
        die("libeac does not take the CAN: %s", openssl_error());
    return secret;
}

bool dynamic_data(const uint8_t *in, size_t len, uint8_t tag, const uint8_t **value, size_t *n)
{
    const uint8_t *inner;
    size_t inner_len;
    return find_tlv(in, len, 0x7C, &inner, &inner_len)
        && find_tlv(inner, inner_len, tag, value, n);
}

void put_dynamic_data(struct bytes *to, uint8_t tag, const BUF_MEM *value)
{
    static struct bytes inner;
    inner.len = 0;
    if (value)
        put_tlv(&inner, tag, value->data, value->length);
    put_tlv(to, 0x7C, inner.at, inner.len);
}

const char *openssl_error(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    return reason ? reason : "no reason given";
}
