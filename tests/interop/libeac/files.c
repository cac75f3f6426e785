#include "judge.h"

#include <string.h>
#include <strings.h>

static const uint8_t AID[] = {0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01};

/* EF.CardAccess: SET { PACEInfo { id-PACE-ECDH-GM-AES-CBC-CMAC-128, 2, parameter } }. */
static uint8_t card_access[] = {0x31, 0x14, 0x30, 0x12, 0x06, 0x0A, 0x04, 0x00,
                                0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02, 0x02,
                                0x02, 0x01, 0x02, 0x02, 0x01, 0x0C};

/* Where the protocol says whether it is ECDH (02) or DH (01), and which cipher; and where the
 * parameter stands. */
#define AGREEMENT 14
#define CIPHER 15
#define PARAMETER (sizeof card_access - 1)

/* Standardized domain parameters, ICAO Doc 9303-11 clause 9.5.1. */
static const struct {
    const char *name;
    uint8_t agreement, parameter;
} DOMAINS[] = {
    {"MODP-1024-160", 0x01, 0},    {"MODP-2048-224", 0x01, 1},    {"MODP-2048-256", 0x01, 2},
    {"P-256", 0x02, 12},           {"brainpoolP256r1", 0x02, 13}, {"P-384", 0x02, 15},
    {"brainpoolP384r1", 0x02, 16}, {"brainpoolP512r1", 0x02, 17}, {"P-521", 0x02, 18},
};

/* The last arc of the protocol, from 1 on. */
static const char *const CIPHERS[] = {"3DES", "AES-128", "AES-192", "AES-256"};

/* EF.COM: LDS 1.7, Unicode 4.0.0, DG1. */
static const uint8_t com[] = {0x60, 0x13, 0x5F, 0x01, 0x04, '0', '1', '0', '7', 0x5F, 0x36,
                              0x06, '0',  '4',  '0',  '0',  '0', '0', 0x5C, 0x01, 0x61};

/* EF.DG1: a TD1 machine-readable zone of nobody, long enough that short reads take two. */
static const uint8_t dg1[] = {
    "\x61\x5D\x5F\x1F\x5A"
    "I<KORTEST000006<<<<<<<<<<<<<<<"
    "9901018X9912315KOR<<<<<<<<<<<4"
    "JUDGE<<LIBEAC<<<<<<<<<<<<<<<<<"};

/* EF.SOD: only its outer tag and its size are true to life; it takes several short reads. */
static uint8_t sod[4 + 1900] = {0x77, 0x82, 1900 >> 8, 1900 & 0xFF};

struct file {
    uint16_t id;
    uint8_t sfi;
    bool in_application, is_protected;
    const uint8_t *at;
    size_t len;
};

/* The first three are the folder's where there is one. */
static struct file files[] = {
    {0x011C, 0x1C, false, false, card_access, sizeof card_access},
    {0x011D, 0x1D, false, true, NULL, 0},
    {0x010E, 0x0E, true, true, NULL, 0},
    {0x011E, 0x1E, true, true, com, sizeof com},
    {0x0101, 0x01, true, true, dg1, sizeof dg1 - 1},
    {0x011D, 0x1D, true, true, sod, sizeof sod},
};

void files_offer(const char *domain, const char *cipher)
{
    bool known = false;
    for (size_t i = 0; i < sizeof DOMAINS / sizeof *DOMAINS; i++)
        if (!strcasecmp(domain, DOMAINS[i].name)) {
            card_access[AGREEMENT] = DOMAINS[i].agreement;
            card_access[PARAMETER] = DOMAINS[i].parameter;
            known = true;
        }
    if (!known)
        die("no domain parameters %s", domain);
    for (size_t i = 0; i < sizeof CIPHERS / sizeof *CIPHERS; i++)
        if (!strcasecmp(cipher, CIPHERS[i])) {
            card_access[CIPHER] = (uint8_t)(i + 1);
            return;
        }
    die("no cipher %s", cipher);
}

void files_of(const struct eac *eac)
{
    files[0].at = eac->card_access.at;
    files[0].len = eac->card_access.len;
    struct file *infos = &files[eac->version == 1 ? 2 : 1];
    infos->at = eac->infos.at;
    infos->len = eac->infos.len;
}

EAC_CTX *files_context(void)
{
    return pace_context(card_access, sizeof card_access);
}

unsigned files_select(struct selection *state, const struct apdu *command, bool secure)
{
    const struct bytes *data = &command->data;
    if (command->p1 == 0x04) {
        if (data->len != sizeof AID || memcmp(data->at, AID, sizeof AID))
            return 0x6A82;
        state->in_application = true;
        state->current = NULL;
        return 0x9000;
    }
    if (command->p1 == 0x00 && (data->len == 0 || !memcmp(data->at, "\x3F\x00", 2))) {
        state->in_application = false;
        state->current = NULL;
        return 0x9000;
    }
    if (data->len != 2)
        return 0x6700;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].id == ((unsigned)data->at[0] << 8 | data->at[1])
            && files[i].at && files[i].in_application == state->in_application) {
            if (files[i].is_protected && !secure)
                return 0x6982;
            state->current = &files[i];
            return 0x9000;
        }
    return 0x6A82;
}

unsigned files_read(struct selection *state, const struct apdu *command, bool secure,
                    struct bytes *response)
{
    size_t offset = (size_t)command->p1 << 8 | command->p2;
    if (command->data.len || command->le < 0)
        return 0x6700;
    if (command->p1 & 0x80) {
        const struct file *found = NULL;
        for (size_t i = 0; i < sizeof files / sizeof *files; i++)
            if (files[i].at && files[i].sfi == (command->p1 & 0x1F)
                && (files[i].in_application == state->in_application || files[i].sfi == 0x1C))
                found = &files[i];
        if (!found)
            return 0x6A82;
        if (found->is_protected && !secure)
            return 0x6982;
        state->current = found;
        offset = command->p2;
    }
    if (!state->current)
        return 0x6986;
    if (offset >= state->current->len)
        return 0x6B00;
    size_t left = state->current->len - offset;
    size_t most = (size_t)command->le;
    if (secure && most == 256)
        most = 223;
    put(response, state->current->at + offset, left < most ? left : most);
    return 0x9000;
}
