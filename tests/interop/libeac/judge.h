/*
 * A judge of PACE, Terminal Authentication and Chip Authentication version 2, and of secure
 * messaging, on Debian's libeac (OpenPACE), which shares no line with the project it judges. One
 * program, both ends: `terminal` and `eac-terminal` read a card that plugs in, `chip` and
 * `eac-chip` are a card that plugs in.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <eac/ca.h>
#include <eac/eac.h>
#include <eac/pace.h>
#include <eac/ta.h>

/* ---- bytes.c: bounded byte strings and one-level BER-TLV ---- */

/* The largest vpcd frame, and a little more for what is built around it. */
#define BYTES_MAX 70000

struct bytes {
    size_t len;
    uint8_t at[BYTES_MAX];
};

void put(struct bytes *to, const void *from, size_t len);
void put_byte(struct bytes *to, uint8_t byte);
/* Tags have one byte or, as in 7F4C, two. */
void put_tlv(struct bytes *to, unsigned tag, const void *value, size_t len);
/* A view of `tag`'s value in a run of data objects; false when it is not there or is malformed. */
bool find_tlv(const uint8_t *in, size_t in_len, unsigned tag, const uint8_t **value, size_t *len);
/* Length of the object that starts at `in`, header included; 0 when malformed or cut short. */
size_t tlv_length(const uint8_t *in, size_t in_len);
/* A libeac view of bytes that stay ours. */
BUF_MEM view(const void *at, size_t len);
bool same(const BUF_MEM *one, const void *other, size_t len);
/* A whole file, or the end of the program. */
void load(const char *path, struct bytes *to);
void print_hex(const char *label, const void *at, size_t len);

