#include "judge.h"

#include <stdio.h>
#include <string.h>

#include <eac/cv_cert.h>

/* What the terminal did, over all sessions. */
static struct {
    int certificates, refused_certificates, believed, refused_signatures, agreed, refused_keys;
} seen;

static void load_file(const char *folder, const char *name, struct bytes *to)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        die("a folder with too long a name");
    load(path, to);
}

void eac_load(struct eac *eac, const char *folder)
{
    load_file(folder, "card-access", &eac->card_access);
    load_file(folder, eac->version == 1 ? "dg14" : "card-security", &eac->infos);
    load_file(folder, "cvca.cvcert", &eac->cvca);
    load_file(folder, "ca.key", &eac->key);
}

/* EF.DG14 repeats EF.CardAccess, and has the key in the clear. */
static EAC_CTX *context_of_dg14(const struct bytes *dg14)
{
    const uint8_t *infos;
    size_t len;
    if (!find_tlv(dg14->at, dg14->len, 0x6E, &infos, &len))
        die("no EF.DG14");
    return pace_context(infos, len);
}

EAC_CTX *eac_context(const struct eac *eac)
{
    bool first = eac->version == 1;
    EAC_CTX *ctx = first ? context_of_dg14(&eac->infos)
                         : pace_context(eac->card_access.at, eac->card_access.len);
    if (EAC_CTX_init_ta(ctx, NULL, 0, eac->cvca.at, eac->cvca.len) != 1)
        die("libeac takes no trust point of this: %s", openssl_error());
    if (!ctx->ca_ctx)
        die("libeac finds no Chip Authentication in the card's files");
    BUF_MEM *public = NULL;
    if (!first) {
        /* The chip reads its own file: nobody has to vouch for it. */
        CA_disable_passive_authentication(ctx);
        public = CA_get_pubkey(ctx, eac->infos.at, eac->infos.len);
        if (!public)
            die("libeac takes no key out of EF.CardSecurity: %s", openssl_error());
    }
    if (CA_set_key(ctx, eac->key.at, eac->key.len, public ? (const uint8_t *)public->data : NULL,
                   public ? public->length : 0) != 1)
        die("libeac takes no key of Chip Authentication of this: %s", openssl_error());
    BUF_MEM_clear_free(public);
    return ctx;
}

void eac_forget(struct eac *eac)
{
    eac->announced.len = eac->auxiliary.len = 0;
    eac->trusts = eac->has_auxiliary = eac->ready = false;
    eac->challenged = eac->believed = eac->chosen = false;
}

static bool is_holder(const CVC_CERT *certificate, const uint8_t *name, size_t len)
{
    const ASN1_STRING *holder =
        certificate ? certificate->body->certificate_holder_reference : NULL;
    return holder && (size_t)holder->length == len && !memcmp(holder->data, name, len);
}

/* MSE:Set DST: whose key verifies the next certificate. */
static unsigned set_dst(struct eac *eac, const EAC_CTX *ctx, const struct bytes *data)
{
    const uint8_t *name;
    size_t len;
    const TA_CTX *ta = ctx->ta_ctx;
    eac->trusts = false;
    if (!find_tlv(data->at, data->len, 0x83, &name, &len))
        return 0x6A80;
    if (!is_holder(ta->current_cert ? ta->current_cert : ta->trust_anchor, name, len)) {
        seen.refused_certificates++;
        return 0x6A88;
    }
    eac->trusts = true;
    return 0x9000;
}

/* PSO:VERIFY CERTIFICATE brings what stands inside 7F21. */
static unsigned verify_certificate(struct eac *eac, const EAC_CTX *ctx, const struct bytes *data)
{
    static struct bytes certificate;
    if (!eac->trusts)
        return 0x6985;
    eac->trusts = false;
    certificate.len = 0;
    put_tlv(&certificate, 0x7F21, data->at, data->len);
    if (TA_STEP2_import_certificate(ctx, certificate.at, certificate.len) != 1) {
        seen.refused_certificates++;
        printf("  libeac refuses a certificate: %s\n", openssl_error());
        return 0x6300;
    }
    seen.certificates++;
    char *holder = CVC_get_chr(ctx->ta_ctx->current_cert);
    pass("libeac takes the certificate of %s", holder);
    OPENSSL_free(holder);
    return 0x9000;
}

/* MSE:Set AT for Terminal Authentication: version 2 names the algorithm and announces a key
 * (TR-03110-3 clause B.11), version 1 signs the one of the Chip Authentication before. */
