#include "judge.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No judgement takes longer than this, whatever the other end does. */
#define SECONDS 60

static const char USAGE[] =
    "usage: judge terminal PORT CAN\n"
    "         listens on 127.0.0.1:PORT (0: any) as a reader and judges the card that plugs in\n"
    "       judge chip HOST PORT CAN [p256 | brainpoolP256r1]\n"
    "         plugs in as a card and judges the terminal that reads it\n";

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
    if (argc == 4 && !strcmp(argv[1], "terminal"))
        return terminal(atoi(argv[2]), argv[3]);
    if ((argc == 5 || argc == 6) && !strcmp(argv[1], "chip"))
        return chip(argv[2], argv[3], argv[4], argc == 6 ? argv[5] : "p256");
    fputs(USAGE, stderr);
    return 2;
}
