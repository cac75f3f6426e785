#include "judge.h"

#include <stdio.h>
#include <string.h>

void exchange(int fd, const struct apdu *command, struct bytes *response)
{
    static struct bytes encoded;
    apdu_encode(command, &encoded);
    wire_send(fd, encoded.at, encoded.len);
    if (!wire_receive(fd, response))
        die("the card left after %02X %02X", command->cla, command->ins);
    if (response->len < 2)
        die("the card answered %zu bytes to %02X %02X", response->len, command->cla,
            command->ins);
}

unsigned plain(int fd, uint8_t ins, uint8_t p1, uint8_t p2, const void *data, size_t len, long le,
               struct bytes *response)
{
    static struct apdu command;
    apdu_set(&command, 0x00, ins, p1, p2, data, len, le);
    exchange(fd, &command, response);
    return status_of(response);
}

unsigned protected(int fd, EAC_CTX *ctx, uint8_t ins, uint8_t p1, uint8_t p2, const void *data,
                   size_t len, long le, struct bytes *response)
{
    static struct apdu command, wire;
    static struct bytes answer;
    apdu_set(&command, 0x00, ins, p1, p2, data, len, le);
    sm_protect_command(ctx, &command, &wire);
    exchange(fd, &wire, &answer);
    return sm_unprotect_response(ctx, &answer, response) ? status_of(response) : 0;
}

void power_up(int fd)
{
    static struct bytes atr;
    wire_control(fd, POWER_OFF);
    wire_control(fd, POWER_ON);
    wire_control(fd, GET_ATR);
    if (!wire_receive(fd, &atr))
        die("the card left when asked for its ATR");
    if (atr.len < 2 || atr.len > 33)
        die("an ATR of %zu bytes", atr.len);
    print_hex("ATR", atr.at, atr.len);
}

/* 63Cx tells how many tries a password has left and does not refuse it. */
static void set_authentication_template(int fd, const EAC_CTX *ctx, enum s_type kind,
                                        const struct bytes *chat, bool with_parameter)
{
    static struct bytes data, response;
    const ASN1_OBJECT *oid = EAC_OBJ_nid2obj(ctx->pace_ctx->protocol);
    const uint8_t password = (uint8_t)kind, parameter = (uint8_t)ctx->pace_ctx->id;
    data.len = 0;
    put_tlv(&data, 0x80, OBJ_get0_data(oid), OBJ_length(oid));
    put_tlv(&data, 0x83, &password, 1);
    if (with_parameter)
        put_tlv(&data, 0x84, &parameter, 1);
    put(&data, chat->at, chat->len);
    unsigned status = plain(fd, 0x22, 0xC1, 0xA4, data.at, data.len, -1, &response);
    if (status != 0x9000 && (status & 0xFFF0) != 0x63C0)
        die("MSE:Set AT %s DO84: %04X", with_parameter ? "with" : "without", status);
}

/* One GENERAL AUTHENTICATE: sends 7C { tag value }, gives a view of `want` in the answer. */
static unsigned step(int fd, uint8_t cla, uint8_t tag, const BUF_MEM *value, uint8_t want,
                     BUF_MEM *got)
{
    static struct apdu command;
    static struct bytes data, response;
    const uint8_t *at;
    size_t len;
    data.len = 0;
    put_dynamic_data(&data, tag, value);
    apdu_set(&command, cla, 0x86, 0x00, 0x00, data.at, data.len, data.len > 255 ? 65536 : 256);
    exchange(fd, &command, &response);
    unsigned status = status_of(&response);
    if (status != 0x9000)
        return status;
    if (!dynamic_data(response.at, response.len - 2, want, &at, &len)) {
        print_hex("answer", response.at, response.len);
        die("GENERAL AUTHENTICATE: no DO%02X in the answer", want);
    }
    *got = view(at, len);
    return status;
}

