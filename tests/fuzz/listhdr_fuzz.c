/* Any bytes as a header of a list: what is taken has an owner and only
 * addresses where addresses are, and is taken again the same way. */
#include <stdint.h>

#include "lib/addr.h"
#include "lib/listhdr.h"
#include "tests/fuzz/fuzz.h"

static size_t
check_addresses(const stralloc *sa)
{
	stralloc again = {0};
	struct bytes one;
	size_t at = 0, n = 0;

	for (; listhdr_next(sa, &at, &one); n++) {
		again.len = 0;
		must(addr_spec(&again, one.s, one.len, 0, NULL) == 0);
		must(again.len == one.len);
		must(memcmp(again.s, one.s, one.len) == 0);
	}
	must(at == sa->len);
	sa_free(&again);
	return n;
}

static void
check(const struct listhdr *h)
{
	struct bytes keyword, value;
	stralloc values = {0};
	size_t at = 0;

	must(check_addresses(&h->owners) > 0);
	check_addresses(&h->quiet_owners);
	must(check_addresses(&h->errors_to) > 0 || h->errors);
	must(h->reply != REPLY_ADDRESS || h->reply_address.len > 2);
	must((h->pool != 0) == (h->pool_admin != 0));
	must(!loopcheck_agree(&h->loop) && h->loop.flags < 1U << LOOP_FLAGS);
	must(h->loop.delay_min <= LOOP_DELAY_MAX);
	must(h->filter != FILTER_NONE ||
	    (h->filter_deny.len == 0 && h->filter_allow.len == 0));
	while (listhdr_next(&h->keywords, &at, &keyword)) {
		must(listhdr_next(&h->keywords, &at, &value));
		must(keyword.len > 0 && keyword.len <= LISTHDR_KEYWORD_MAX);
	}
	must(listhdr_value(h, &values, "OWNER") == 1);
	sa_free(&values);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	static struct listhdr h, again;
	struct where w = {0, NULL};

	if (listhdr_parse(&h, s, size, &w) < 0) {
		must(w.why && w.at <= size + 1);
		return 0;
	}
	check(&h);
	must(listhdr_parse(&again, s, size, &w) == 0);
	must(h.owners.len == again.owners.len && h.send == again.send);
	must(h.keywords.len == again.keywords.len);
	return 0;
}
