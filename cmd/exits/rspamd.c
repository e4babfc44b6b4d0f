/* rspamd - a SPAM_EXIT that asks rspamd(8), with rspamc(1) */
#include "lib/exitclient.h"
#include "lib/msg.h"

static const struct exitclient rspamc = {
    "usage: rspamd SCAN [LIST] | REPORT < message",
    "rspamc",
    {"-t", "45"},
    {{"symbols"}, exitsay_rspamc},
    {{"learn_spam"}, exitsay_rspamc_learned},
};

int
main(int argc, char **argv)
{
	msg_prog = "rspamd";
	return exitclient_main(&rspamc, argc, argv);
}
