#include "judge.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

/* Who vouches for EF.CardSecurity. */
static X509 *csca;

static X509_STORE *lookup_csca(unsigned long issuer)
{
    X509_STORE *store = X509_STORE_new();
    if (X509_subject_name_hash(csca) != issuer || !store || X509_STORE_add_cert(store, csca) != 1)
        die("EF.CardSecurity is not signed by somebody whom the CSCA vouches for");
    return store;
}

static void load_csca(const char *path)
{
    BIO *file = BIO_new_file(path, "rb");
    csca = file ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
    if (file && !csca && BIO_reset(file) == 0)
        csca = d2i_X509_bio(file, NULL);
    if (!csca)
        die("%s is no certificate", path);
    BIO_free(file);
}

/* MSE:Set AT, GET CHALLENGE and EXTERNAL AUTHENTICATE, with a birth date to compare with. */
static unsigned authenticate_terminal(int fd, EAC_CTX *ctx, const struct bytes *chip_key,
                                      enum fault fault)
{
    static const char AUXILIARY[] = "\x67\x17\x73\x15\x06\x09\x04\x00\x7F\x00\x07\x03\x01"
                                    "\x04\x01\x53\x08" "20000101";
    static struct bytes data, response;
    static struct bytes name;
    shown_holder(&name);
    BUF_MEM *announced = TA_STEP3_generate_ephemeral_key(ctx);
    const ASN1_OBJECT *oid = EAC_OBJ_nid2obj(ctx->ta_ctx->protocol);
    if (!announced || !oid)
        die("libeac has no ephemeral key for Terminal Authentication: %s", openssl_error());
    data.len = 0;
    put_tlv(&data, 0x80, OBJ_get0_data(oid), OBJ_length(oid));
    put_tlv(&data, 0x83, name.at, name.len);
    put(&data, AUXILIARY, sizeof AUXILIARY - 1);
    put_tlv(&data, 0x91, announced->data, announced->length);
    unsigned status = send_protected(fd, ctx, 0x22, 0x81A4, &data, -1, &response);
    if (status == 0x9000) {
        data.len = 0;
        status = send_protected(fd, ctx, 0x84, 0x0000, &data, 8, &response);
    }
    if (status == 0x9000) {
        BUF_MEM challenge = view(response.at, response.len - 2);
        BUF_MEM theirs = view(chip_key->at, chip_key->len);
        BUF_MEM auxiliary = view(AUXILIARY, sizeof AUXILIARY - 1);
        BUF_MEM *chip = EAC_Comp(ctx, EAC_ID_PACE, &theirs);
        BUF_MEM *signature = NULL;
        if (challenge.length == 8 && TA_STEP4_set_nonce(ctx, &challenge) == 1)
            signature = TA_STEP5_sign(ctx, announced, chip, &auxiliary);
        if (!signature)
            die("libeac cannot sign the challenge: %s", openssl_error());
        data.len = 0;
        put(&data, signature->data, signature->length);
        if (fault == BAD_SIGNATURE)
            data.at[data.len - 1] ^= 1;
        status = send_protected(fd, ctx, 0x82, 0x0000, &data, -1, &response);
        BUF_MEM_clear_free(signature);
        BUF_MEM_clear_free(chip);
    }
    BUF_MEM_clear_free(announced);
    return status;
}

/* Chip Authentication with the chip's key in `card_security`; 0 where the chip's token is wrong. */
static unsigned authenticate_chip(int fd, EAC_CTX *ctx, const struct bytes *card_access,
                                  const struct bytes *card_security, enum fault fault)
{
    static struct bytes data, response;
    const uint8_t *nonce, *token, id = (uint8_t)ctx->ca_ctx->id;
    size_t nonce_len, token_len;
    const ASN1_OBJECT *oid = EAC_OBJ_nid2obj(ctx->ca_ctx->protocol);
    BUF_MEM *chip = CA_get_pubkey(ctx, card_security->at, card_security->len);
    if (!chip)
        die("libeac takes no key out of EF.CardSecurity: %s", openssl_error());
    data.len = 0;
    put_tlv(&data, 0x80, OBJ_get0_data(oid), OBJ_length(oid));
    if (ctx->ca_ctx->id >= 0)
        put_tlv(&data, 0x84, &id, 1);
    unsigned status = send_protected(fd, ctx, 0x22, 0x41A4, &data, -1, &response);
    if (status != 0x9000) {
        BUF_MEM_clear_free(chip);
        return status;
    }
    EAC_CTX *whose = ctx;
    if (fault == OTHER_EPHEMERAL) {
        whose = pace_context(card_access->at, card_access->len);
        BUF_MEM_clear_free(TA_STEP3_generate_ephemeral_key(whose));
    }
    BUF_MEM *ephemeral = CA_STEP2_get_eph_pubkey(whose);
    if (whose != ctx)
        EAC_CTX_clear_free(whose);
    data.len = 0;
    put_dynamic_data(&data, 0x80, ephemeral);
    status = send_protected(fd, ctx, 0x86, 0x0000, &data, data.len > 255 ? 65536 : 256, &response);
    BUF_MEM_clear_free(ephemeral);
    if (status == 0x9000) {
        if (!dynamic_data(response.at, response.len - 2, 0x81, &nonce, &nonce_len)
            || !dynamic_data(response.at, response.len - 2, 0x82, &token, &token_len))
            die("Chip Authentication: no nonce or no token in the answer");
        BUF_MEM r = view(nonce, nonce_len), t = view(token, token_len);
        if (CA_STEP4_compute_shared_secret(ctx, chip) != 1
            || CA_STEP6_derive_keys(ctx, &r, &t) != 1)
            status = 0;
    }
    BUF_MEM_clear_free(chip);
    return status;
}