static unsigned set_at_terminal(struct eac *eac, const EAC_CTX *ctx, const struct bytes *data)
{
    const uint8_t *value;
    size_t len;
    const TA_CTX *ta = ctx->ta_ctx;
    const ASN1_OBJECT *oid = EAC_OBJ_nid2obj(ta->protocol);
    eac->challenged = eac->ready = false;
    if (!find_tlv(data->at, data->len, 0x83, &value, &len)
        || !is_holder(ta->current_cert, value, len)
        || CVC_get_role(cvc_get_chat(ta->current_cert)) != CVC_Terminal)
        return 0x6A88;
    if (eac->version == 1) {
        eac->ready = eac->announced.len > 0;
        return eac->ready ? 0x9000 : 0x6985;
    }
    if (!find_tlv(data->at, data->len, 0x80, &value, &len) || !oid || len != OBJ_length(oid)
        || memcmp(value, OBJ_get0_data(oid), len))
        return 0x6A80;
    if (!find_tlv(data->at, data->len, 0x91, &value, &len))
        return 0x6A80;
    eac->announced.len = 0;
    put(&eac->announced, value, len);
    eac->has_auxiliary = find_tlv(data->at, data->len, 0x67, &value, &len);
    eac->auxiliary.len = 0;
    if (eac->has_auxiliary)
        put_tlv(&eac->auxiliary, 0x67, value, len);
    eac->ready = true;
    return 0x9000;
}

static unsigned get_challenge(struct eac *eac, const EAC_CTX *ctx, struct bytes *response)
{
    if (!eac->ready)
        return 0x6985;
    BUF_MEM *nonce = TA_STEP4_get_nonce(ctx);
    if (!nonce)
        die("libeac has no challenge: %s", openssl_error());
    put(response, nonce->data, nonce->length);
    BUF_MEM_clear_free(nonce);
    eac->challenged = true;
    return 0x9000;
}

static unsigned external_authenticate(struct eac *eac, const EAC_CTX *ctx,
                                      const struct bytes *data)
{
    if (!eac->challenged)
        return 0x6985;
    eac->challenged = false;
    BUF_MEM announced = view(eac->announced.at, eac->announced.len);
    BUF_MEM auxiliary = view(eac->auxiliary.at, eac->auxiliary.len);
    BUF_MEM signature = view(data->at, data->len);
    BUF_MEM *own = EAC_Comp(ctx, EAC_ID_PACE, ctx->pace_ctx->my_eph_pubkey);
    int right = TA_STEP6_verify(ctx, &announced, own, eac->has_auxiliary ? &auxiliary : NULL,
                                &signature);
    BUF_MEM_clear_free(own);
    if (right != 1) {
        seen.refused_signatures++;
        printf("  libeac refuses the terminal's signature\n");
        return 0x6300;
    }
    seen.believed++;
    eac->believed = true;
    pass("Terminal Authentication %d, %s, auxiliary data %s: libeac believes the signature",
         eac->version, EAC_OBJ_nid2sn(ctx->ta_ctx->protocol),
         eac->has_auxiliary ? "signed along" : "none");
    return 0x9000;
}

/* MSE:Set AT for Chip Authentication. */
static unsigned set_at_chip(struct eac *eac, const EAC_CTX *ctx, const struct bytes *data)
{
    const uint8_t *value;
    size_t len;
    const ASN1_OBJECT *oid = EAC_OBJ_nid2obj(ctx->ca_ctx->protocol);
    eac->chosen = false;
    if (eac->version == 2 && !eac->believed)
        return 0x6982;
    if (!find_tlv(data->at, data->len, 0x80, &value, &len) || len != OBJ_length(oid)
        || memcmp(value, OBJ_get0_data(oid), len))
        return 0x6A80;
    if (find_tlv(data->at, data->len, 0x84, &value, &len)
        && (len != 1 || value[0] != ctx->ca_ctx->id))
        return 0x6A88;
    eac->chosen = true;
    return 0x9000;
}

/* Version 1 with the terminal's key: the keys are those of an empty nonce, and no token is made. */
static unsigned agree_first(struct eac *eac, EAC_CTX *ctx, const uint8_t *value, size_t len)
{
    uint8_t nothing[8] = {0};
    BUF_MEM theirs = view(value, len), empty = view(nothing, 0), token = view(nothing, 8);
    BUF_MEM *compressed = EAC_Comp(ctx, EAC_ID_CA, &theirs);
    if (!compressed || CA_STEP4_compute_shared_secret(ctx, &theirs) != 1
        || CA_STEP6_derive_keys(ctx, &empty, &token) < 0) {
        fail("Chip Authentication: libeac refuses the terminal's key: %s", openssl_error());
        BUF_MEM_clear_free(compressed);
        return 0x6300;
    }
    eac->announced.len = 0;
    put(&eac->announced, compressed->data, compressed->length);
    BUF_MEM_clear_free(compressed);
    seen.agreed++;
    pass("Chip Authentication 1, %s", EAC_OBJ_nid2sn(ctx->ca_ctx->protocol));
    return 0x9000;
}

