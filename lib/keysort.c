#include "lib/keysort.h"

enum {
	CHUNK = 8, /* bytes that are compared at once */
	FEW = 12,  /* strings for which insertion is quicker */
};

/* struct sort - the strings, and a number that chooses the pivots: no order of
 * strings is slow in every run */
struct sort {
	struct bytes (*get)(void *arg, uint32_t n);
	void *arg;
	uint64_t dice;
};

/* Eight bytes from depth on, the first highest; zeros behind the end. */
static uint64_t
chunk_at(const struct sort *s, uint32_t n, size_t depth)
{
	struct bytes b = s->get(s->arg, n);
	uint64_t c = 0;
	size_t i, end = b.len > depth ? b.len - depth : 0;

	for (i = 0; i < CHUNK; i++)
		c = c << 8 | (i < end ? (unsigned char)b.s[depth + i] : 0);
	return c;
}

static int
compare(const struct sort *s, const struct keysort *a, const struct keysort *b)
{
	struct bytes x, y;
	size_t n;
	int r;

	if (a->chunk != b->chunk)
		return a->chunk < b->chunk ? -1 : 1;
	x = s->get(s->arg, a->n);
	y = s->get(s->arg, b->n);
	n = x.len < y.len ? x.len : y.len;
	r = memcmp(x.s, y.s, n);
	if (r == 0)
		r = x.len != y.len ? (x.len < y.len ? -1 : 1)
				   : (a->n < b->n ? -1 : 1);
	return r;
}

static void
swap(struct keysort *a, struct keysort *b)
{
	struct keysort t = *a;

	*a = *b;
	*b = t;
}

static void
insertion(const struct sort *s, struct keysort *v, size_t count)
{
	struct keysort t;
	size_t i, j;

	for (i = 1; i < count; i++) {
		t = v[i];
		for (j = i; j > 0 && compare(s, &t, &v[j - 1]) < 0; j--)
			v[j] = v[j - 1];
		v[j] = t;
	}
}

static uint64_t
throw_chunk(struct sort *s, const struct keysort *v, size_t count)
{
	/* xorshift64 by G. Marsaglia */
	s->dice ^= s->dice << 13;
	s->dice ^= s->dice >> 7;
	s->dice ^= s->dice << 17;
	return v[s->dice % count].chunk;
}

static uint64_t
pivot_of(struct sort *s, const struct keysort *v, size_t count)
{
	uint64_t a = throw_chunk(s, v, count), b = throw_chunk(s, v, count);
	uint64_t c = throw_chunk(s, v, count);

	if (a < b)
		return b < c ? b : a < c ? c : a;
	return a < c ? a : b < c ? c : b;
}

/* Parts v into chunks below, equal to and above one of them: less and more
 * receive how many lie on either side. */
static void
part(
    struct sort *s, struct keysort *v, size_t count, size_t *less, size_t *more)
{
	uint64_t pivot = pivot_of(s, v, count);
	size_t low = 0, i = 0, high = count;

	while (i < high) {
		if (v[i].chunk < pivot)
			swap(&v[low++], &v[i++]);
		else if (v[i].chunk > pivot)
			swap(&v[i], &v[--high]);
		else
			i++;
	}
	*less = low;
	*more = count - high;
}

/* Of strings that are alike up to the end of a chunk: those that end within
 * it come first, by length and then by number. Returns how many they are; the
 * others get their next chunk. */
static size_t
deeper(const struct sort *s, struct keysort *v, size_t count, size_t depth)
{
	size_t ended = 0, i;

	for (i = 0; i < count; i++) {
		if (s->get(s->arg, v[i].n).len <= depth)
			swap(&v[ended++], &v[i]);
		else
			v[i].chunk = chunk_at(s, v[i].n, depth);
	}
	return ended;
}

static void sort(struct sort *s, struct keysort *v, size_t count, size_t depth);

/* Sorts strings that are alike up to depth and one chunk on. */
static void
sort_deeper(struct sort *s, struct keysort *v, size_t count, size_t depth)
{
	size_t ended = deeper(s, v, count, depth + CHUNK), i;

	/* those differ in length and number only, which makes the chunk: no
	 * two are the same, so nothing looks at the strings again */
	for (i = 0; i < ended; i++)
		v[i].chunk =
		    (uint64_t)s->get(s->arg, v[i].n).len << 32 | v[i].n;
	sort(s, v, ended, depth);
	sort(s, v + ended, count - ended, depth + CHUNK);
}

static void
sort(struct sort *s, struct keysort *v, size_t count, size_t depth)
{
	size_t less, same, more;

	/* the larger side is gone on with here, so that the stack stays small */
	while (count > FEW) {
		part(s, v, count, &less, &more);
		same = count - less - more;
		if (same > 1)
			sort_deeper(s, v + less, same, depth);
		if (less < more) {
			sort(s, v, less, depth);
			v += less + same;
			count = more;
		} else {
			sort(s, v + less + same, more, depth);
			count = less;
		}
	}
	insertion(s, v, count);
}

void
keysort(struct keysort *order, size_t count,
    struct bytes (*get)(void *arg, uint32_t n), void *arg)
{
	struct sort s = {get, arg, (uintptr_t)order | 1};
	size_t i;

	for (i = 0; i < count; i++)
		order[i].chunk = chunk_at(&s, order[i].n, 0);
	sort(&s, order, count, 0);
}
