#include <errno.h>

#include "cmd/lsv-worker/worker.h"
#include "lib/msg.h"

void
orders_load(struct orders *o, const struct queue *q)
{
	struct where w = {0, "it cannot be read"};

	if (orders_read(o, q->pools.top, &w) == 0)
		return;
	if (errno == EBADMSG)
		msg_warn("pool/" ORDERS_FILE " is damaged: ", w.why);
	else
		msg_warnsys("unable to read ", "pool/" ORDERS_FILE);
}
