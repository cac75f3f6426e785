#include "judge.h"

#include <dlfcn.h>
#include <string.h>

#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/* libeac asks OpenSSL for DH's shared secret without the zeros in front, and so derives other keys
 * than the card once in 256 runs: it has as many bytes as the prime (PKCS#3 clause 8.3). This
 * stands in for what it calls. */
int DH_compute_key(unsigned char *key, const BIGNUM *theirs, DH *dh)
{
    return DH_compute_key_padded(key, theirs, dh);
}

/* libeac compresses an elliptic curve's point to its x-coordinate without the zeros in front, where
 * BSI TR-03110-3 clause A.2.2.3 has as many bytes as the field: a signature over such a key is of
 * another message, once in 256 keys. This stands in for it; the hash of a MODP group's key is
 * libeac's own. */
BUF_MEM *Comp(EVP_PKEY *key, const BUF_MEM *public, BN_CTX *numbers, EVP_MD_CTX *hash)
{
    typedef BUF_MEM *compress(EVP_PKEY *, const BUF_MEM *, BN_CTX *, EVP_MD_CTX *);
    if (public && EVP_PKEY_base_id(key) == EVP_PKEY_EC && public->length % 2 == 1
        && public->data[0] == 4) {
        BUF_MEM *x = BUF_MEM_new();
        size_t len = (public->length - 1) / 2;
        if (!x || !BUF_MEM_grow(x, len))
            die("out of memory");
        memcpy(x->data, public->data + 1, len);
        return x;
    }
    compress *theirs = NULL;
    *(void **)&theirs = dlsym(RTLD_NEXT, "Comp");
    if (!theirs)
        die("libeac has no Comp");
    return theirs(key, public, numbers, hash);
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
