/* Any message, names and values: "names LF row LF message".  What compiles gives
 * copies as long as measured; a row that passed the check gives a message in wire
 * form, without long lines, whose header ends where that of the message did, and
 * has no more delimiters between parts. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/header.h"
#include "lib/merge.h"
#include "lib/wire.h"
#include "tests/fuzz/fuzz.h"

static struct bytes
line(struct bytes *rest)
{
	const char *nl = memchr(rest->s, '\n', rest->len);
	struct bytes b = {rest->s, nl ? (size_t)(nl - rest->s) : rest->len};
	size_t used = b.len + (nl != NULL);

	rest->s += used;
	rest->len -= used;
	return b;
}

/* Lines that begin as one of the delimiters does. */
static size_t
delimiters(const struct merge *m, const char *s, size_t len)
{
	const char *end = s + len, *nl;
	size_t n = 0;

	for (; s < end; s = nl ? nl + 1 : end) {
		nl = memchr(s, '\n', (size_t)(end - s));
		for (unsigned i = 0; i < m->edges; i++) {
			struct bytes e = m->edge[i];

			n += (size_t)(end - s) > e.len + 2 &&
			    memcmp(s, "--", 2) == 0 &&
			    memcmp(s + 2, e.s, e.len) == 0;
		}
	}
	return n;
}

static void
check_form(const stralloc *out, const struct merge *m)
{
	size_t column = 0;
	struct header a, b;
	struct where w;

	must(out->len >= 2 && out->s[out->len - 1] == '\n');
	for (size_t i = 0; i < out->len; i++, column++) {
		must(out->s[i] != '\0');
		must(out->s[i] != '\r' || out->s[i + 1] == '\n');
		if (out->s[i] == '\n') {
			must(column > 0 && column <= MERGE_LINE_MAX + 1);
			column = (size_t)-1;
		}
	}
	must(header_parse(&a, m->s, m->len, &w) == 0);
	must(header_parse(&b, out->s, out->len, &w) == 0);
	must(a.fields == b.fields);
	must(delimiters(m, out->s, out->len) <= delimiters(m, m->s, m->len));
}

static void
copies(const struct merge *m, const struct merge_row *row)
{
	struct merge_copy c = {.at = 0};
	stralloc out = {0};
	struct bytes b;
	uint64_t length;
	int eightbit, field, ok;
	const char *why;

	must(merge_measure(&c, m, row, &length, &eightbit) == 0);
	ok = merge_check(&c, m, row, &field, &why) == 0;
	must(ok || why != NULL);
	merge_begin(&c, m, row);
	while (merge_next(&c, &b) > 0)
		must(b.len > 0 && sa_put(&out, b.s, b.len) == 0);
	must(out.len == length);
	for (size_t i = 0; i < out.len; i++)
		must(eightbit || (unsigned char)out.s[i] < 128);
	if (ok)
		check_form(&out, m);
	merge_done(&c);
	sa_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = {(const char *)data, size};
	struct bytes names = line(&rest), values = line(&rest);
	struct merge_row row = {.date = bytes_z("Sun, 22 Nov 2026 10:00:00 "
						"+0000"),
	    .id = bytes_z("1.2@lists.example.org")};
	struct wire wire = {0};
	struct merge m = {.s = NULL};
	stralloc text = {0};
	struct where w;

	if (wire_put(&wire, &text, rest.s, rest.len, &w) == 0 &&
	    wire_end(&wire, &text) == 0 && text.len &&
	    merge_compile(&m, names, text.s, text.len, &w) == 0 &&
	    merge_row(&row, values) == 0)
		copies(&m, &row);
	merge_free(&m);
	sa_free(&text);
	return 0;
}
