#include "lib/siteneed.h"

#include <errno.h>

#include "lib/msg.h"
#include "lib/roots.h"

void
site_need(struct site *s)
{
	if (site_read(s, root_etc()) < 0)
		msg_diesys(
		    errno == ENOENT || errno == EPROTO ? LSV_PERM : LSV_TEMP,
		    "unable to read ", root_etc(),
		    "/" SITE_TABLE " (lsv-config apply makes it)");
}
