#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/nettable.h"
#include "tests/fuzz/fuzz.h"

enum { HOPS = 4 };

static void
ask_host(const struct nettable *t, const char *name)
{
	struct netserver s;
	struct nethost h;
	int r = nettable_host(t, bytes_z(name), &h);

	must(r < 0 || h.known == r);
	if (r == 1) {
		must(h.server < nettable_facts(t)->servers);
		must(memchr(h.name, '\0', sizeof h.name) != NULL);
		must(memchr(h.by, '\0', sizeof h.by) != NULL);
	}
	r = nettable_named(t, bytes_z(name), &s);
	must(r != 1 || s.number < nettable_facts(t)->servers);
}

static void
ask_numbers(const struct nettable *t)
{
	uint32_t n = nettable_facts(t)->servers, hops[HOPS];
	struct nettable_source f;
	struct netserver s;

	for (uint32_t i = 0; i < 8; i++) {
		if (nettable_server(t, i, &s) == 1)
			must(s.hop == NETTABLE_NONE || s.hop < n);
		if (nettable_path(t, i, hops, HOPS) > 0)
			must(hops[0] < n);
		nettable_indexed(t, i, &s);
		nettable_source(t, i, &f);
	}
}

/* Whatever is in the file of a table, it is refused, or each answer is one that
 * callers can use. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const host[] = {"tamvm1.bitnet", "x.rice.edu",
	    "searn", "uga.cc.uga.edu", "abc.com", "a.b.example", "cearn"};
	struct nettable t = {0};
	char path[64];
	int fd = memfd_create("table", MFD_CLOEXEC);

	must(fd >= 0 && fio_write(fd, data, size) == 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (nettable_open(&t, path) == 0) {
		must(nettable_self(&t) < nettable_facts(&t)->servers);
		for (size_t i = 0; i < sizeof host / sizeof *host; i++)
			ask_host(&t, host[i]);
		ask_numbers(&t);
		nettable_close(&t);
	}
	close(fd);
	return 0;
}
