#include "lib/listtab.h"

#include <errno.h>
#include <stdio.h>

#include "lib/addr.h"
#include "lib/num.h"
#include "lib/verp.h"

enum { DIGITS = 20, MINUTES = 5 };

static const char OWNER[] = "owner-";
enum { OWNER_LEN = sizeof OWNER - 1 };

/* The addresses of a list that end in something, longer endings first. */
static const struct {
	const char *end;
	const char *form; /* NULL: reserved, but nothing is done with it */
} endings[] = {
    {"-unsubscribe-request", "unsubscribe"},
    {"-subscribe-request", "subscribe"},
    {"-signoff-request", "signoff"},
    {"-search-request", NULL},
    {"-dmarc-request", NULL},
    {"-request", "request"},
    {"-server", "server"},
    {"-check-subscription", NULL},
};
enum { ENDINGS = sizeof endings / sizeof *endings };

static const char *const reserved[] = {"abuse", "all", "all-request",
    "listserv", "listserv-maintainer", "mailer-daemon", "nobody", "postmaster",
    "root"};
enum { RESERVED = sizeof reserved / sizeof *reserved };

/* Does the ending follow a name? */
static int
ends(struct bytes b, const char *with)
{
	return bytes_ends(b, with) && b.len > strlen(with);
}

static int
name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static int
name_form(const char *s, size_t len, struct where *w)
{
	size_t i;

	if (len == 0)
		return where_set(w, 0, "empty name");
	if (len > LIST_NAME_MAX)
		return where_set(w, LIST_NAME_MAX, "name over 64 characters");
	for (i = 0; i < len; i++) {
		if (!name_char(s[i]))
			return where_set(
			    w, i, "only A-Z, 0-9, - _ and . may be in a name");
		if (s[i] == '.' && (i + 1 == len || s[i + 1] == '.'))
			return where_set(w, i, "misplaced dot in the name");
	}
	if (s[0] == '-' || s[0] == '_' || s[0] == '.')
		return where_set(
		    w, 0, "a name begins with a letter or a digit");
	return 0;
}

int
listtab_name_ok(const char *s, size_t len, struct where *w)
{
	const struct bytes name = {s, len};
	size_t i;

	if (name_form(s, len, w) < 0)
		return -1;
	for (i = 0; i < RESERVED; i++)
		if (bytes_same(name, reserved[i]))
			return where_set(w, 0, "this name is reserved");
	if (bytes_starts(name, OWNER))
		return where_set(
		    w, 0, "names that begin with owner- are reserved");
	for (i = 0; i < ENDINGS; i++)
		if (ends(name, endings[i].end))
			return where_set(w, len - strlen(endings[i].end),
			    "names with this ending are reserved");
	return 0;
}

void
listtab_upper(char *out, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 32) : s[i];
	out[len] = 0;
}

struct bytes
listtab_key(char *out, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 32) : s[i];
	return (struct bytes){out, len};
}

/* list is NULL for an address of the server itself. */
static int
found(struct listtab_address *a, enum spool_class class, const char *form,
    const char *list, size_t len)
{
	if (list && listtab_name_ok(list, len, NULL) < 0)
		return 0;
	a->class = class;
	a->form = form;
	if (list)
		listtab_upper(a->list, list, len);
	return 1;
}

/* owner-LIST*user**domain, the part behind "owner-" */
static int
probe(struct listtab_address *a, stralloc *detail, const char *s, size_t len)
{
	const char *star = memchr(s, '*', len), *at = NULL, *p, *end = s + len;
	stralloc addr = {0};
	int r;

	errno = 0; /* to tell "no address" from "no memory" below */
	for (p = star + 1; p + 1 < end; p++)
		if (p[0] == '*' && p[1] == '*')
			at = p;
	if (!at || at == star + 1)
		return 0;
	if (sa_put(&addr, star + 1, (size_t)(at - star) - 1) < 0 ||
	    sa_put(&addr, "@", 1) < 0 ||
	    sa_put(&addr, at + 2, (size_t)(end - at) - 2) < 0)
		r = -1;
	else if (addr_spec(detail, addr.s, addr.len, ADDR_UTF8, NULL) < 0)
		r = errno == ENOMEM ? -1 : 0;
	else
		r = found(a, CLASS_BOUNCE, "probe", s, (size_t)(star - s));
	sa_free(&addr);
	return r;
}

static int
verp(struct listtab_address *a, stralloc *detail, const char *s, size_t len)
{
	stralloc list = {0};
	int r = verp_parse(&list, detail, s, len);

	if (r == 1)
		r = list.len &&
		    found(a, CLASS_BOUNCE, "verp", list.s, list.len);
	sa_free(&list);
	return r;
}

static int
bounce(struct listtab_address *a, stralloc *detail, const char *s, size_t len)
{
	const char *list = s + OWNER_LEN;
	size_t n = len - OWNER_LEN;

	if (bytes_same((struct bytes){list, n}, "listserv"))
		return found(a, CLASS_BOUNCE, "owner", NULL, 0);
	if (memchr(s, '+', len))
		return verp(a, detail, s, len);
	if (memchr(list, '*', n))
		return probe(a, detail, list, n);
	return found(a, CLASS_BOUNCE, "owner", list, n);
}

