/* Any bytes as an address, as a line and as a field: what is taken has a
 * normal form that is its own normal form and a key that leads back to it, no
 * name holds control bytes, and a list ends. */
#include <stdint.h>

#include "lib/addrlist.h"
#include "tests/fuzz/fuzz.h"

static void
check_address(const stralloc *a)
{
	stralloc again = {0}, key = {0}, back = {0};

	must(a->len <= ADDR_MAX);
	if (addr_spec(&again, a->s, a->len, ADDR_UTF8, NULL) == 0) {
		must(again.len == a->len);
		must(memcmp(again.s, a->s, a->len) == 0);
	} else {
		must(0);
	}
	must(addr_at(a->s, a->len) < a->len);
	must(addr_key(&key, a->s, a->len) == 0);
	must(key.len == a->len);
	must(addr_unkey(&back, key.s, key.len) == 0);
	must(addr_same(a->s, a->len, back.s, back.len));
	sa_free(&again);
	sa_free(&key);
	sa_free(&back);
}

static void
check_name(const stralloc *name)
{
	size_t i;

	for (i = 0; i < name->len; i++)
		must((unsigned char)name->s[i] >= 32 || name->s[i] == '\t');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct addr_list l = {s, size, 0, ADDR_UTF8, 0}, nameless = l;
	stralloc addr = {0}, name = {0}, same = {0};
	struct where w = {0, NULL};
	size_t turns = 0;
	int r;

	if (addr_spec(&addr, s, size, ADDR_UTF8, &w) == 0)
		check_address(&addr);
	else
		must(addr.len == 0 && w.why && w.at <= size);
	if (addr_line(&addr, &name, s, size, ADDR_UTF8, &w) == 0) {
		check_address(&addr);
		check_name(&name);
	} else {
		must(w.at <= size);
	}
	while ((r = addr_list_next(&l, &addr, &name, &w)) != 0) {
		must(++turns <= size && l.at <= size);
		must(addr_list_next(&nameless, &same, NULL, NULL) == r);
		must(nameless.at == l.at && same.len == addr.len);
		if (r < 0) {
			must(w.at <= size);
			continue;
		}
		must(memcmp(same.s, addr.s, addr.len) == 0);
		check_address(&addr);
		check_name(&name);
	}
	sa_free(&same);
	sa_free(&addr);
	sa_free(&name);
	return 0;
}
