/* Any dataset: what is taken for an address is one, and stays as it is. */
#include <errno.h>
#include <string.h>

#include "lib/addrlist.h"
#include "lib/rcptline.h"
#include "tests/fuzz/fuzz.h"

static void
check(const struct rcptline *r, int flags)
{
	stralloc again = {0};
	struct where w;
	size_t at = addr_at(r->address.s, r->address.len);

	must(at > 0 && at < r->address.len);
	must(addr_spec(&again, r->address.s, r->address.len, flags & ADDR_UTF8,
		 &w) == 0);
	must(again.len == r->address.len &&
	    memcmp(again.s, r->address.s, again.len) == 0);
	must(!memchr(r->address.s, ' ', r->address.len));
	must(r->name.len <= ADDR_NAME_MAX);
	for (size_t i = 0; i < r->name.len; i++)
		must((unsigned char)r->name.s[i] >= 32);
	must(r->rest.len < r->line.len);
	sa_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int flags[] = {
	    0, ADDR_UTF8, RCPTLINE_NODES, ADDR_UTF8 | RCPTLINE_NODES};
	struct bytes text = {(const char *)data, size};
	struct rcptline r = {0};
	struct where w;
	size_t number;
	int got, f;

	if (size == 0)
		return 0;
	f = flags[data[0] & 3];
	text.s++;
	text.len--;
	rcptline_begin(&r, text, 1, f);
	do {
		number = r.number;
		w = (struct where){SIZE_MAX, NULL};
		got = rcptline_next(&r, &w);
		must(got == 0 || r.number > number);
		if (got > 0)
			check(&r, f);
		if (got < 0)
			must(errno == EINVAL && w.why && w.at <= r.line.len);
	} while (got);
	rcptline_free(&r);
	return 0;
}
