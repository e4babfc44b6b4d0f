#include "lib/journal.h"

#include <errno.h>

#include "lib/num.h"

/* Text of others: no byte of it may end a line or forge one. */
static int
put_clean(stralloc *out, struct bytes b, size_t max, char blank)
{
	size_t start = out->len;

	if (b.len > max)
		b.len = max;
	if (sa_put(out, b.s, b.len) < 0)
		return -1;
	for (size_t i = start; i < out->len; i++) {
		unsigned char c = (unsigned char)out->s[i];

		if (c < 32 || c == 127)
			out->s[i] = '?';
		else if (c == ' ')
			out->s[i] = blank;
	}
	return 0;
}

static int
put_word(stralloc *out, struct bytes b, size_t max)
{
	return b.len ? put_clean(out, b, max, '_') : sa_put(out, "-", 1);
}

static int
put_code(stralloc *out, unsigned code)
{
	char c[3] = {(char)('0' + code / 100 % 10),
	    (char)('0' + code / 10 % 10), (char)('0' + code % 10)};

	return sa_put(out, c, 3);
}

static int
put_outcome(stralloc *out, const struct entry *e)
{
	if (sa_put(out, " ", 1) < 0 || sa_addu(out, e->first) < 0 ||
	    sa_put(out, "-", 1) < 0 || sa_addu(out, e->last) < 0 ||
	    sa_put(out, " ", 1) < 0 || put_code(out, e->code) < 0 ||
	    sa_put(out, " ", 1) < 0 || put_word(out, e->status, 16) < 0 ||
	    sa_put(out, " ", 1) < 0 || sa_addu(out, e->when_us) < 0 ||
	    sa_put(out, " ", 1) < 0 ||
	    put_word(out, e->host, JOURNAL_HOST_MAX) < 0 ||
	    sa_put(out, " ", 1) < 0)
		return -1;
	return put_clean(out, e->text, JOURNAL_TEXT_MAX, ' ');
}

int
journal_format(stralloc *out, const struct entry *e)
{
	char op = (char)e->op;

	if (sa_put(out, &op, 1) < 0)
		return -1;
	switch (e->op) {
	case OP_DELIVERED:
	case OP_FAILED:
	case OP_RETRY:
		if (put_outcome(out, e) < 0)
			return -1;
		break;
	case OP_LATER:
		if (sa_put(out, " ", 1) < 0 || sa_addu(out, e->when_us) < 0 ||
		    sa_put(out, " ", 1) < 0 || sa_addu(out, e->tries) < 0)
			return -1;
		break;
	case OP_WARNED:
	case OP_PACKED:
		if (sa_put(out, " ", 1) < 0 || sa_addu(out, e->when_us) < 0)
			return -1;
		break;
	case OP_REPORTED:
	case OP_END:
		break;
	}
	return sa_put(out, "\n", 1);
}

static int
number(struct bytes *line, uint64_t *n, uint64_t max)
{
	struct bytes b = bytes_word(line);

	return num_u64(n, b.s, b.len, max);
}

static int
range(struct bytes *line, struct entry *e, uint32_t nrcpt)
{
	struct bytes b = bytes_word(line);
	const char *dash = memchr(b.s, '-', b.len);
	uint64_t first, last;
	size_t n;

	if (!dash || nrcpt == 0)
		return -1;
	n = (size_t)(dash - b.s);
	if (num_u64(&first, b.s, n, nrcpt - 1) < 0 ||
	    num_u64(&last, dash + 1, b.len - n - 1, nrcpt - 1) < 0 ||
	    first > last)
		return -1;
	e->first = (uint32_t)first;
	e->last = (uint32_t)last;
	return 0;
}

static int
outcome(struct bytes *line, struct entry *e, uint32_t nrcpt)
{
	uint64_t code;

	if (range(line, e, nrcpt) < 0 || number(line, &code, 999) < 0)
		return -1;
	e->code = (unsigned)code;
	e->status = bytes_word(line);
	if (e->status.len == 0 || number(line, &e->when_us, INT64_MAX) < 0)
		return -1;
	e->host = bytes_word(line);
	e->text = *line;
	return e->host.len ? 0 : -1;
}

static int
later(struct bytes *line, struct entry *e)
{
	uint64_t tries;

	if (number(line, &e->when_us, INT64_MAX) < 0 ||
	    number(line, &tries, UINT32_MAX) < 0)
		return -1;
	e->tries = (uint32_t)tries;
	return line->len ? -1 : 0;
}

static int
moment(struct bytes *line, struct entry *e)
{
	return number(line, &e->when_us, INT64_MAX) < 0 || line->len ? -1 : 0;
}

ssize_t
journal_line(
    struct entry *e, const char *s, size_t len, uint32_t nrcpt, struct where *w)
{
	const char *nl = memchr(s, '\n', len);
	struct bytes l, op;
	int r = -1;

	if (!nl)
		return 0;
	*e = (struct entry){.op = OP_END};
	l = (struct bytes){s, (size_t)(nl - s)};
	op = bytes_word(&l);
	/* zeros are blocks that a power cut left unwritten */
	if (op.len != 1 || memchr(s, 0, (size_t)(nl - s)))
		return where_set(w, 0, "not a journal line");
	e->op = (enum journal_op)op.s[0];
	if (op.s[0] == 'D' || op.s[0] == 'F' || op.s[0] == 'R')
		r = outcome(&l, e, nrcpt);
	else if (op.s[0] == 'L')
		r = later(&l, e);
	else if (op.s[0] == 'W' || op.s[0] == 'K')
		r = moment(&l, e);
	else if (op.s[0] == 'P' || op.s[0] == 'E')
		r = l.len ? -1 : 0;
	if (r < 0)
		return where_set(w, 0, "not a journal line");
	return nl - s + 1;
}
