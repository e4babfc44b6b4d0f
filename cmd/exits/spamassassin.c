/* spamassassin - a SPAM_EXIT that asks spamd(8), with spamc(1) */
#include "lib/exitclient.h"
#include "lib/msg.h"

/* -x: no opinion is a failure. -l: and it says why. The time-outs are shorter
 * than what SPAM_EXIT_TIMEOUT is unless a site says otherwise. */
static const struct exitclient spamc = {
    "usage: spamassassin SCAN [LIST] | REPORT < message",
    "spamc",
    {"-t", "45", "-n", "5", "--connect-retries=2"},
    {{"-x", "-l", "-c"}, exitsay_spamc},
    {{"-x", "-l", "-L", "spam"}, exitsay_spamc_learned},
};

int
main(int argc, char **argv)
{
	msg_prog = "spamassassin";
	return exitclient_main(&spamc, argc, argv);
}
