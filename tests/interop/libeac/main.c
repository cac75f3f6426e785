#include "judge.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No judgement takes longer than this, whatever the other end does. */
#define SECONDS 60

static const char USAGE[] =
    "usage: judge terminal PORT PASSWORD\n"
    "         listens on 127.0.0.1:PORT (0: any) as a reader and judges the card that plugs in\n"
    "       judge eac-terminal PORT PASSWORD CSCA KEY CVCA CERTIFICATE...\n"
    "         the same with Terminal and Chip Authentication version 2: CSCA in PEM or DER vouches\n"
    "         for EF.CardSecurity, KEY is that of the last CV certificate\n"
    "       judge v1-terminal PORT PASSWORD KEY CVCA CERTIFICATE...\n"
    "         the same with Chip and Terminal Authentication version 1, with each key of EF.DG14\n"
    "       judge chip HOST PORT PASSWORD [DOMAIN [CIPHER]]\n"
    "         plugs in as a card and judges the terminal that reads it; DOMAIN is P-256,\n"
    "         brainpoolP256r1, MODP-1024-160 and the like, CIPHER 3DES or AES-128 and the like\n"
    "       judge eac-chip HOST PORT PASSWORD FOLDER\n"
    "         the same with Terminal and Chip Authentication version 2, with card-access,\n"
    "         card-security, cvca.cvcert and ca.key of FOLDER\n"
    "       judge v1-chip HOST PORT PASSWORD FOLDER\n"
    "         the same by version 1, with dg14 instead of card-security\n"
    "       a PASSWORD is can:DIGITS, pin:, puk: or mrz:, and a CAN without a word before it\n";

static void out_of_time(int signal)
{
    static const char MESSAGE[] = "FAIL out of time\n";
    (void)signal;
    if (write(STDOUT_FILENO, MESSAGE, sizeof MESSAGE - 1) < 0)
        _exit(3);
    _exit(3);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGALRM, out_of_time);
    alarm(SECONDS);
    EAC_init();
    if (argc < 4) {
        fputs(USAGE, stderr);
        return 2;
    }
    const char *end = argv[1];
    bool reads = strstr(end, "terminal") != NULL;
    struct password password = password_of(argc > 4 && !reads ? argv[4] : argv[3]);
    if (argc == 4 && !strcmp(end, "terminal"))
        return terminal(atoi(argv[2]), &password);
    if (argc >= 8 && !strcmp(end, "eac-terminal"))
        return eac_terminal(atoi(argv[2]), &password, argv + 4, argc - 4);
    if (argc >= 7 && !strcmp(end, "v1-terminal"))
        return v1_terminal(atoi(argv[2]), &password, argv + 4, argc - 4);
    if (argc >= 5 && argc <= 7 && !strcmp(end, "chip"))
        return chip(argv[2], argv[3], &password, argc > 5 ? argv[5] : "P-256",
                    argc > 6 ? argv[6] : "AES-128", NULL);
    if (argc == 6 && (!strcmp(end, "eac-chip") || !strcmp(end, "v1-chip"))) {
        static struct eac eac;
        eac.version = end[0] == 'v' ? 1 : 2;
        eac_load(&eac, argv[5]);
        return chip(argv[2], argv[3], &password, NULL, NULL, &eac);
    }
    fputs(USAGE, stderr);
    return 2;
}
