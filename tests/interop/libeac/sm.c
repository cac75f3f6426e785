#include "judge.h"

#include <string.h>

static size_t block_size(const EAC_CTX *ctx)
{
    return (size_t)EVP_CIPHER_block_size(ctx->key_ctx->cipher);
}

/* Appends to `to` an encryption of `plain` with padding, the indicator byte 01 before it. */
static void put_cryptogram(EAC_CTX *ctx, struct bytes *to, const struct bytes *plain)
{
    static struct bytes value;
    BUF_MEM in = view(plain->at, plain->len);
    BUF_MEM *padded = EAC_add_iso_pad(ctx, &in);
    BUF_MEM *cipher = padded ? EAC_encrypt(ctx, padded) : NULL;
    if (!cipher)
        die("libeac cannot encrypt: %s", openssl_error());
    value.len = 0;
    put_byte(&value, 0x01);
    put(&value, cipher->data, cipher->length);
    put_tlv(to, 0x87, value.at, value.len);
    BUF_MEM_clear_free(padded);
    BUF_MEM_clear_free(cipher);
}

static bool take_cryptogram(EAC_CTX *ctx, const uint8_t *value, size_t len, struct bytes *plain)
{
    size_t block = block_size(ctx);
    if (len < 1 + block || value[0] != 0x01 || (len - 1) % block)
        return false;
    BUF_MEM in = view(value + 1, len - 1);
    BUF_MEM *padded = EAC_decrypt(ctx, &in);
    BUF_MEM *clear = padded ? EAC_remove_iso_pad(padded) : NULL;
    if (clear)
        put(plain, clear->data, clear->length);
    BUF_MEM_clear_free(padded);
    BUF_MEM_clear_free(clear);
    return clear != NULL;
}

/* What the MAC is over: the padded header, if there is one, and the data objects, padded. The SSC
 * before it is libeac's part. */
static BUF_MEM *mac_input(EAC_CTX *ctx, const uint8_t *header, const uint8_t *objects, size_t len)
{
    static struct bytes input;
    input.len = 0;
    if (header) {
        static const uint8_t padding[12] = {0x80};
        put(&input, header, 4);
        put(&input, padding, block_size(ctx) - 4);
    }
    put(&input, objects, len);
    BUF_MEM all = view(input.at, input.len);
    BUF_MEM *padded;
    if (len) {
        padded = EAC_add_iso_pad(ctx, &all);
    } else {
        padded = BUF_MEM_new();
        if (padded && BUF_MEM_grow(padded, input.len))
            memcpy(padded->data, input.at, input.len);
    }
    if (!padded)
        die("libeac cannot pad: %s", openssl_error());
    return padded;
}

static void put_mac(EAC_CTX *ctx, struct bytes *to, const uint8_t *header, size_t from)
{
    BUF_MEM *input = mac_input(ctx, header, to->at + from, to->len - from);
    BUF_MEM *mac = EAC_authenticate(ctx, input);
    if (!mac || mac->length != EAC_AES_MAC_LENGTH)
        die("libeac cannot authenticate: %s", openssl_error());
    put_tlv(to, 0x8E, mac->data, mac->length);
    BUF_MEM_clear_free(input);
    BUF_MEM_clear_free(mac);
}

/* Checks that DO8E is the last object and right, and says where it starts. */
static bool check_mac(EAC_CTX *ctx, const uint8_t *header, const uint8_t *objects, size_t len,
                      size_t *before_mac)
{
    const uint8_t *mac;
    size_t mac_len;
    if (!find_tlv(objects, len, 0x8E, &mac, &mac_len) || mac_len != EAC_AES_MAC_LENGTH
        || mac + mac_len != objects + len)
        return false;
    *before_mac = len - mac_len - 2;
    BUF_MEM *input = mac_input(ctx, header, objects, *before_mac);
    BUF_MEM expected = view(mac, mac_len);
    bool right = EAC_verify_authentication(ctx, input, &expected) == 1;
    BUF_MEM_clear_free(input);
    return right;
}

