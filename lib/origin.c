#include "lib/origin.h"

#include "lib/addr.h"
#include "lib/loopcheck.h"

static const char *const mailer[] = {
    "mail-daemon",
    "mailer",
    "mailer-daemon",
    "maildaemon",
    "mdaemon",
    "mmdf",
    "smtp",
    "uucp",
};

static const char *const more[] = {
    "daemon",
    "network",
    "operator",
    "postmaster",
    "root",
    "system",
};

int
origin_is_mailer(struct bytes address, unsigned loop, int ours)
{
	struct bytes local = {address.s, addr_at(address.s, address.len)};
	int known = bytes_among(local, mailer, sizeof mailer / sizeof *mailer);

	if (loop & LOOP_NONE)
		return 0;
	if (ours &&
	    (known || bytes_same(local, "listserv") ||
		bytes_starts(local, "owner-")))
		return 1;
	if (loop & LOOP_NOORIGIN)
		return 0;
	return known ||
	    ((loop & LOOP_FULL) &&
		bytes_among(local, more, sizeof more / sizeof *more));
}
