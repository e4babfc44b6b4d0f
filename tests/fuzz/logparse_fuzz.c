/* Any text as a log line: what was read lies inside it, and the fields that
 * were read, written as a line again, are read again. */
#include <stdint.h>

#include "lib/logline.h"
#include "lib/logparse.h"
#include "tests/fuzz/fuzz.h"

static int
has_controls(const stralloc *v)
{
	for (size_t i = 0; i < v->len; i++)
		if ((unsigned char)v->s[i] < 32 || v->s[i] == 127)
			return 1;
	return v->len > LOG_VALUE_MAX;
}

/* One field in a line of its own, there and back. */
static void
write_again(struct bytes key, const stralloc *v)
{
	struct logline l;
	struct logevent e;
	struct bytes name;
	stralloc back = {0};
	char word[64];

	if (key.len >= sizeof word || has_controls(v))
		return;
	memcpy(word, key.s, key.len);
	word[key.len] = 0;
	log_begin(&l, NULL, "x");
	log_s(&l, word, v->len ? v->s : "", v->len);
	must(logparse_event(&e, l.text, l.len, NULL) == 0);
	must(logparse_field(&e.rest, &name, &back) == 1);
	must(bytes_eq(name, word) && back.len == v->len);
	must(v->len == 0 || memcmp(back.s, v->s, v->len) == 0);
	must(logparse_field(&e.rest, &name, &back) == 0);
	sa_free(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct logstamp t;
	struct logevent e;
	struct bytes key;
	struct where w = {0, NULL};
	stralloc value = {0};
	size_t n = logparse_stamp(&t, s, size);

	must(n <= size);
	s += n;
	size -= n;
	if (logparse_event(&e, s, size, &w) < 0) {
		must(w.why != NULL && w.at <= size);
		return 0;
	}
	must(e.event.len > 0 && e.rest.s + e.rest.len == s + size);
	while (logparse_field(&e.rest, &key, &value) > 0) {
		must(key.len > 0 && key.s >= s && key.s < s + size);
		must(value.len <= size);
		write_again(key, &value);
	}
	sa_free(&value);
	return 0;
}
