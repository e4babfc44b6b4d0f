#include <errno.h>

#include "cmd/lsv-route/route.h"
#include "lib/msg.h"
#include "lib/roots.h"

static int
reopen(struct route *r)
{
	stralloc path = {0};
	int res;

	if (r->net_open)
		return nettable_refresh(&r->net);
	res = root_path(&path, root_lib(), NETTABLE_DIR "/" NETTABLE_FILE);
	if (res == 0)
		res = nettable_open(&r->net, path.s);
	r->net_open = res == 0;
	sa_free(&path);
	return res;
}

/* What is wrong is said once, not with every batch. */
static void
complain(struct route *r)
{
	if (errno == r->net_errno)
		return;
	r->net_errno = errno;
	msg_warnsys("unable to read ", root_lib(),
	    "/" NETTABLE_DIR "/" NETTABLE_FILE,
	    r->net_open ? "; the table before it stays"
			: "; all mail is delivered from here");
}

/* Without a table the site is on its own, and need not be told. */
void
net_refresh(struct route *r)
{
	if (r->site.standalone || r->site.tableless[0]) {
		if (r->net_open)
			nettable_close(&r->net);
		r->net_open = 0;
		return;
	}
	if (reopen(r) >= 0) {
		r->net_errno = 0;
		return;
	}
	if (errno == ENOENT && r->net_open) {
		nettable_close(&r->net);
		r->net_open = 0;
		return;
	}
	if (errno != ENOENT)
		complain(r);
}

int
net_relays(const struct route *r)
{
	return !r->site.standalone && (r->net_open || r->site.tableless[0]);
}
