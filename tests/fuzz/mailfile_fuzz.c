/* Any text as a .MAIL file: what was read lies inside the text, and written
 * again it is the same text. */
#include <stdint.h>

#include "lib/mailfile.h"
#include "tests/fuzz/fuzz.h"

static uint32_t
lines(struct bytes b)
{
	uint32_t n = 0;

	for (size_t i = 0; i < b.len; i++)
		n += b.s[i] == '\n';
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct mailhead h, again;
	struct where w = {0, NULL};
	stralloc out = {0};

	if (mailhead_parse(&h, s, size, &w) < 0) {
		must(w.why != NULL && w.at <= size);
		return 0;
	}
	must(h.front <= size && h.journal >= h.front);
	must(h.rcpts.s >= s && h.rcpts.s + h.rcpts.len <= s + size);
	must(lines(h.rcpts) == h.nrcpt);
	must(h.nrcpt <= (h.server.len ? MAIL_PEER_MAX : MAIL_RCPTS_MAX));
	must(!h.server.len == !h.trail.len);
	must(id_ok(h.name, strlen(h.name)) && id_ok(h.job, strlen(h.job)));
	if (mailhead_format(&out, &h) == 0) {
		must(mailhead_parse(&again, out.s, out.len, &w) == 0);
		must(again.nrcpt == h.nrcpt && again.size == h.size);
		must(again.inlined == h.inlined && again.pool == h.pool);
		must(again.rcpts.len == h.rcpts.len);
		must(again.server.len == h.server.len);
		must(again.file.len == h.file.len);
	}
	sa_free(&out);
	return 0;
}