/* One session, from power on to where it has to end. */
static void run(int fd, const struct bytes *card_access, const struct password *password,
                enum fault fault)
{
    static struct bytes chat, chip_key, card_security, again;
    shown_chat(&chat);
    EAC_CTX *ctx = pace_context(card_access->at, card_access->len);
    if (!ctx->ca_ctx)
        die("libeac finds no Chip Authentication in EF.CardAccess");
    shown_to(ctx);
    ctx->ca_ctx->lookup_csca_cert = lookup_csca;
    unsigned status = pace(fd, ctx, password, &chat, true, &chip_key);
    if (status != 0x9000)
        die("PACE with the right password: %04X", status);

    status = show_certificates(fd, ctx, fault);
    if (fault == OTHER_ISSUER) {
        expect("a trust point that the chip does not have", status, 0x6A88);
    } else if (fault == BAD_CERTIFICATE) {
        if (status == 0x9000 || !status)
            fail("an altered certificate: %04X", status);
        else
            pass("an altered certificate is refused: %04X", status);
    } else if (status != 0x9000) {
        die("a certificate is refused: %04X", status);
    }
    if (fault == OTHER_ISSUER || fault == BAD_CERTIFICATE) {
        EAC_CTX_clear_free(ctx);
        return;
    }
    status = authenticate_terminal(fd, ctx, &chip_key, fault);
    if (fault == BAD_SIGNATURE) {
        expect("EXTERNAL AUTHENTICATE with an altered signature", status, 0x6300);
        EAC_CTX_clear_free(ctx);
        return;
    }
    if (status != 0x9000)
        die("Terminal Authentication: %04X", status);
    if (fault == NONE)
        pass("Terminal Authentication %s, %d certificates", EAC_OBJ_nid2sn(ctx->ta_ctx->protocol),
             shown_count());

    read_file(fd, ctx, "EF.CardSecurity", 0x1D, 0x30, 256, &card_security);
    status = authenticate_chip(fd, ctx, card_access, &card_security, fault);
    if (fault == OTHER_EPHEMERAL) {
        if (status == 0x9000 || !status)
            fail("an ephemeral key that was not announced: %04X", status);
        else
            pass("an ephemeral key that was not announced is refused: %04X", status);
        read_file(fd, ctx, "EF.CardSecurity over the old channel", 0x1D, 0x30, 256, &again);
        EAC_CTX_clear_free(ctx);
        return;
    }
    if (status != 0x9000)
        die("Chip Authentication: %04X%s", status, status ? "" : ", the chip's token is wrong");
    pass("Chip Authentication %s: EF.CardSecurity is signed, the chip's token is right",
         EAC_OBJ_nid2sn(ctx->ca_ctx->protocol));
    if (EAC_CTX_set_encryption_ctx(ctx, EAC_ID_CA) != 1)
        die("libeac cannot start secure messaging anew: %s", openssl_error());
    read_file(fd, ctx, "EF.CardSecurity under the new keys", 0x1D, 0x30, 256, &again);
    if (again.len != card_security.len || memcmp(again.at, card_security.at, again.len))
        fail("EF.CardSecurity is another file now");
    EAC_CTX_clear_free(ctx);
}

int eac_terminal(int port, const struct password *password, char **files, int count)
{
    static struct bytes card_access;
    load_csca(files[0]);
    shown_load(files[1], files[2], files + 3, count - 3);

    int fd = wire_accept(port);
    static const enum fault ORDER[] = {OTHER_ISSUER, BAD_CERTIFICATE, BAD_SIGNATURE,
                                       OTHER_EPHEMERAL, NONE};
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++) {
        power_up(fd);
        read_card_access(fd, &card_access);
        run(fd, &card_access, password, ORDER[i]);
    }
    wire_control(fd, POWER_OFF);
    printf("%s\n", failures() ? "eac-terminal: FAILED" : "eac-terminal: all passed");
    return failures() ? 1 : 0;
}