/* One line a finding. `fail` counts; `die` is for what makes going on senseless. */
void pass(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
int failures(void);

/* ---- wire.c: vpcd framing, u16 big-endian length and payload, both ends ---- */

enum control { POWER_OFF = 0x00, POWER_ON = 0x01, RESET = 0x02, GET_ATR = 0x04 };

/* Listens on 127.0.0.1 (0: any free port), says where, and waits for one card. */
int wire_accept(int port);
/* Connects as a card does, again and again until `seconds` have passed. */
int wire_connect(const char *host, const char *port, int seconds);
void wire_send(int fd, const void *payload, size_t len);
void wire_control(int fd, enum control control);
/* False when the other end has closed between two frames. */
bool wire_receive(int fd, struct bytes *payload);

/* ---- apdu.c: ISO/IEC 7816-4 commands, cases 1 to 4, short and extended ---- */

struct apdu {
    uint8_t cla, ins, p1, p2;
    bool extended;
    long le; /* -1: none; else 1 to 256 or 65536 */
    struct bytes data;
};

void apdu_set(struct apdu *to, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, const void *data,
              size_t len, long le);
void apdu_encode(const struct apdu *from, struct bytes *to);
bool apdu_parse(const struct bytes *from, struct apdu *to);
/* The status word at a response's end; 0 when it has none. */
unsigned status_of(const struct bytes *response);

/* ---- sm.c: secure messaging, ICAO Doc 9303-11 clause 9.8, on libeac's ciphers ---- */

void sm_protect_command(EAC_CTX *ctx, const struct apdu *plain, struct apdu *wire);
/* False when the MAC or the structure is wrong: the message says what. */
bool sm_unprotect_response(EAC_CTX *ctx, const struct bytes *wire, struct bytes *plain);
/* 0x9000, or the status word to answer and to end the session with. */
unsigned sm_unprotect_command(EAC_CTX *ctx, const struct apdu *wire, struct apdu *plain);
void sm_protect_response(EAC_CTX *ctx, const struct bytes *plain, struct bytes *wire);

/* ---- pace.c: what both ends of PACE share ---- */

/* A password as it is given on the command line: `can:123456`, `pin:...`, `puk:...`, `mrz:...`;
 * digits alone are a CAN. */
struct password {
    enum s_type kind;
    char text[64];
};

struct password password_of(const char *argument);
/* A fresh context for what EF.CardAccess offers. */
EAC_CTX *pace_context(const uint8_t *card_access, size_t len);
PACE_SEC *pace_secret(const struct password *password);
/* The value of `tag` inside the 7C of a GENERAL AUTHENTICATE. */
bool dynamic_data(const uint8_t *in, size_t len, uint8_t tag, const uint8_t **value, size_t *n);
/* 7C { tag value } */
void put_dynamic_data(struct bytes *to, uint8_t tag, const BUF_MEM *value);
const char *openssl_error(void);

/* ---- reader.c: what both terminals do ---- */

void exchange(int fd, const struct apdu *command, struct bytes *response);
unsigned plain(int fd, uint8_t ins, uint8_t p1, uint8_t p2, const void *data, size_t len, long le,
               struct bytes *response);
/* The status word inside a protected exchange; 0 when secure messaging broke. */
unsigned protected(int fd, EAC_CTX *ctx, uint8_t ins, uint8_t p1, uint8_t p2, const void *data,
                   size_t len, long le, struct bytes *response);
/* Puts off and on, as a reader does between two taps, and asks for the ATR. */
void power_up(int fd);
void read_card_access(int fd, struct bytes *card_access);
/* PACE; `chat` is DO7F4C or empty, `ctx` gets the session's keys. The status word of step 4. */
unsigned pace(int fd, EAC_CTX *ctx, const struct password *password, const struct bytes *chat,
              bool with_parameter, struct bytes *chip_key);
/* Reads a file by its SFI, `le` bytes a command, and compares outer tag and length. */
void read_file(int fd, EAC_CTX *ctx, const char *name, uint8_t sfi, uint8_t tag, long le,
               struct bytes *file);
void expect(const char *what, unsigned status, unsigned expected);

/* ---- shown.c: a terminal's certificates ---- */

/* What a terminal does wrong, and has to be refused for. */
enum fault { NONE, OTHER_ISSUER, BAD_CERTIFICATE, BAD_SIGNATURE, OTHER_EPHEMERAL };

/* The key of the last certificate, a trust point and the chain below it, which libeac checks. */
void shown_load(const char *key, const char *cvca, char **certificates, int count);
int shown_count(void);
/* DO7F4C with the rights of the terminal's own certificate, and its holder's name. */
void shown_chat(struct bytes *to);
void shown_holder(struct bytes *to);
/* Gives the context the terminal's key. */
void shown_to(EAC_CTX *ctx);
/* MSE:Set DST and PSO:VERIFY CERTIFICATE for each certificate; the first status that is no
 * success, or 9000. */
unsigned show_certificates(int fd, EAC_CTX *ctx, enum fault fault);
unsigned send_protected(int fd, EAC_CTX *ctx, uint8_t ins, unsigned p1p2,
                        const struct bytes *data, long le, struct bytes *response);

/* ---- eac.c: the chip's half of Terminal and Chip Authentication, and what both ends share ---- */

/* What the terminal announced and showed so far. */
struct eac {
    int version;
    struct bytes card_access, infos, cvca, key;
    struct bytes announced, auxiliary;
    bool trusts, has_auxiliary, ready, challenged, believed, chosen;
};

/* The card's files of a folder: card-access, card-security or with version 1 dg14, cvca.cvcert,
 * ca.key. */
void eac_load(struct eac *eac, const char *folder);
/* A fresh context for PACE and what comes after it. */
EAC_CTX *eac_context(const struct eac *eac);
void eac_forget(struct eac *eac);
/* Whether it is one of their commands; then `status` and `response` are the answer, and
 * `new_keys` says that Chip Authentication's keys hold from the next command on. */
bool eac_command(struct eac *eac, EAC_CTX *ctx, const struct apdu *command,
                 struct bytes *response, unsigned *status, bool *new_keys);
/* What the terminal's half did, for the last line; false where it was not all of it. */
bool eac_report(void);

/* ---- files.c: the chip's files ---- */

struct file;

/* What is selected; all zeros after power on. */
struct selection {
    bool in_application;
    const struct file *current;
};

/* EF.CardAccess offers PACE over these domain parameters, or is that of `eac`. */
void files_offer(const char *domain, const char *cipher);
void files_of(const struct eac *eac);
/* A fresh context for PACE alone. */
EAC_CTX *files_context(void);
/* SELECT and READ BINARY; `secure` says that a channel is open. */
unsigned files_select(struct selection *state, const struct apdu *command, bool secure);
unsigned files_read(struct selection *state, const struct apdu *command, bool secure,
                    struct bytes *response);

/* ---- the ends ---- */

int terminal(int port, const struct password *can);
int eac_terminal(int port, const struct password *password, char **files, int count);
int v1_terminal(int port, const struct password *password, char **files, int count);
/* `eac` is null for a chip that has PACE alone. */
int chip(const char *host, const char *port, const struct password *password, const char *domain,
         const char *cipher, struct eac *eac);

#endif
