#include "judge.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509.h>

/* The eMRTD application, ICAO Doc 9303-10 clause 3.11.4. */
static const uint8_t AID[] = {0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01};

/* A static key of the chip, as EF.DG14 gives it. */
struct chip_key {
    int protocol, curve;
    uint8_t id;
    struct bytes point;
};

/* Standardized domain parameters of curves by name; libeac itself reads no names. */
static int curve_number(EVP_PKEY *key)
{
    static const struct {
        const char *name;
        int number;
    } CURVES[] = {{"prime256v1", 12}, {"brainpoolP256r1", 13}, {"secp384r1", 15},
                  {"brainpoolP384r1", 16}, {"brainpoolP512r1", 17}, {"secp521r1", 18}};
    char name[80] = "";
    EVP_PKEY_get_group_name(key, name, sizeof name, NULL);
    for (size_t i = 0; i < sizeof CURVES / sizeof *CURVES; i++)
        if (!strcmp(name, CURVES[i].name))
            return CURVES[i].number;
    die("EF.DG14: a key on the curve %s", name);
}

/* The next SEQUENCE of a run, its content; false at the end. */
static bool next_sequence(const uint8_t **at, size_t *left, const uint8_t **value, size_t *len)
{
    size_t whole = tlv_length(*at, *left);
    if (!whole || !find_tlv(*at, whole, 0x30, value, len))
        return false;
    *at += whole;
    *left -= whole;
    return true;
}

/* The protocol of ChipAuthenticationInfo for a key. */
static int protocol_of(const uint8_t *infos, size_t left, uint8_t id)
{
    static const uint8_t ID_CA_ECDH[] = {0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02};
    const uint8_t *info, *oid;
    size_t len, oid_len;
    while (next_sequence(&infos, &left, &info, &len)) {
        if (!find_tlv(info, len, 0x06, &oid, &oid_len) || oid_len != sizeof ID_CA_ECDH + 1
            || memcmp(oid, ID_CA_ECDH, sizeof ID_CA_ECDH) || info[len - 1] != id)
            continue;
        const int known[] = {NID_id_CA_ECDH_3DES_CBC_CBC, NID_id_CA_ECDH_AES_CBC_CMAC_128,
                             NID_id_CA_ECDH_AES_CBC_CMAC_192, NID_id_CA_ECDH_AES_CBC_CMAC_256};
        if (oid[oid_len - 1] >= 1 && oid[oid_len - 1] <= 4)
            return known[oid[oid_len - 1] - 1];
    }
    die("EF.DG14: no ChipAuthenticationInfo for key %d", id);
}

/* The `nth` ChipAuthenticationPublicKeyInfo of EF.DG14; false where there are fewer. */
static bool find_key(const struct bytes *dg14, int nth, struct chip_key *key)
{
    static const uint8_t ID_PK_ECDH[] = {0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x01, 0x02};
    const uint8_t *outer, *infos, *at, *info, *oid, *spki;
    size_t outer_len, left, all, len, oid_len, spki_len;
    if (!find_tlv(dg14->at, dg14->len, 0x6E, &outer, &outer_len)
        || !find_tlv(outer, outer_len, 0x31, &infos, &all))
        die("EF.DG14 holds no SecurityInfos");
    at = infos;
    left = all;
    while (next_sequence(&at, &left, &info, &len)) {
        if (!find_tlv(info, len, 0x06, &oid, &oid_len) || oid_len != sizeof ID_PK_ECDH
            || memcmp(oid, ID_PK_ECDH, sizeof ID_PK_ECDH) || nth-- > 0)
            continue;
        if (!find_tlv(info, len, 0x30, &spki, &spki_len))
            die("EF.DG14: a key without SubjectPublicKeyInfo");
        const uint8_t *whole = oid + oid_len;
        EVP_PKEY *parsed = d2i_PUBKEY(NULL, &whole, (long)tlv_length(whole, len));
        uint8_t *point = NULL;
        size_t point_len = parsed ? EVP_PKEY_get1_encoded_public_key(parsed, &point) : 0;
        if (!point_len)
            die("EF.DG14: OpenSSL takes no key of this: %s", openssl_error());
        key->curve = curve_number(parsed);
        key->id = info[len - 1];
        key->protocol = protocol_of(infos, all, key->id);
        key->point.len = 0;
        put(&key->point, point, point_len);
        OPENSSL_free(point);
        EVP_PKEY_free(parsed);
        return true;
    }
    return false;
}

