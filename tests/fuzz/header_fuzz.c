/* Any bytes as a message: the fields follow one another without a gap, lie
 * inside the header, and the facts point into it. */
#include <stdint.h>

#include "lib/facts.h"
#include "lib/header.h"
#include "tests/fuzz/fuzz.h"

static void
walk(const struct header *h, stralloc *line)
{
	struct field f = {0}, same;
	size_t at = h->from;
	unsigned n = 0;

	for (; header_next(h, &f); n++) {
		must(f.at == at && f.end > at && f.end <= h->end);
		must(f.name.s == h->s + at && f.name.len > 0);
		must(f.value.s > f.name.s + f.name.len - 1);
		must(f.value.s + f.value.len <= h->s + f.end);
		must(f.end == h->end ||
		    (h->s[f.end - 1] == '\n' && h->s[f.end] != ' ' &&
			h->s[f.end] != '\t'));
		line->len = 0;
		must(field_unfold(line, f.value) == 0);
		must(line->len <= f.value.len);
		must(line->len == 0 || !memchr(line->s, '\n', line->len));
		at = f.end;
	}
	must(n == h->fields && at == h->end);
	must(!header_find(h, "no such field", 0, &same));
}

static void
inside(struct bytes value, const struct header *h)
{
	if (!value.s)
		return;
	must(value.len > 0 && value.s >= h->s);
	must(value.s + value.len <= h->s + h->end);
}

static void
look(const struct header *h)
{
	struct header_facts f = {0};

	must(header_facts(&f, h) == 0);
	inside(f.message_id, h);
	inside(f.from, h);
	inside(f.subject, h);
	inside(f.precedence, h);
	must(f.received <= h->fields);
	must(facts_trace_count(&f) <= h->fields);
	facts_list_id(&f, bytes_z("test-l.example.org"));
	facts_trace(&f, bytes_z("TEST-L@example.org"));
	header_facts_free(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	stralloc line = {0};
	struct where w = {0, NULL};
	struct header h;

	if (header_parse(&h, s, size, &w) < 0) {
		must(w.at <= size && w.why != NULL);
		must(header_line(s, w.at) >= 1);
		return 0;
	}
	must(h.fields > 0 && h.fields <= HEADER_FIELDS_MAX);
	must(h.from < h.end && h.end <= h.body && h.body <= size);
	must(h.body <= HEADER_MAX && h.body - h.end <= 2);
	walk(&h, &line);
	look(&h);
	sa_free(&line);
	return 0;
}
