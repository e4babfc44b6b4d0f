/* Any bytes as the value of a field: the walk ends and says the same twice, every
 * address is in lower case and not too long, and what is out of order behind
 * them does not stay unseen. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/mailaddrs.h"
#include "tests/fuzz/fuzz.h"

static void
check_address(struct bytes a)
{
	const char *at = a.len ? memrchr(a.s, '@', a.len) : NULL;

	must(at != NULL && at > a.s && at + 1 < a.s + a.len);
	must(a.len <= MAILADDRS_LOCAL_MAX + 1 + MAILADDRS_DOMAIN_MAX);
	for (size_t i = 0; i < a.len; i++)
		must(a.s[i] < 'A' || a.s[i] > 'Z');
}

/* All addresses, each ended by LF. */
static void
walk(struct mailaddrs *m, const struct header *h, stralloc *out)
{
	struct bytes address, field;
	uint64_t n = 0;
	int r;

	out->len = 0;
	mailaddrs_begin(m, h, MAILADDRS_FROM);
	while ((r = mailaddrs_next(m, &address, &field)) > 0) {
		check_address(address);
		must(bytes_same(field, "From") || bytes_same(field, "Sender"));
		must(sa_put(out, address.s, address.len) == 0);
		must(sa_put(out, "\n", 1) == 0);
		n++;
	}
	must(r == 0 && n == m->looked && n <= MAILADDRS_MAX);
	must(m->more == 0 || n == MAILADDRS_MAX);
}

/* "From: " and the value, every line of it after the first a continuation. */
static size_t
put_field(stralloc *mail, const char *s, size_t len)
{
	mail->len = 0;
	must(sa_puts(mail, "From: ") == 0);
	while (len) {
		const char *lf = memchr(s, '\n', len);
		size_t n = lf ? (size_t)(lf - s) + 1 : len;

		must(sa_put(mail, s, n) == 0);
		must(!lf || sa_put(mail, " ", 1) == 0);
		s += n;
		len -= n;
	}
	return mail->len;
}

/* Walk over a copy behind which there is nothing, not even a line end. */
static int
walk_copy(struct mailaddrs *m, const stralloc *mail, stralloc *found)
{
	char *copy = malloc(mail->len);
	struct header h;
	int r;

	must(copy != NULL);
	memcpy(copy, mail->s, mail->len);
	r = header_parse(&h, copy, mail->len, NULL) == 0;
	if (r)
		walk(m, &h, found);
	free(copy);
	return r;
}

/* The walk does not depend on the fields around, nor on the walk before. */
static void
says_the_same(struct mailaddrs *m, stralloc *mail, const stralloc *found)
{
	stralloc again = {0};
	struct header h;

	must(sa_puts(mail, "\nTo: to@other.example\n") == 0);
	if (header_parse(&h, mail->s, mail->len, NULL) == 0) {
		walk(m, &h, &again);
		must(again.len == found->len);
		must(again.len == 0 ||
		    memcmp(again.s, found->s, again.len) == 0);
	}
	sa_free(&again);
}

/* A mailbox that can never be in order, behind whatever came, is seen. */
static void
finds_the_last(struct mailaddrs *m, stralloc *mail, stralloc *found)
{
	static const char end[] = "\n \"',x y evil@last.example z";
	static const char last[] = "evil@last.example\n";

	must(sa_puts(mail, end) == 0);
	if (walk_copy(m, mail, found) && m->looked < MAILADDRS_MAX)
		must(found->s &&
		    memmem(found->s, found->len, last, sizeof last - 1) !=
			NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mailaddrs m;
	stralloc mail = {0}, found = {0};
	size_t len = put_field(&mail, (const char *)data, size);

	if (walk_copy(&m, &mail, &found))
		says_the_same(&m, &mail, &found);
	mail.len = len;
	finds_the_last(&m, &mail, &found);
	sa_free(&mail);
	sa_free(&found);
	return 0;
}
