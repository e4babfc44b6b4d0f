/* The bytes up to the first LF as a line of a table and as an entry, the others
 * as an address. The line's entry is a part of it without blanks around it. An entry
 * that is taken is in a form that is its own normal form, matches the address
 * exactly when its set says so, and a slow matcher says the same. */
#include <stdint.h>

#include "lib/addr.h"
#include "lib/spamset.h"
#include "tests/fuzz/fuzz.h"

/* The pattern of an entry again. */
static void
pattern_of(stralloc *out, const struct spam_entry *e)
{
	if (e->kind == SPAM_DOMAIN)
		must(sa_puts(out, "*@") == 0);
	if (e->kind == SPAM_SUBDOMAINS)
		must(sa_puts(out, "*@*.") == 0);
	must(sa_put(out, e->key.s, e->key.len) == 0);
	if (e->kind == SPAM_USER)
		must(sa_puts(out, "@*") == 0);
}

/* Does each state of the pattern stand for the start of the text? */
static int
slow_glob(struct bytes p, struct bytes t)
{
	static unsigned char now[SPAM_ENTRY_MAX + 2];
	size_t i, k;
	int stay;

	memset(now, 0, sizeof now);
	now[0] = 1;
	for (k = 0; k <= t.len; k++) {
		for (i = 0; i < p.len; i++)
			if (p.s[i] == '*' && now[i])
				now[i + 1] = 1;
		if (k == t.len)
			break;
		for (i = p.len + 1; i-- > 0;) {
			stay = i < p.len && p.s[i] == '*' && now[i];
			now[i] = (unsigned char)(stay ||
			    (i > 0 && p.s[i - 1] != '*' &&
				p.s[i - 1] == t.s[k] && now[i - 1]));
		}
	}
	return now[p.len];
}

static void
check_normal(const struct spam_entry *e, const stralloc *pattern)
{
	struct spam_entry again;
	stralloc room = {0};

	must(spam_entry_parse(&again, &room, pattern->s, pattern->len, NULL) ==
	    0);
	must(again.kind == e->kind && again.points == 1);
	must(again.key.len == e->key.len);
	must(memcmp(again.key.s, e->key.s, e->key.len) == 0);
	sa_free(&room);
}

static size_t
count(const char *s, size_t len, char c)
{
	size_t n = 0;

	while (len-- > 0)
		n += s[len] == c;
	return n;
}

/* No control bytes, no '@' more or less; and what is an address is what
 * addr_spec makes of it. */
static void
check_pattern(
    const char *s, size_t len, const struct spam_entry *e, struct bytes pattern)
{
	size_t i, at = count(s, len, '@');
	stralloc normal = {0};

	must(count(pattern.s, pattern.len, '@') == (at ? at : 1));
	for (i = 0; i < pattern.len; i++) {
		must((unsigned char)pattern.s[i] >= ' ');
		must(pattern.s[i] != 127);
		must(pattern.s[i] != '\xc2' ||
		    (unsigned char)pattern.s[i + 1] >= 0xa0);
	}
	if (e->kind == SPAM_ADDRESS &&
	    addr_spec(&normal, pattern.s, pattern.len, ADDR_UTF8, NULL) == 0) {
		must(normal.len == pattern.len);
		must(memcmp(normal.s, pattern.s, pattern.len) == 0);
	}
	sa_free(&normal);
}

static void
check_set(const char *s, size_t len, const struct spam_entry *e,
    struct bytes pattern, struct bytes address)
{
	struct spamset set = {.npair = 0};
	struct spam_hit hit;
	int want =
	    memchr(address.s, '@', address.len) && spam_glob(pattern, address);

	must(spamset_add(&set, s, len, NULL) == 0);
	must(spamset_seal(&set) == 0);
	must(spamset_find(&set, address, &hit) == want);
	if (want) {
		must(hit.points == e->points && hit.line == 0);
		must(hit.entry.len == len);
		must(memcmp(hit.entry.s, s, len) == 0);
	}
	spamset_free(&set);
}

static void
check_line(const char *s, size_t len)
{
	struct bytes e = spam_entry_of_line(s, len);

	must(e.s >= s && e.s + e.len <= s + len);
	if (e.len == 0)
		return;
	must(e.s[0] != ' ' && e.s[0] != '\t' && e.s[0] != '#');
	must(e.s[e.len - 1] != ' ' && e.s[e.len - 1] != '\t');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	const char *lf = size ? memchr(s, '\n', size) : NULL;
	size_t len = lf ? (size_t)(lf - s) : size;
	struct bytes address = {s + len, 0}, pattern;
	struct where w = {0, NULL};
	stralloc room = {0}, text = {0};
	struct spam_entry e;

	if (lf)
		address = (struct bytes){lf + 1, size - len - 1};
	if (address.len > SPAMSET_ADDRESS_MAX)
		address.len = SPAMSET_ADDRESS_MAX;
	check_line(s, len);
	if (spam_entry_parse(&e, &room, s, len, &w) < 0) {
		must(w.why && w.at <= len);
		sa_free(&room);
		return 0;
	}
	must(e.points >= 1 && e.points <= SPAM_POINTS_MAX);
	must(e.key.len >= 1 && e.key.len <= SPAM_ENTRY_MAX);
	pattern_of(&text, &e);
	pattern = (struct bytes){text.s, text.len};
	check_pattern(s, len, &e, pattern);
	if (text.len <= SPAM_ENTRY_MAX) {
		check_normal(&e, &text);
		must(
		    spam_glob(pattern, address) == slow_glob(pattern, address));
		check_set(s, len, &e, pattern, address);
	}
	sa_free(&room);
	sa_free(&text);
	return 0;
}