static void next_ssc(EAC_CTX *ctx)
{
    if (EAC_increment_ssc(ctx) != 1)
        die("libeac cannot count the SSC: %s", openssl_error());
}

void sm_protect_command(EAC_CTX *ctx, const struct apdu *plain, struct apdu *wire)
{
    next_ssc(ctx);
    apdu_set(wire, plain->cla | 0x0C, plain->ins, plain->p1, plain->p2, NULL, 0, 256);
    if (plain->data.len)
        put_cryptogram(ctx, &wire->data, &plain->data);
    if (plain->le >= 0) {
        uint8_t le[] = {(uint8_t)(plain->le >> 8), (uint8_t)plain->le};
        put_tlv(&wire->data, 0x97, le + !plain->extended, plain->extended ? 2 : 1);
    }
    const uint8_t header[] = {wire->cla, wire->ins, wire->p1, wire->p2};
    put_mac(ctx, &wire->data, header, 0);
    if (plain->extended || wire->data.len > 255) {
        wire->extended = true;
        wire->le = 65536;
    }
}

bool sm_unprotect_response(EAC_CTX *ctx, const struct bytes *wire, struct bytes *plain)
{
    const uint8_t *status, *cryptogram;
    size_t len, objects;
    next_ssc(ctx);
    plain->len = 0;
    if (wire->len <= 2) {
        fail("an answer without secure messaging inside it: %04X", status_of(wire));
        return false;
    }
    if (!check_mac(ctx, NULL, wire->at, wire->len - 2, &objects)) {
        fail("the answer's MAC (DO8E) is wrong or missing");
        print_hex("answer", wire->at, wire->len);
        return false;
    }
    if (!find_tlv(wire->at, objects, 0x99, &status, &len) || len != 2) {
        fail("the protected answer has no status word (DO99)");
        return false;
    }
    if (memcmp(status, wire->at + wire->len - 2, 2)) {
        fail("protected status %02X%02X, plain status %04X", status[0], status[1],
             status_of(wire));
        return false;
    }
    if (find_tlv(wire->at, objects, 0x87, &cryptogram, &len)
        && !take_cryptogram(ctx, cryptogram, len, plain)) {
        fail("the answer's DO87 does not decrypt to padded data");
        return false;
    }
    put(plain, status, 2);
    return true;
}

unsigned sm_unprotect_command(EAC_CTX *ctx, const struct apdu *wire, struct apdu *plain)
{
    const uint8_t header[] = {wire->cla, wire->ins, wire->p1, wire->p2};
    const uint8_t *value;
    size_t len, objects;
    next_ssc(ctx);
    if (!find_tlv(wire->data.at, wire->data.len, 0x8E, &value, &len))
        return 0x6987;
    if (!check_mac(ctx, header, wire->data.at, wire->data.len, &objects))
        return 0x6988;
    apdu_set(plain, wire->cla & ~0x0C, wire->ins, wire->p1, wire->p2, NULL, 0, -1);
    plain->extended = wire->extended;
    if (find_tlv(wire->data.at, objects, 0x87, &value, &len)
        && !take_cryptogram(ctx, value, len, &plain->data))
        return 0x6988;
    if (find_tlv(wire->data.at, objects, 0x97, &value, &len)) {
        if (len == 1)
            plain->le = value[0] ? value[0] : 256;
        else if (len == 2)
            plain->le = value[0] || value[1] ? (long)value[0] << 8 | value[1] : 65536;
        else
            return 0x6988;
    }
    return 0x9000;
}

void sm_protect_response(EAC_CTX *ctx, const struct bytes *plain, struct bytes *wire)
{
    static struct bytes data;
    data.len = 0;
    put(&data, plain->at, plain->len - 2);
    next_ssc(ctx);
    wire->len = 0;
    if (data.len)
        put_cryptogram(ctx, wire, &data);
    put_tlv(wire, 0x99, plain->at + plain->len - 2, 2);
    put_mac(ctx, wire, NULL, 0);
    put(wire, plain->at + plain->len - 2, 2);
}
