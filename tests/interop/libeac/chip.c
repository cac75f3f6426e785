#include "judge.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* T=1 offered, extended length in the card capabilities. */
static const uint8_t ATR[] = {0x3B, 0x8A, 0x80, 0x01, 0x80, 0x31, 0xF8, 0x73,
                              0xF7, 0x41, 0xE0, 0x82, 0x90, 0x00, 0x75};

/* Volatile state: dies with power, reset and a failed command. */
struct state {
    EAC_CTX *ctx;
    int next; /* the GENERAL AUTHENTICATE step that may come, 0: none */
    bool secure;
    struct selection selection;
    struct bytes theirs; /* the terminal's ephemeral key */
    struct eac *eac;     /* what stays after power off: the chip's files and keys */
};

/* What the terminal showed of itself. */
static struct {
    int established, refused, selects, reads;
} seen;

static void end_session(struct state *state)
{
    if (state->ctx)
        EAC_CTX_clear_free(state->ctx);
    if (state->eac)
        eac_forget(state->eac);
    state->ctx = NULL;
    state->secure = false;
    state->next = 0;
}

static void forget(struct state *state)
{
    end_session(state);
    memset(&state->selection, 0, sizeof state->selection);
}

static unsigned manage_environment(struct state *state, const struct apdu *command,
                                   enum s_type kind)
{
    const uint8_t *value;
    size_t len;
    if (command->p1 != 0xC1 || command->p2 != 0xA4)
        return 0x6A86;
    end_session(state);
    EAC_CTX *ctx = state->eac ? eac_context(state->eac)
                              : files_context();
    const ASN1_OBJECT *oid = EAC_OBJ_nid2obj(ctx->pace_ctx->protocol);
    const struct bytes *data = &command->data;
    unsigned status = 0x9000;
    if (!find_tlv(data->at, data->len, 0x80, &value, &len) || len != OBJ_length(oid)
        || memcmp(value, OBJ_get0_data(oid), len))
        status = 0x6A80;
    else if (!find_tlv(data->at, data->len, 0x83, &value, &len) || len != 1)
        status = 0x6A80;
    else if (value[0] != kind)
        status = 0x6A88;
    else if (find_tlv(data->at, data->len, 0x84, &value, &len)
             && (len != 1 || value[0] != ctx->pace_ctx->id))
        status = 0x6A88;
    if (status != 0x9000) {
        EAC_CTX_clear_free(ctx);
        return status;
    }
    if (state->eac && state->eac->version == 2
        && !find_tlv(data->at, data->len, 0x7F4C, &value, &len))
        fail("the terminal announces no Terminal Authentication (DO7F4C)");
    state->ctx = ctx;
    state->next = 1;
    return status;
}

/* The chip's side of one GENERAL AUTHENTICATE; NULL with the status word set when it is refused. */
static BUF_MEM *answer_step(struct state *state, const BUF_MEM *in,
                            const struct password *password, unsigned *status)
{
    BUF_MEM *out = NULL;
    EAC_CTX *ctx = state->ctx;
    PACE_SEC *secret;
    *status = 0x6300;
    switch (state->next) {
    case 1:
        secret = pace_secret(password);
        out = PACE_STEP1_enc_nonce(ctx, secret);
        PACE_SEC_clear_free(secret);
        break;
    case 2:
        out = PACE_STEP3A_generate_mapping_data(ctx);
        if (out && PACE_STEP3A_map_generator(ctx, in) != 1) {
            BUF_MEM_clear_free(out);
            out = NULL;
        }
        break;
    case 3:
        out = PACE_STEP3B_generate_ephemeral_key(ctx);
        if (out && (PACE_STEP3B_compute_shared_secret(ctx, in) != 1
                    || PACE_STEP3C_derive_keys(ctx) != 1)) {
            BUF_MEM_clear_free(out);
            out = NULL;
        }
        state->theirs.len = 0;
        put(&state->theirs, in->data, in->length);
        break;
    case 4:
        if (PACE_STEP3D_verify_authentication_token(ctx, in) == 1) {
            BUF_MEM theirs = view(state->theirs.at, state->theirs.len);
            out = PACE_STEP3D_compute_authentication_token(ctx, &theirs);
        } else {
            seen.refused++;
            pass("the terminal's authentication token is not of this password: refused");
            return NULL;
        }
        break;
    }
    if (!out)
        fail("PACE step %d: libeac refuses what the terminal sent: %s", state->next,
             openssl_error());
    return out;
}

/* The last answer names the trust point in DO87 where Terminal Authentication may follow. */
static void put_answer(const struct state *state, int step, const BUF_MEM *out,
                       struct bytes *response)
{
    static struct bytes inner;
    if (step < 4 || !state->eac || state->eac->version == 1) {
        put_dynamic_data(response, (uint8_t)(0x80 + 2 * (step - 1)), out);
        return;
    }
    const CVC_CERT *trust_point = state->ctx->ta_ctx->trust_anchor;
    char *name = CVC_get_chr(trust_point);
    inner.len = 0;
    put_tlv(&inner, 0x86, out->data, out->length);
    put_tlv(&inner, 0x87, name, strlen(name));
    put_tlv(response, 0x7C, inner.at, inner.len);
    OPENSSL_free(name);
}

