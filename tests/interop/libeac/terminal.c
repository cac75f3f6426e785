#include "judge.h"

#include <stdio.h>
#include <string.h>

/* The eMRTD application, ICAO Doc 9303-10 clause 3.11.4. */
static const uint8_t AID[] = {0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01};

/* No file has this identifier. */
static const uint8_t NO_FILE[] = {0x02, 0x02};

static const struct bytes NO_CHAT;

static EAC_CTX *establish(int fd, const struct bytes *card_access, const struct password *can,
                          bool with_parameter)
{
    static struct bytes chip_key;
    EAC_CTX *ctx = pace_context(card_access->at, card_access->len);
    unsigned status = pace(fd, ctx, can, &NO_CHAT, with_parameter, &chip_key);
    if (status != 0x9000)
        die("PACE with the right CAN: %04X", status);
    pass("PACE %s, parameter %d, CAN, DO84 %s", EAC_OBJ_nid2sn(ctx->pace_ctx->protocol),
         ctx->pace_ctx->id, with_parameter ? "sent" : "left out");
    return ctx;
}

/* A wrong CAN is answered 6300 at step 4 and costs nothing. */
static void refuse_wrong_can(int fd, const struct bytes *card_access, const struct password *can)
{
    static struct bytes chip_key;
    struct password wrong = *can;
    wrong.text[0] = wrong.text[0] == '9' ? '0' : (char)(wrong.text[0] + 1);
    EAC_CTX *ctx = pace_context(card_access->at, card_access->len);
    unsigned status = pace(fd, ctx, &wrong, &NO_CHAT, true, &chip_key);
    if (status == 0x6300)
        pass("a wrong CAN is refused with 6300 at step 4");
    else
        fail("a wrong CAN: expected 6300 at step 4, got %04X", status);
    EAC_CTX_clear_free(ctx);
}

int terminal(int port, const struct password *can)
{
    static struct bytes card_access, response;
    int fd = wire_accept(port);
    power_up(fd);
    read_card_access(fd, &card_access);
    refuse_wrong_can(fd, &card_access, can);

    EAC_CTX *ctx = establish(fd, &card_access, can, true);
    expect("protected SELECT of the eMRTD application",
           protected(fd, ctx, 0xA4, 0x04, 0x0C, AID, sizeof AID, -1, &response), 0x9000);
    read_file(fd, ctx, "EF.COM", 0x1E, 0x60, 256, &response);
    read_file(fd, ctx, "EF.DG1", 0x01, 0x61, 16, &response);
    read_file(fd, ctx, "EF.SOD", 0x1D, 0x77, 256, &response);
    read_file(fd, ctx, "EF.SOD", 0x1D, 0x77, 65536, &response);
    expect("a file that is not there, inside secure messaging",
           protected(fd, ctx, 0xA4, 0x02, 0x0C, NO_FILE, sizeof NO_FILE, -1, &response), 0x6A82);

    /* A plain command ends the session: what was protected by it is refused, without protection. */
    plain(fd, 0xA4, 0x04, 0x0C, AID, sizeof AID, -1, &response);
    static struct apdu read, wire;
    apdu_set(&read, 0x00, 0xB0, 0x9E, 0x00, NULL, 0, 256);
    sm_protect_command(ctx, &read, &wire);
    exchange(fd, &wire, &response);
    if (response.len == 2 && status_of(&response) != 0x9000)
        pass("a plain SELECT ends secure messaging: %04X", status_of(&response));
    else
        fail("secure messaging outlives a plain SELECT");
    EAC_CTX_clear_free(ctx);

    /* After power off and on, once more; one parameter set is offered, so DO84 may be left out. */
    power_up(fd);
    expect("EF.COM after power off and on, before PACE",
           (plain(fd, 0xA4, 0x04, 0x0C, AID, sizeof AID, -1, &response),
            plain(fd, 0xB0, 0x9E, 0x00, NULL, 0, 256, &response)),
           0x6982);
    power_up(fd);
    ctx = establish(fd, &card_access, can, false);
    expect("protected SELECT of the eMRTD application",
           protected(fd, ctx, 0xA4, 0x04, 0x0C, AID, sizeof AID, -1, &response), 0x9000);
    read_file(fd, ctx, "EF.COM", 0x1E, 0x60, 256, &response);
    EAC_CTX_clear_free(ctx);
    wire_control(fd, POWER_OFF);
    printf("%s\n", failures() ? "terminal: FAILED" : "terminal: all passed");
    return failures() ? 1 : 0;
}
