#include "lib/distopt.h"

#include "lib/addr.h"
#include "lib/num.h"

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The length of the word at the start of a text; open receives the byte that
 * would have closed its last quote or bracket, or 0. */
static size_t
word_len(struct bytes w, char *open)
{
	int plain = bytes_starts(w, "PW="), value = 0;
	char until = 0;
	size_t i = 0;

	for (; i < w.len && (until || !is_blank(w.s[i])); i++) {
		value |= w.s[i] == '=';
		if (until == '"' && w.s[i] == '\\' && i + 1 < w.len)
			i++;
		else if (until)
			until = w.s[i] == until ? 0 : until;
		else if (w.s[i] == '"' && !plain)
			until = '"';
		else if (w.s[i] == '(' && !value)
			until = ')';
	}
	*open = until;
	return i;
}

struct bytes
distopt_word(struct bytes *left)
{
	struct bytes w;
	char open;

	while (left->len > 0 && is_blank(left->s[0])) {
		left->s++;
		left->len--;
	}
	w = *left;
	if (w.len == 0)
		return w;
	w.len = word_len(w, &open);
	left->s += w.len;
	left->len -= w.len;
	return w;
}

int
distopt_is_open(struct bytes word)
{
	char open;

	(void)word_len(word, &open);
	return open != 0;
}

int
distopt_abbreviates(struct bytes word, const char *name, size_t min)
{
	return word.len >= min && word.len <= strlen(name) && word.len > 0 &&
	    strncasecmp(word.s, name, word.len) == 0;
}

int
distopt_name_ok(struct bytes v)
{
	for (size_t i = 0; i < v.len; i++)
		if (is_blank(v.s[i]) || strchr("/()\"", v.s[i]))
			return 0;
	return v.len > 0;
}

static int
yes_no(struct bytes v, int *out)
{
	if (bytes_same(v, "YES") || bytes_same(v, "Y"))
		*out = 1;
	else if (bytes_same(v, "NO") || bytes_same(v, "N"))
		*out = 0;
	else
		return -1;
	return 0;
}

static const char *
take_debug(struct distcmd *d, struct bytes v)
{
	return yes_no(v, &d->debug) < 0 ? "DEBUG= is YES or NO" : NULL;
}

static const char *
take_trace(struct distcmd *d, struct bytes v)
{
	return yes_no(v, &d->trace) < 0 ? "TRACE= is YES or NO" : NULL;
}

static const char *
take_canon(struct distcmd *d, struct bytes v)
{
	return yes_no(v, &d->canon) < 0 ? "CANON= is YES or NO" : NULL;
}

static const char *
take_dkim(struct distcmd *d, struct bytes v)
{
	return yes_no(v, &d->dkim) < 0 ? "DKIM= is YES or NO" : NULL;
}

static const char *
take_prime(struct distcmd *d, struct bytes v)
{
	return yes_no(v, &d->prime) < 0 ? "PRIME= is YES or NO" : NULL;
}

static const char *
take_i(struct distcmd *d, struct bytes v)
{
	return yes_no(v, &d->i) < 0 ? "I= is Y or N" : NULL;
}

static const char *
take_dbms(struct distcmd *d, struct bytes v)
{
	int dbms;

	(void)d;
	if (yes_no(v, &dbms) < 0)
		return "DBMS= is YES or NO";
	return dbms ? "this server has no database to take recipients from"
		    : NULL;
}

static int
notice(struct bytes v, enum distcmd_notice *out)
{
	if (bytes_same(v, "NONE") || bytes_same(v, "NO"))
		*out = DISTCMD_NONE;
	else if (bytes_same(v, "MAIL"))
		*out = DISTCMD_BY_MAIL;
	else if (bytes_same(v, "MSG") || bytes_same(v, "MESSAGE"))
		*out = DISTCMD_BY_MSG;
	else
		return -1;
	return 0;
}

static const char *
take_ack(struct distcmd *d, struct bytes v)
{
	if (bytes_same(v, "BOTH"))
		return "ACK=BOTH is not known, take ACK=MAIL";
	return notice(v, &d->ack) < 0 ? "ACK= is NONE, MAIL or MSG" : NULL;
}

static const char *
take_inform(struct distcmd *d, struct bytes v)
{
	return notice(v, &d->inform) < 0 ? "INFORM= is NONE, MAIL or MSG"
					 : NULL;
}

static const char *
take_prior(struct distcmd *d, struct bytes v)
{
	uint64_t n;

	if (num_u64(&n, v.s, v.len, DISTCMD_PRIOR_MAX) < 0)
		return "PRIOR= is a number from 0 to 99";
	d->prior = (int)n;
	return NULL;
}

static const char *
take_pool(struct distcmd *d, struct bytes v)
{
	char c = v.len == 1 ? v.s[0] : 0;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c != '-' && (c < 'A' || c > 'Z'))
		return "POOL= is a letter from A to Z, or -";
	d->pool = c;
	return NULL;
}

static const char *
take_pw(struct distcmd *d, struct bytes v)
{
	d->pw = v;
	return v.len == 0 ? "PW= lacks the password" : NULL;
}

static const char *
take_from(struct distcmd *d, struct bytes v)
{
	size_t at;

	if (bytes_starts(v, "DD=")) {
		d->from_dd = (struct bytes){v.s + 3, v.len - 3};
		return distopt_name_ok(d->from_dd)
		    ? NULL
		    : "FROM=DD= lacks a dataset's name";
	}
	if (d->dist2 && bytes_eq(v, "<>")) {
		d->from_null = 1;
		return NULL;
	}
	at = addr_at(v.s, v.len);
	if (at == 0 || at + 1 >= v.len)
		return "FROM= is an address, user@host";
	d->from = v;
	return NULL;
}

