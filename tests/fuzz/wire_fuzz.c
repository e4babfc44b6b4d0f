/* Any message: its wire form is the same in whatever pieces it comes, has only
 * whole CR LF, and survives dot-stuffing and its reverse. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire.h"
#include "tests/fuzz/fuzz.h"

static int
normalise(
    stralloc *out, struct wire *w, const char *p, size_t len, size_t piece)
{
	struct where where;
	size_t n;

	for (; len > 0; p += n, len -= n) {
		n = len < piece ? len : piece;
		if (wire_put(w, out, p, n, &where) < 0)
			return -1;
	}
	return wire_end(w, out);
}

static void
check_form(const stralloc *out, const struct wire *w)
{
	size_t i, line = 0;

	must(w->bytes == out->len);
	must(out->len == 0 || out->s[out->len - 1] == '\n');
	for (i = 0; i < out->len; i++) {
		must(out->s[i] != '\0');
		must(out->s[i] != '\n' || (i > 0 && out->s[i - 1] == '\r'));
		must(out->s[i] != '\r' ||
		    (i + 1 < out->len && out->s[i + 1] == '\n'));
		line = out->s[i] == '\n' ? 0 : line + 1;
		must(line <= WIRE_LINE_MAX + 1);
	}
}

/* Stuff in small steps, undo it, compare. */
static void
check_dots(const stralloc *in, int dots, size_t piece, size_t room)
{
	struct wire_dots d = {0}, none = {0};
	char *out = malloc(2 * in->len + room);
	size_t at, n, used, total = 0, back = 0;

	must(out != NULL);
	must(wire_no_dots(&none, in->s, in->len) == !dots);
	for (at = 0; at < in->len; at += used) {
		n = in->len - at < piece ? in->len - at : piece;
		total +=
		    wire_stuff(&d, out + total, room, in->s + at, n, &used);
	}
	must(dots || total == in->len);
	for (at = 0; at < total; at++) {
		if (out[at] == '.' && (at == 0 || out[at - 1] == '\n')) {
			must(at + 1 < total && out[at + 1] == '.');
			at++;
		}
		must(back < in->len && out[at] == in->s[back++]);
	}
	must(back == in->len);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire whole = {0}, parts = {0};
	stralloc a = {0}, b = {0};
	size_t piece;
	int r;

	if (size < 1)
		return 0;
	piece = (size_t)(data[0] & 15) + 1;
	r = normalise(&a, &whole, (const char *)data + 1, size - 1, size);
	must(normalise(&b, &parts, (const char *)data + 1, size - 1, piece) ==
	    r);
	if (r == 0) {
		must(a.len == b.len && whole.lines == parts.lines);
		must(whole.dots == parts.dots &&
		    whole.eightbit == parts.eightbit);
		must(a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
		check_form(&a, &whole);
		if (a.len > 0)
			check_dots(
			    &a, whole.dots, piece, (size_t)(data[0] >> 4) + 2);
	}
	sa_free(&a);
	sa_free(&b);
	return 0;
}
