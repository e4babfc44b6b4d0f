#include "lib/plan.h"

#include "lib/num.h"

enum { CHUNKS_MAX = 999999 };

static int
put_numbers(stralloc *out, char op, uint64_t a, uint64_t b)
{
	if (sa_put(out, &op, 1) < 0 || sa_put(out, " ", 1) < 0 ||
	    sa_addu(out, a) < 0 || sa_put(out, " ", 1) < 0)
		return -1;
	return sa_addu(out, b);
}

int
plan_start(stralloc *out, uint32_t chunk, struct bytes poster)
{
	if (sa_put(out, "C ", 2) < 0 || sa_addu(out, chunk) < 0 ||
	    sa_put(out, " ", 1) < 0)
		return -1;
	if (poster.len == 0 || poster.len > PLAN_POSTER_MAX ||
	    memchr(poster.s, '\n', poster.len))
		poster = bytes_z("-");
	if (sa_put(out, poster.s, poster.len) < 0)
		return -1;
	return sa_put(out, "\n", 1);
}

int
plan_wave(stralloc *out, uint32_t chunks, uint64_t rcpts, struct bytes key)
{
	static const char hex[] = "0123456789abcdef";

	if (put_numbers(out, 'W', chunks, rcpts) < 0 || sa_put(out, " ", 1) < 0)
		return -1;
	for (size_t i = 0; i < key.len; i++) {
		unsigned char c = (unsigned char)key.s[i];
		char two[2] = {hex[c >> 4], hex[c & 15]};

		if (sa_put(out, two, 2) < 0)
			return -1;
	}
	return sa_put(out, "\n", 1);
}

int
plan_end(stralloc *out, uint32_t chunks, uint64_t rcpts)
{
	if (put_numbers(out, 'E', chunks, rcpts) < 0)
		return -1;
	return sa_put(out, "\n", 1);
}

int
plan_warned(stralloc *out, uint64_t us)
{
	if (sa_put(out, "D ", 2) < 0 || sa_addu(out, us) < 0)
		return -1;
	return sa_put(out, "\n", 1);
}

int
plan_reported(stralloc *out)
{
	return sa_put(out, "P\n", 2);
}

static int
counts(struct plan *p, struct bytes *l)
{
	struct bytes a = bytes_word(l), b = bytes_word(l);
	uint64_t chunks, rcpts;

	if (num_u64(&chunks, a.s, a.len, CHUNKS_MAX) < 0 ||
	    num_u64(&rcpts, b.s, b.len, UINT32_MAX) < 0 || chunks < p->chunks ||
	    rcpts < p->rcpts)
		return -1;
	p->rcpts = rcpts;
	p->chunks = (uint32_t)chunks;
	return 0;
}

static int
start_line(struct plan *p, struct bytes l)
{
	struct bytes a = bytes_word(&l);
	uint64_t n;

	if (num_u64(&n, a.s, a.len, UINT32_MAX) < 0 || n == 0 ||
	    l.len > PLAN_POSTER_MAX)
		return -1;
	p->chunk = (uint32_t)n;
	if (!bytes_eq(l, "-"))
		memcpy(p->poster, l.s, l.len);
	return 0;
}

static int
wave_line(struct plan *p, struct bytes l)
{
	uint64_t byte;

	if (counts(p, &l) < 0 || l.len % 2 || l.len / 2 > PLAN_KEY_MAX)
		return -1;
	for (size_t i = 0; i < l.len / 2; i++) {
		if (num_hex64(&byte, l.s + 2 * i, 2) < 0)
			return -1;
		p->key[i] = (unsigned char)byte;
	}
	p->key_len = l.len / 2;
	return 0;
}

static int
warned_line(struct plan *p, struct bytes l)
{
	return num_u64(&p->warned_us, l.s, l.len, INT64_MAX);
}

/* C first and once, W growing until E, then at most D and P. */
static int
plan_line(struct plan *p, struct bytes l)
{
	struct bytes op = bytes_word(&l);

	if (bytes_eq(op, "C"))
		return p->chunk ? -1 : start_line(p, l);
	if (p->chunk == 0)
		return -1;
	if (bytes_eq(op, "W"))
		return p->ended ? -1 : wave_line(p, l);
	if (bytes_eq(op, "E")) {
		p->ended = 1;
		return counts(p, &l);
	}
	if (bytes_eq(op, "D"))
		return p->ended ? warned_line(p, l) : -1;
	if (!bytes_eq(op, "P"))
		return -1;
	p->reported = 1;
	return 0;
}

/* Zeros are blocks that a power cut left unwritten.  Each line was durable
 * before the next was begun, so this can only be the last one. */
static int
torn(const char *s, size_t len, size_t line)
{
	return line + 1 == len && memchr(s, 0, line) != NULL;
}

int
plan_parse(struct plan *p, const char *s, size_t len, struct where *w)
{
	const char *nl;

	*p = (struct plan){0};
	while (p->length < len &&
	    (nl = memchr(s + p->length, '\n', len - p->length))) {
		size_t n = (size_t)(nl - s) - p->length;

		if (torn(s + p->length, len - p->length, n))
			break;
		if (plan_line(p, (struct bytes){s + p->length, n}) < 0)
			return where_set(w, p->length, "not a plan line");
		p->length += n + 1;
	}
	return p->chunk ? 0 : where_set(w, 0, "the plan has no first line");
}
