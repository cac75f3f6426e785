#include "judge.h"

#include <string.h>

#include <eac/cv_cert.h>
#include <openssl/pem.h>

/* The most certificates below the trust point: links, a document verifier, a terminal. */
#define MOST_CERTIFICATES 4

/* What the terminal shows. */
static struct {
    struct bytes key, cvca, certificates[MOST_CERTIFICATES];
    int count;
} shown;

/* The private key in DER, whatever it came in. */
static void load_key(const char *path)
{
    BIO *file = BIO_new_file(path, "rb");
    EVP_PKEY *key = file ? PEM_read_bio_PrivateKey(file, NULL, NULL, NULL) : NULL;
    if (key) {
        uint8_t *der = NULL;
        int len = i2d_PrivateKey(key, &der);
        if (len <= 0)
            die("%s: %s", path, openssl_error());
        put(&shown.key, der, (size_t)len);
        OPENSSL_clear_free(der, (size_t)len);
        EVP_PKEY_free(key);
    } else {
        load(path, &shown.key);
    }
    BIO_free(file);
}

static CVC_CERT *certificate(int at)
{
    const uint8_t *in = shown.certificates[at].at;
    CVC_CERT *found = CVC_d2i_CVC_CERT(NULL, &in, (long)shown.certificates[at].len);
    if (!found)
        die("libeac cannot read certificate %d: %s", at + 1, openssl_error());
    return found;
}

/* libeac itself believes the chain, from the trust point down. */
static void check_chain(void)
{
    EAC_CTX *ctx = EAC_CTX_new();
    if (!ctx || EAC_CTX_init_ta(ctx, NULL, 0, shown.cvca.at, shown.cvca.len) != 1)
        die("libeac takes no trust point of this: %s", openssl_error());
    for (int i = 0; i < shown.count; i++)
        if (TA_STEP2_import_certificate(ctx, shown.certificates[i].at, shown.certificates[i].len)
            != 1)
            die("libeac does not take certificate %d: %s", i + 1, openssl_error());
    pass("libeac believes the chain of %d certificates", shown.count);
    EAC_CTX_clear_free(ctx);
}

void shown_load(const char *key, const char *cvca, char **certificates, int count)
{
    load_key(key);
    load(cvca, &shown.cvca);
    if (count < 1 || count > MOST_CERTIFICATES)
        die("%d certificates, and 1 to %d are possible", count, MOST_CERTIFICATES);
    for (int i = 0; i < count; i++)
        load(certificates[i], &shown.certificates[i]);
    shown.count = count;
    check_chain();
}

int shown_count(void)
{
    return shown.count;
}

void shown_chat(struct bytes *to)
{
    CVC_CERT *own = certificate(shown.count - 1);
    uint8_t *der = NULL;
    int len = i2d_CVC_CHAT((CVC_CHAT *)cvc_get_chat(own), &der);
    if (len <= 0)
        die("libeac cannot write the CHAT: %s", openssl_error());
    to->len = 0;
    put(to, der, (size_t)len);
    OPENSSL_free(der);
    CVC_CERT_free(own);
}

void shown_holder(struct bytes *to)
{
    CVC_CERT *own = certificate(shown.count - 1);
    char *name = CVC_get_chr(own);
    to->len = 0;
    put(to, name, strlen(name));
    OPENSSL_free(name);
    CVC_CERT_free(own);
}

void shown_to(EAC_CTX *ctx)
{
    const struct bytes *own = &shown.certificates[shown.count - 1];
    if (EAC_CTX_init_ta(ctx, shown.key.at, shown.key.len, own->at, own->len) != 1)
        die("libeac does not take the terminal's key or certificate: %s", openssl_error());
}

unsigned send_protected(int fd, EAC_CTX *ctx, uint8_t ins, unsigned p1p2,
                        const struct bytes *data, long le, struct bytes *response)
{
    return protected(fd, ctx, ins, (uint8_t)(p1p2 >> 8), (uint8_t)p1p2, data->at, data->len, le,
                     response);
}

unsigned show_certificates(int fd, EAC_CTX *ctx, enum fault fault)
{
    static struct bytes data, response;
    for (int i = 0; i < shown.count; i++) {
        const struct bytes *raw = &shown.certificates[i];
        const uint8_t *content;
        size_t len;
        CVC_CERT *parsed = certificate(i);
        char *issuer = CVC_get_car(parsed);
        data.len = 0;
        put_tlv(&data, 0x83, fault == OTHER_ISSUER ? "XXOTHER00001" : issuer,
                fault == OTHER_ISSUER ? 12 : strlen(issuer));
        OPENSSL_free(issuer);
        CVC_CERT_free(parsed);
        unsigned status = send_protected(fd, ctx, 0x22, 0x81B6, &data, -1, &response);
        if (status != 0x9000)
            return status;
        if (!find_tlv(raw->at, raw->len, 0x7F21, &content, &len))
            die("certificate %d has no 7F21", i + 1);
        data.len = 0;
        put(&data, content, len);
        if (fault == BAD_CERTIFICATE && i + 1 == shown.count)
            data.at[data.len - 1] ^= 1;
        status = send_protected(fd, ctx, 0x2A, 0x00BE, &data, -1, &response);
        if (status != 0x9000)
            return status;
    }
    return 0x9000;
}