unsigned pace(int fd, EAC_CTX *ctx, const struct password *password, const struct bytes *chat,
              bool with_parameter, struct bytes *chip_key)
{
    set_authentication_template(fd, ctx, password->kind, chat, with_parameter);
    PACE_SEC *secret = pace_secret(password);
    BUF_MEM got;
    unsigned status = step(fd, 0x10, 0x80, NULL, 0x80, &got);
    if (status != 0x9000 || PACE_STEP2_dec_nonce(ctx, secret, &got) != 1)
        die("PACE step 1 (nonce): %04X, %s", status, openssl_error());

    BUF_MEM *mapping = PACE_STEP3A_generate_mapping_data(ctx);
    status = step(fd, 0x10, 0x81, mapping, 0x82, &got);
    if (status != 0x9000 || PACE_STEP3A_map_generator(ctx, &got) != 1)
        die("PACE step 2 (mapping): %04X, %s", status, openssl_error());

    BUF_MEM *ephemeral = PACE_STEP3B_generate_ephemeral_key(ctx);
    status = step(fd, 0x10, 0x83, ephemeral, 0x84, &got);
    if (status != 0x9000 || PACE_STEP3B_compute_shared_secret(ctx, &got) != 1
        || PACE_STEP3C_derive_keys(ctx) != 1)
        die("PACE step 3 (key agreement): %04X, %s", status, openssl_error());
    chip_key->len = 0;
    put(chip_key, got.data, got.length);

    BUF_MEM *token = PACE_STEP3D_compute_authentication_token(ctx, &got);
    status = step(fd, 0x00, 0x85, token, 0x86, &got);
    if (status == 0x9000) {
        if (PACE_STEP3D_verify_authentication_token(ctx, &got) != 1)
            die("PACE step 4: the chip's authentication token is wrong");
        if (EAC_CTX_set_encryption_ctx(ctx, EAC_ID_PACE) != 1)
            die("libeac cannot start secure messaging: %s", openssl_error());
    }
    PACE_SEC_clear_free(secret);
    BUF_MEM_clear_free(mapping);
    BUF_MEM_clear_free(ephemeral);
    BUF_MEM_clear_free(token);
    return status;
}

void read_card_access(int fd, struct bytes *card_access)
{
    unsigned status = plain(fd, 0xB0, 0x9C, 0x00, NULL, 0, 256, card_access);
    if (status != 0x9000 && status != 0x6282)
        die("EF.CardAccess by its SFI: %04X", status);
    card_access->len = tlv_length(card_access->at, card_access->len - 2);
    if (!card_access->len || card_access->at[0] != 0x31)
        die("EF.CardAccess is no SET");
    print_hex("CardAccess", card_access->at, card_access->len);
    pass("EF.CardAccess read by its SFI before PACE");
}

void expect(const char *what, unsigned status, unsigned expected)
{
    if (status == expected)
        pass("%s: %04X", what, status);
    else
        fail("%s: expected %04X, got %04X", what, expected, status);
}

void read_file(int fd, EAC_CTX *ctx, const char *name, uint8_t sfi, uint8_t tag, long le,
               struct bytes *file)
{
    static struct bytes response;
    unsigned status = protected(fd, ctx, 0xB0, 0x80 | sfi, 0x00, NULL, 0, le, &response);
    file->len = 0;
    while ((status == 0x9000 || status == 0x6282) && response.len > 2) {
        put(file, response.at, response.len - 2);
        if (file->len > 0x7FFF || tlv_length(file->at, file->len))
            break;
        status = protected(fd, ctx, 0xB0, (uint8_t)(file->len >> 8), (uint8_t)file->len, NULL, 0, le,
                           &response);
    }
    size_t len = tlv_length(file->at, file->len);
    if (len && file->at[0] == tag)
        pass("%s: %zu bytes under secure messaging, Le %ld", name, len, le);
    else
        fail("%s: %zu bytes, first byte %02X, status %04X", name, file->len,
             file->len ? file->at[0] : 0, status);
}
