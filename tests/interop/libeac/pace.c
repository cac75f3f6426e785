#include "judge.h"

#include <string.h>

#include <openssl/dh.h>
#include <openssl/err.h>

/* libeac asks OpenSSL for DH's shared secret without the zeros in front, and so derives other keys
 * than the card once in 256 runs: it has as many bytes as the prime (PKCS#3 clause 8.3). This
 * stands in for what it calls. */
int DH_compute_key(unsigned char *key, const BIGNUM *theirs, DH *dh)
{
    return DH_compute_key_padded(key, theirs, dh);
}

EAC_CTX *pace_context(const uint8_t *card_access, size_t len)
{
    EAC_CTX *ctx = EAC_CTX_new();
    if (!ctx || EAC_CTX_init_ef_cardaccess(card_access, len, ctx) != 1 || !ctx->pace_ctx)
        die("libeac finds no PACE it can run in EF.CardAccess: %s", openssl_error());
    return ctx;
}

struct password password_of(const char *argument)
{
    static const struct {
        const char *prefix;
        enum s_type kind;
    } KINDS[] = {{"mrz:", PACE_MRZ}, {"can:", PACE_CAN}, {"pin:", PACE_PIN}, {"puk:", PACE_PUK}};
    struct password password = {.kind = PACE_CAN};
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (!strncmp(argument, KINDS[i].prefix, 4)) {
            password.kind = KINDS[i].kind;
            argument += 4;
            break;
        }
    if (strlen(argument) >= sizeof password.text)
        die("a password of %zu characters", strlen(argument));
    strcpy(password.text, argument);
    return password;
}

PACE_SEC *pace_secret(const struct password *password)
{
    PACE_SEC *secret = PACE_SEC_new(password->text, strlen(password->text), password->kind);
    if (!secret)
        die("libeac does not take the password: %s", openssl_error());
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