int
listtab_classify(
    struct listtab_address *a, stralloc *detail, const char *s, size_t len)
{
	struct bytes name;
	size_t i, n;
	int r;

	*a = (struct listtab_address){.form = ""};
	detail->len = 0;
	if (len > 2 && s[0] == '"' && s[len - 1] == '"') {
		/* only a recipient within an address can need the quotes */
		r = verp(a, detail, s, len);
		if (r != 0)
			return r;
		s++;
		len -= 2;
	}
	detail->len = 0;
	name = (struct bytes){s, len};
	if (bytes_same(name, "listserv") ||
	    bytes_same(name, "listserv-request"))
		return found(a, CLASS_COMMAND, "listserv", NULL, 0);
	if (bytes_starts(name, OWNER)) {
		r = bounce(a, detail, s, len);
		if (r != 1)
			detail->len = 0;
		return r;
	}
	for (i = 0; i < ENDINGS; i++) {
		if (!ends(name, endings[i].end))
			continue;
		n = len - strlen(endings[i].end);
		return endings[i].form
		    ? found(a, CLASS_COMMAND, endings[i].form, s, n)
		    : 0;
	}
	return found(a, CLASS_POST, "", s, len);
}

/* Letters of FLAGS: each bit of enum loop_flag in its order, then the rest. */
static const char loop_letter[LOOP_FLAGS + 1] = "FNAOBCSDLM";
enum { REST = 3, FLAGS_MAX = LOOP_FLAGS + REST };
static const char rest_letter[REST + 1] = "PUX";

static void
flags_put(char out[FLAGS_MAX + 2], const struct listtab *l)
{
	const int rest[REST] = {l->filter, l->unsafe, l->no_spam_check};
	char *p = out;

	for (unsigned i = 0; i < LOOP_FLAGS; i++)
		if (l->loop.flags & (1U << i))
			*p++ = loop_letter[i];
	for (unsigned i = 0; i < REST; i++)
		if (rest[i])
			*p++ = rest_letter[i];
	if (p == out)
		*p++ = '-';
	*p = 0;
}

static int
flags_parse(struct listtab *l, struct bytes word)
{
	int *const rest[REST] = {&l->filter, &l->unsafe, &l->no_spam_check};
	const char *at;

	if (bytes_eq(word, "-"))
		return 0;
	for (size_t i = 0; i < word.len; i++) {
		at = memchr(loop_letter, word.s[i], LOOP_FLAGS);
		if (at) {
			l->loop.flags |= 1U << (at - loop_letter);
			continue;
		}
		at = memchr(rest_letter, word.s[i], REST);
		if (!at)
			return -1;
		*rest[at - rest_letter] = 1;
	}
	return word.len ? 0 : -1;
}

size_t
listtab_value(char *out, const struct listtab *l)
{
	char flags[FLAGS_MAX + 2];

	flags_put(flags, l);
	return (size_t)snprintf(out, LISTTAB_VALUE_MAX,
	    "2 %0*" PRIu64 " %0*" PRIu64 " %c %s %0*u %s", DIGITS, l->bytes,
	    DIGITS, l->lines, (char)l->send, flags, MINUTES, l->loop.delay_min,
	    l->name);
}

/* FLAGS MINUTES, of version 2 */
static int
more_parse(struct listtab *out, struct bytes *v)
{
	struct bytes flags = bytes_word(v), minutes = bytes_word(v);
	uint64_t n;

	if (flags_parse(out, flags) < 0 || minutes.len != MINUTES ||
	    num_u64(&n, minutes.s, minutes.len, LOOP_DELAY_MAX) < 0)
		return -1;
	out->loop.delay_min = (unsigned)n;
	return 0;
}

static int
value_parse(struct listtab *out, struct bytes v)
{
	struct bytes version = bytes_word(&v), bytes = bytes_word(&v);
	struct bytes lines = bytes_word(&v), send = bytes_word(&v);

	*out = (struct listtab){.lines = 0};
	if ((!bytes_eq(version, "1") && !bytes_eq(version, "2")) ||
	    bytes.len != DIGITS || lines.len != DIGITS || send.len != 1 ||
	    !memchr("PMOC", send.s[0], 4) ||
	    num_u64(&out->bytes, bytes.s, DIGITS, UINT64_MAX) < 0 ||
	    num_u64(&out->lines, lines.s, DIGITS, UINT64_MAX) < 0 ||
	    (version.s[0] == '2' && more_parse(out, &v) < 0) || v.len == 0 ||
	    v.len > LIST_NAME_MAX) {
		errno = EPROTO;
		return -1;
	}
	out->send = (enum listtab_send)send.s[0];
	out->old = version.s[0] == '1';
	memcpy(out->name, v.s, v.len);
	out->name[v.len] = 0;
	return 1;
}

int
listtab_lookup(
    struct listtab *out, const struct table *t, const char *name, size_t len)
{
	char room[LIST_NAME_MAX];
	struct bytes key, v;
	int r;

	if (len == 0 || len > sizeof room || !name_char(name[0]))
		return 0;
	key = listtab_key(room, name, len);
	r = table_find(t, key.s, key.len, &v.s, &v.len);
	return r == 1 ? value_parse(out, v) : r;
}