static unsigned general_authenticate(struct state *state, const struct apdu *command,
                                     const struct password *password,
                                     struct bytes *response)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    unsigned status;
    int step = state->next;
    if (!step)
        return 0x6985;
    if (command->cla != (step < 4 ? 0x10 : 0x00)) {
        fail("PACE step %d comes with class %02X", step, command->cla);
        return 0x6883;
    }
    const struct bytes *data = &command->data;
    if (step == 1 ? data->len != 2 || data->at[0] != 0x7C || data->at[1] != 0
                  : !dynamic_data(data->at, data->len, (uint8_t)(0x7F + 2 * (step - 1)), &value,
                                  &len)) {
        fail("PACE step %d: the dynamic authentication data are not what they must be", step);
        print_hex("data", data->at, data->len);
        return 0x6A80;
    }
    BUF_MEM in = view(value, len);
    BUF_MEM *out = answer_step(state, &in, password, &status);
    if (!out) {
        end_session(state);
        return status;
    }
    put_answer(state, step, out, response);
    BUF_MEM_clear_free(out);
    state->next = step < 4 ? step + 1 : 0;
    if (step == 4) {
        if (EAC_CTX_set_encryption_ctx(state->ctx, EAC_ID_PACE) != 1)
            die("libeac cannot start secure messaging: %s", openssl_error());
        state->secure = true;
        seen.established++;
        pass("PACE %s, parameter %d: the terminal knows the password",
             EAC_OBJ_nid2sn(state->ctx->pace_ctx->protocol), state->ctx->pace_ctx->id);
    }
    return 0x9000;
}

/* `new_keys` says that Chip Authentication's keys hold from the next command on. */
static void handle(struct state *state, const struct apdu *command,
                   const struct password *password, struct bytes *response, bool *new_keys)
{
    unsigned status;
    response->len = 0;
    *new_keys = false;
    if (state->eac && state->secure
        && eac_command(state->eac, state->ctx, command, response, &status, new_keys)) {
        put_byte(response, (uint8_t)(status >> 8));
        put_byte(response, (uint8_t)status);
        return;
    }
    switch (command->ins) {
    case 0x22:
        status = manage_environment(state, command, password->kind);
        break;
    case 0x86:
        status = general_authenticate(state, command, password, response);
        break;
    case 0xA4:
        status = files_select(&state->selection, command, state->secure);
        break;
    case 0xB0:
        status = files_read(&state->selection, command, state->secure, response);
        break;
    default:
        status = command->cla == 0xFF ? 0x6A81 : 0x6D00;
    }
    put_byte(response, (uint8_t)(status >> 8));
    put_byte(response, (uint8_t)status);
}

static void respond(struct state *state, const struct bytes *wire,
                    const struct password *password, struct bytes *response)
{
    static struct apdu command, inner;
    static struct bytes plain;
    bool new_keys;
    if (!apdu_parse(wire, &command)) {
        fail("the terminal sent what is no command APDU");
        print_hex("command", wire->at, wire->len);
        response->len = 0;
        put(response, "\x67\x00", 2);
        return;
    }
    bool is_protected = command.cla != 0xFF && (command.cla & 0x0C) == 0x0C;
    if (!is_protected) {
        if (state->secure)
            end_session(state);
        handle(state, &command, password, response, &new_keys);
        if (response->len - 2 > (command.le < 0 ? 0 : (size_t)command.le)) {
            fail("%02X has %zu bytes for an answer that may have %ld", command.ins,
                 response->len - 2, command.le);
            response->len = 0;
            put(response, "\x67\x00", 2);
        }
        return;
    }
    unsigned status = 0x6985;
    if (!state->secure) {
        printf("  a protected %02X without a session is refused\n", command.ins);
    } else if ((status = sm_unprotect_command(state->ctx, &command, &inner)) != 0x9000) {
        fail("a protected %02X is refused with %04X: its MAC or its form is wrong", command.ins,
             status);
        print_hex("command", wire->at, wire->len);
    }
    if (status != 0x9000) {
        end_session(state);
        response->len = 0;
        put_byte(response, (uint8_t)(status >> 8));
        put_byte(response, (uint8_t)status);
        return;
    }
    handle(state, &inner, password, &plain, &new_keys);
    if (status_of(&plain) == 0x9000 && inner.ins == 0xA4)
        seen.selects++;
    if (status_of(&plain) == 0x9000 && inner.ins == 0xB0)
        seen.reads++;
    sm_protect_response(state->ctx, &plain, response);
    if (new_keys && EAC_CTX_set_encryption_ctx(state->ctx, EAC_ID_CA) != 1)
        die("libeac cannot start secure messaging anew: %s", openssl_error());
}

int chip(const char *host, const char *port, const struct password *password, const char *domain,
         const char *cipher, struct eac *eac)
{
    static struct state state;
    static struct bytes in, out;
    if (eac) {
        files_of(eac);
    } else {
        files_offer(domain, cipher);
    }
    state.eac = eac;

    int fd = wire_connect(host, port, 20);
    while (wire_receive(fd, &in)) {
        if (in.len != 1) {
            respond(&state, &in, password, &out);
            wire_send(fd, out.at, out.len);
        } else if (in.at[0] == GET_ATR) {
            wire_send(fd, ATR, sizeof ATR);
        } else {
            forget(&state);
        }
    }
    forget(&state);

    if (!seen.established)
        fail("the terminal never finished PACE");
    if (!seen.selects && !seen.reads)
        fail("the terminal sent nothing under secure messaging");
    printf("chip: %d PACE, %d refused, %d protected SELECT, %d protected READ BINARY\n",
           seen.established, seen.refused, seen.selects, seen.reads);
    if (eac && !eac_report())
        fail("the terminal did not finish what it announced");
    printf("%s\n", failures() ? "chip: FAILED" : "chip: all passed");
    return failures() ? 1 : 0;
}