static const char *
take_forw(struct distcmd *d, struct bytes v)
{
	d->forw = bytes_same(v, "CRC");
	return d->forw ? NULL : "FORW() knows only CRC";
}

static const char *
take_crc(struct distcmd *d, struct bytes v)
{
	uint64_t n;

	if (v.len != 8 || num_hex64(&n, v.s, v.len) < 0)
		return "CRC= is a number of 8 hexadecimal digits";
	d->crc = (uint32_t)n;
	d->crc_said = 1;
	return NULL;
}

/* Words that go from server to server are plain. */
static int
plain_ok(struct bytes v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.s[i] <= 32 || v.s[i] > 126 || strchr("\"()", v.s[i]))
			return 0;
	return v.len > 0;
}

static const char *
take_id(struct distcmd *d, struct bytes v)
{
	d->id = v;
	return v.len <= DISTCMD_ID_MAX && plain_ok(v)
	    ? NULL
	    : "ID= is a name of printable characters, at most 255";
}

static const char *
take_hops(struct distcmd *d, struct bytes v)
{
	uint64_t n;

	if (num_u64(&n, v.s, v.len, DISTCMD_HOPS_MAX) < 0)
		return "HOPS= is a number from 0 to 99";
	d->hops = (unsigned)n;
	return NULL;
}

static const char *
take_table(struct distcmd *d, struct bytes v)
{
	uint64_t n;

	if (v.len != 4 || num_u64(&n, v.s, v.len, DISTCMD_TABLE_MAX) < 0 ||
	    n == 0)
		return "TAB= is the version of a table, 4 digits";
	d->table = (unsigned)n;
	return NULL;
}

static const char *
take_visited(struct distcmd *d, struct bytes v)
{
	struct bytes left = v, name;

	d->visited = v;
	while (distcmd_visited(&left, &name))
		if (!plain_ok(name))
			return "VIS() holds names of servers";
	return NULL;
}

static const char *
take_host(struct distcmd *d, struct bytes v)
{
	struct bytes left = v, w;
	uint32_t number;

	d->host = v;
	while ((w = distopt_word(&left)).len > 0)
		if (w.len > DISTCMD_HOST_DIGITS || !distcmd_host(&w, &number))
			return "HOST() holds numbers of servers";
	return v.len > 0 ? NULL : "HOST() holds numbers of servers";
}

/* struct option - NAME=value or NAME(value)
 *
 * min     letters that are enough; 0: all of them
 * open    '=' or '('
 * dist, dist2  1: that command has it
 */
struct option {
	const char *name;
	unsigned char min;
	char open;
	unsigned char dist, dist2;
	const char *(*take)(struct distcmd *d, struct bytes value);
};

static const struct option options[] = {
    {"ACK", 3, '=', 1, 0, take_ack},
    {"CANON", 4, '=', 1, 0, take_canon},
    {"CRC", 0, '=', 0, 1, take_crc},
    {"DBMS", 0, '=', 1, 0, take_dbms},
    {"DEBUG", 3, '=', 1, 0, take_debug},
    {"DKIM", 0, '=', 1, 1, take_dkim},
    {"FORW", 0, '(', 0, 1, take_forw},
    {"FROM", 0, '=', 1, 1, take_from},
    {"HOPS", 0, '=', 0, 1, take_hops},
    {"HOST", 0, '(', 0, 1, take_host},
    {"I", 0, '=', 0, 1, take_i},
    {"ID", 0, '=', 0, 1, take_id},
    {"INFORM", 3, '=', 1, 0, take_inform},
    {"POOL", 0, '=', 1, 1, take_pool},
    {"PRIME", 0, '=', 1, 0, take_prime},
    {"PRIOR", 0, '=', 1, 1, take_prior},
    {"PW", 0, '=', 1, 0, take_pw},
    {"TAB", 0, '=', 0, 1, take_table},
    {"TRACE", 3, '=', 1, 0, take_trace},
    {"VIS", 0, '(', 0, 1, take_visited},
};

_Static_assert(sizeof options / sizeof options[0] == DISTOPT_NONE,
    "distopt.h counts them");

unsigned
distopt_find(struct bytes word, struct bytes *value)
{
	const struct option *o;
	struct bytes name = {word.s, 0};
	unsigned i;

	while (name.len < word.len && !strchr("=(", word.s[name.len]))
		name.len++;
	if (name.len == word.len)
		return DISTOPT_NONE;
	for (i = 0; i < DISTOPT_NONE; i++) {
		o = options + i;
		if (o->open == word.s[name.len] &&
		    distopt_abbreviates(
			name, o->name, o->min ? o->min : strlen(o->name)))
			break;
	}
	*value = (struct bytes){name.s + name.len + 1, word.len - name.len - 1};
	if (word.s[name.len] == '(') {
		if (value->len == 0 || value->s[value->len - 1] != ')')
			*value = (struct bytes){NULL, 0};
		else
			value->len--;
	}
	return i;
}

const char *
distopt_take(struct distcmd *d, unsigned option, struct bytes value)
{
	const struct option *o = options + option;

	if (d->dist2 ? !o->dist2 : !o->dist)
		return d->dist2
		    ? "DIST2 has no such option"
		    : "only DIST2, between servers, has this option";
	return value.s ? o->take(d, value) : "text stands behind the bracket";
}
