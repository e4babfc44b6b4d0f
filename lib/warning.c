#include "lib/warning.h"

#include "lib/facts.h"
#include "lib/header.h"

int
warning_wanted(const struct mailhead *h)
{
	return h->class != CLASS_POST && h->from.len > 0;
}

int
warning_automatic(struct bytes text)
{
	struct header_facts f = {.report = 0};
	struct header h;
	int yes = 0;

	if (header_parse(&h, text.s, text.len, NULL) < 0)
		return 0;
	/* out of memory it counts as automatic: better no warning than a loop */
	yes = header_facts(&f, &h) < 0 || f.auto_submitted > AUTO_NO ||
	    bytes_same(f.precedence, "bulk") ||
	    bytes_same(f.precedence, "junk") ||
	    bytes_same(f.precedence, "list");
	header_facts_free(&f);
	return yes;
}

uint64_t
warning_at(const struct mailhead *h, uint64_t delay_ms)
{
	uint64_t at = h->created_us + delay_ms * 1000U;

	return delay_ms > 0 && at < h->expires_us ? at : 0;
}