/* Chip Authentication version 1: by MSE:Set KAT with 3DES, by MSE:Set AT and GENERAL AUTHENTICATE
 * with AES. libeac derives keys with a nonce and checks a token; the keys of version 1 are those of
 * an empty nonce, and no token comes. */
static unsigned authenticate_chip(int fd, EAC_CTX *ctx, const struct chip_key *key,
                                  BUF_MEM **announced)
{
    static struct bytes data, response;
    uint8_t nothing[8] = {0};
    if (EAC_CTX_init_ca(ctx, key->protocol, key->curve) != 1)
        die("libeac has no such Chip Authentication: %s", openssl_error());
    *announced = TA_STEP3_generate_ephemeral_key(ctx);
    BUF_MEM *ephemeral = CA_STEP2_get_eph_pubkey(ctx);
    if (!*announced || !ephemeral)
        die("libeac has no ephemeral key: %s", openssl_error());
    unsigned status;
    data.len = 0;
    if (key->protocol == NID_id_CA_ECDH_3DES_CBC_CBC) {
        put_tlv(&data, 0x91, ephemeral->data, ephemeral->length);
        put_tlv(&data, 0x84, &key->id, 1);
        status = send_protected(fd, ctx, 0x22, 0x41A6, &data, -1, &response);
    } else {
        const ASN1_OBJECT *oid = EAC_OBJ_nid2obj(key->protocol);
        put_tlv(&data, 0x80, OBJ_get0_data(oid), OBJ_length(oid));
        put_tlv(&data, 0x84, &key->id, 1);
        status = send_protected(fd, ctx, 0x22, 0x41A4, &data, -1, &response);
        if (status == 0x9000) {
            data.len = 0;
            put_dynamic_data(&data, 0x80, ephemeral);
            status = send_protected(fd, ctx, 0x86, 0x0000, &data, 256, &response);
            if (status == 0x9000 && (response.len != 4 || memcmp(response.at, "\x7C\x00", 2)))
                fail("GENERAL AUTHENTICATE is not answered by 7C00");
        }
    }
    BUF_MEM_clear_free(ephemeral);
    if (status != 0x9000)
        return status;
    BUF_MEM chip = view(key->point.at, key->point.len);
    BUF_MEM empty = view(nothing, 0), token = view(nothing, sizeof nothing);
    if (CA_STEP4_compute_shared_secret(ctx, &chip) != 1
        || CA_STEP6_derive_keys(ctx, &empty, &token) < 0
        || EAC_CTX_set_encryption_ctx(ctx, EAC_ID_CA) != 1)
        die("libeac cannot derive the keys: %s", openssl_error());
    return status;
}

/* Terminal Authentication version 1 over the ephemeral key of the Chip Authentication before. */
static unsigned authenticate_terminal(int fd, EAC_CTX *ctx, const BUF_MEM *announced,
                                      const struct bytes *chip_key, enum fault fault)
{
    static struct bytes data, holder, response;
    unsigned status = show_certificates(fd, ctx, fault);
    if (status != 0x9000)
        return status;
    shown_holder(&holder);
    data.len = 0;
    put_tlv(&data, 0x83, holder.at, holder.len);
    status = send_protected(fd, ctx, 0x22, 0x81A4, &data, -1, &response);
    data.len = 0;
    if (status == 0x9000)
        status = send_protected(fd, ctx, 0x84, 0x0000, &data, 8, &response);
    if (status != 0x9000)
        return status;
    BUF_MEM challenge = view(response.at, response.len - 2);
    BUF_MEM theirs = view(chip_key->at, chip_key->len);
    BUF_MEM *chip = EAC_Comp(ctx, EAC_ID_PACE, &theirs);
    BUF_MEM *signature = NULL;
    if (challenge.length == 8 && TA_STEP4_set_nonce(ctx, &challenge) == 1)
        signature = TA_STEP5_sign(ctx, announced, chip, NULL);
    if (!signature)
        die("libeac cannot sign the challenge: %s", openssl_error());
    put(&data, signature->data, signature->length);
    if (fault == BAD_SIGNATURE)
        data.at[data.len - 1] ^= 1;
    BUF_MEM_clear_free(signature);
    BUF_MEM_clear_free(chip);
    return send_protected(fd, ctx, 0x82, 0x0000, &data, -1, &response);
}

