#include "lib/scananswer.h"

#include "lib/keyval.h"
#include "lib/utf8.h"

static const char *const names[] = {"0", "1", "2", "failed"};

const char *
scananswer_code(enum scan_code code)
{
	return names[code];
}

int
scananswer_format(stralloc *out, const struct scananswer *a)
{
	if (sa_puts(out, "lsv-answer 1\n") < 0 ||
	    keyval_put(out, "code", bytes_z(names[a->code]), 8) < 0 ||
	    keyval_putu(out, "ms", a->ms) < 0 ||
	    keyval_put(out, "why", bytes_z(a->why), SCANANSWER_WHY_MAX) < 0)
		return -1;
	return sa_puts(out, "end\n");
}

/* A control byte, or of more than one byte U+0080 to U+009F. */
static int
is_control(uint32_t c)
{
	return c < 32 || (c >= 127 && c < 160);
}

static int
is_clean(struct bytes b)
{
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < b.len; i += n) {
		n = utf8_get(&c, b.s + i, b.len - i);
		if (n == 0 || is_control(c))
			return 0;
	}
	return 1;
}

static int
code_parse(enum scan_code *code, struct keyval *k)
{
	size_t at = k->at;
	struct bytes v;

	if (keyval_get(k, "code", &v) < 0)
		return -1;
	for (int i = SCAN_GO_ON; i <= SCAN_FAILED; i++)
		if (bytes_eq(v, names[i])) {
			*code = (enum scan_code)i;
			return 0;
		}
	return where_set(k->w, at, "not a code of an answer");
}

int
scananswer_parse(
    struct scananswer *out, const char *s, size_t len, struct where *w)
{
	static const char first[] = "lsv-answer 1\n";
	struct keyval k = {.s = s, .len = len, .w = w};
	struct bytes why;
	size_t at;

	if (len < strlen(first) || memcmp(s, first, strlen(first)) != 0)
		return where_set(w, 0, "not an answer of version 1");
	k.at = strlen(first);
	if (code_parse(&out->code, &k) < 0 ||
	    keyval_getu(&k, "ms", &out->ms, UINT64_MAX) < 0)
		return -1;
	at = k.at;
	if (keyval_get(&k, "why", &why) < 0)
		return -1;
	if (why.len > SCANANSWER_WHY_MAX || !is_clean(why))
		return where_set(w, at, "not a reason");
	if (keyval_end(&k) < 0)
		return -1;
	if (k.at != len)
		return where_set(w, k.at, "text behind the end");
	memcpy(out->why, why.s, why.len);
	out->why[why.len] = 0;
	return 0;
}

static int
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void
scananswer_why(struct scananswer *a, const char *s, size_t len)
{
	size_t used = 0, n;
	int gap = 0;
	uint32_t c;

	for (size_t i = 0; i < len; i += n) {
		n = 1;
		if (is_space(s[i])) {
			gap = used > 0;
			continue;
		}
		n = utf8_get(&c, s + i, len - i);
		if (used + (size_t)gap + (n ? n : 1) > SCANANSWER_WHY_MAX)
			break;
		if (gap)
			a->why[used++] = ' ';
		gap = 0;
		if (n == 0 || is_control(c)) {
			a->why[used++] = '?';
			n = n ? n : 1;
			continue;
		}
		memcpy(a->why + used, s + i, n);
		used += n;
	}
	a->why[used] = 0;
}