/* MSE:Set KAT, which is Chip Authentication version 1 with 3DES in one command. */
static unsigned set_kat(struct eac *eac, EAC_CTX *ctx, const struct bytes *data, bool *new_keys)
{
    const uint8_t *value;
    size_t len;
    if (eac->version != 1 || ctx->ca_ctx->protocol != NID_id_CA_ECDH_3DES_CBC_CBC)
        return 0x6A86;
    if (find_tlv(data->at, data->len, 0x84, &value, &len)
        && (len != 1 || value[0] != ctx->ca_ctx->id))
        return 0x6A88;
    if (!find_tlv(data->at, data->len, 0x91, &value, &len))
        return 0x6A80;
    unsigned status = agree_first(eac, ctx, value, len);
    *new_keys = status == 0x9000;
    return status;
}

/* GENERAL AUTHENTICATE for Chip Authentication; version 2 answers nonce in DO81 and token in DO82. */
static unsigned agree(struct eac *eac, EAC_CTX *ctx, const struct bytes *data,
                      struct bytes *response)
{
    static struct bytes inner;
    const uint8_t *value;
    size_t len;
    BUF_MEM *nonce = NULL, *token = NULL;
    eac->chosen = false;
    if (!dynamic_data(data->at, data->len, 0x80, &value, &len))
        return 0x6A80;
    if (eac->version == 1) {
        put(response, "\x7C\x00", 2);
        return agree_first(eac, ctx, value, len);
    }
    BUF_MEM announced = view(eac->announced.at, eac->announced.len), theirs = view(value, len);
    if (CA_STEP3_check_pcd_pubkey(ctx, &announced, &theirs) != 1) {
        seen.refused_keys++;
        printf("  libeac refuses an ephemeral key that was not announced\n");
        return 0x6300;
    }
    if (CA_STEP4_compute_shared_secret(ctx, &theirs) != 1
        || CA_STEP5_derive_keys(ctx, &theirs, &nonce, &token) != 1) {
        fail("Chip Authentication: libeac refuses the terminal's key: %s", openssl_error());
        return 0x6300;
    }
    inner.len = 0;
    put_tlv(&inner, 0x81, nonce->data, nonce->length);
    put_tlv(&inner, 0x82, token->data, token->length);
    put_tlv(response, 0x7C, inner.at, inner.len);
    BUF_MEM_clear_free(nonce);
    BUF_MEM_clear_free(token);
    seen.agreed++;
    pass("Chip Authentication %s with the key that was announced",
         EAC_OBJ_nid2sn(ctx->ca_ctx->protocol));
    return 0x9000;
}

bool eac_command(struct eac *eac, EAC_CTX *ctx, const struct apdu *command,
                 struct bytes *response, unsigned *status, bool *new_keys)
{
    const struct bytes *data = &command->data;
    unsigned p1p2 = (unsigned)command->p1 << 8 | command->p2;
    switch (command->ins) {
    case 0x22:
        if (p1p2 == 0x81B6)
            *status = set_dst(eac, ctx, data);
        else if (p1p2 == 0x81A4)
            *status = set_at_terminal(eac, ctx, data);
        else if (p1p2 == 0x41A4)
            *status = set_at_chip(eac, ctx, data);
        else if (p1p2 == 0x41A6)
            *status = set_kat(eac, ctx, data, new_keys);
        else
            return false;
        return true;
    case 0x2A:
        *status = p1p2 == 0x00BE ? verify_certificate(eac, ctx, data) : 0x6A86;
        return true;
    case 0x84:
        *status = command->le == 8 ? get_challenge(eac, ctx, response) : 0x6700;
        return true;
    case 0x82:
        *status = p1p2 == 0 ? external_authenticate(eac, ctx, data) : 0x6A86;
        return true;
    case 0x86:
        if (!eac->chosen)
            return false;
        *status = agree(eac, ctx, data, response);
        *new_keys = *status == 0x9000;
        return true;
    default:
        return false;
    }
}

bool eac_report(void)
{
    printf("chip: %d certificates taken, %d refused; terminal believed %d times, refused %d; "
           "Chip Authentication %d, refused %d\n",
           seen.certificates, seen.refused_certificates, seen.believed, seen.refused_signatures,
           seen.agreed, seen.refused_keys);
    return seen.believed && seen.agreed;
}
