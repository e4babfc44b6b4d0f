/* Any text as site.cfg: every byte of a value has a place in the text, every
 * remark a line and a column. */
#include <stdint.h>

#include "lib/sitecheck.h"
#include "lib/sitefile.h"
#include "tests/fuzz/fuzz.h"

static void
walk(const char *s, size_t len)
{
	struct sitefile_item item;
	struct sitefile f;
	struct where w;
	size_t before = 0;
	int r;

	sitefile_begin(&f, s, len);
	while ((r = sitefile_next(&f, &item, &w)) != 0) {
		must(f.at > before || f.at == len);
		before = f.at;
		if (r < 0) {
			must(w.at <= len && w.why != NULL);
			continue;
		}
		must(item.name_at < len && item.len <= SITEFILE_VALUE_MAX);
		must(item.value[item.len] == 0);
		for (size_t i = 0; i <= item.len; i++)
			must(item.from[i] <= len);
	}
	must(f.at == len);
	sitefile_free(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct sitecheck c;

	walk(s, size);
	must(sitecheck_read(&c, s, size) == 0);
	for (size_t i = 0; i < c.nremark; i++) {
		must(c.remark[i].line > 0 && c.remark[i].column > 0);
		must(sitecheck_said(&c, &c.remark[i])[0] != 0);
	}
	sitecheck_free(&c);
	return 0;
}