/* Whether EF.DG3 may be read. */
static unsigned status_of_dg3(int fd, EAC_CTX *ctx)
{
    static struct bytes nothing, response;
    return send_protected(fd, ctx, 0xB0, 0x8300, &nothing, 8, &response);
}

/* One session with the `nth` key; false where EF.DG14 has none. */
static bool run(int fd, const struct bytes *card_access, const struct password *password, int nth,
                enum fault fault)
{
    static struct bytes no_chat, chip_key, dg14, file, response;
    static struct chip_key key;
    EAC_CTX *ctx = pace_context(card_access->at, card_access->len);
    shown_to(ctx);
    unsigned status = pace(fd, ctx, password, &no_chat, true, &chip_key);
    if (status != 0x9000)
        die("PACE with the right password: %04X", status);
    status = protected(fd, ctx, 0xA4, 0x04, 0x0C, AID, sizeof AID, -1, &response);
    if (status != 0x9000)
        die("protected SELECT of the eMRTD application: %04X", status);
    read_file(fd, ctx, "EF.DG14", 0x0E, 0x6E, 256, &dg14);
    if (!find_key(&dg14, nth, &key)) {
        EAC_CTX_clear_free(ctx);
        return false;
    }
    BUF_MEM *announced = NULL;
    status = authenticate_chip(fd, ctx, &key, &announced);
    if (status != 0x9000)
        die("Chip Authentication %s: %04X", EAC_OBJ_nid2sn(key.protocol), status);
    read_file(fd, ctx, "EF.DG1 under the keys of Chip Authentication", 0x01, 0x61, 256, &file);
    pass("Chip Authentication 1, %s, key %d", EAC_OBJ_nid2sn(key.protocol), key.id);

    expect("EF.DG3 before Terminal Authentication", status_of_dg3(fd, ctx), 0x6982);
    status = authenticate_terminal(fd, ctx, announced, &chip_key, fault);
    if (fault == BAD_SIGNATURE) {
        expect("EXTERNAL AUTHENTICATE with an altered signature", status, 0x6300);
        expect("EF.DG3 after that", status_of_dg3(fd, ctx), 0x6982);
    } else if (status != 0x9000) {
        fail("Terminal Authentication 1: %04X", status);
    } else {
        pass("Terminal Authentication 1, %s", EAC_OBJ_nid2sn(ctx->ta_ctx->protocol));
        read_file(fd, ctx, "EF.DG3", 0x03, 0x63, 256, &file);
    }
    BUF_MEM_clear_free(announced);
    EAC_CTX_clear_free(ctx);
    return true;
}

int v1_terminal(int port, const struct password *password, char **files, int count)
{
    static struct bytes card_access;
    int keys = 0;
    shown_load(files[0], files[1], files + 2, count - 2);
    int fd = wire_accept(port);
    power_up(fd);
    read_card_access(fd, &card_access);
    while (run(fd, &card_access, password, keys, NONE)) {
        keys++;
        power_up(fd);
        run(fd, &card_access, password, keys - 1, BAD_SIGNATURE);
        power_up(fd);
    }
    if (!keys)
        fail("EF.DG14 has no key for Chip Authentication");
    wire_control(fd, POWER_OFF);
    printf("%d keys\n%s\n", keys, failures() ? "v1-terminal: FAILED" : "v1-terminal: all passed");
    return failures() ? 1 : 0;
}
