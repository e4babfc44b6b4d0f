#include "lib/distcmd.h"

#include "lib/cjli.h"
#include "lib/distopt.h"
#include "lib/num.h"

static const uint32_t seen_type = UINT32_C(1) << 31;

/* struct parser - a command under way
 *
 * all     the command; left what is not read of it yet
 * seen    bit of each option that was there, and of the type
 * expect  1: TO was the last word, addresses or DD= have to follow
 * closed  1: another word followed the addresses
 */
struct parser {
	struct distcmd *d;
	struct bytes all, left;
	struct where *w;
	uint32_t seen;
	int expect, closed;
};

static int
fail(struct parser *p, struct bytes word, const char *why)
{
	return where_set(p->w, (size_t)(word.s - p->all.s), why);
}

static int
is_dist(struct bytes word)
{
	return distopt_abbreviates(word, "DISTRIBUTE", 4);
}

static int
take_option(struct parser *p, struct bytes word, unsigned i, struct bytes value)
{
	const char *why;

	if (p->seen & UINT32_C(1) << i)
		return fail(p, word, "the option is given twice");
	p->seen |= UINT32_C(1) << i;
	why = distopt_take(p->d, i, value);
	return why ? fail(p, word, why) : 0;
}

/* DD=name: the destination behind TO, else the source, else the destination. */
static int
take_dd(struct parser *p, struct bytes word)
{
	struct bytes name = {word.s + 3, word.len - 3};
	struct distcmd *d = p->d;

	if (!distopt_name_ok(name))
		return fail(p, word, "DD= lacks the name of a dataset");
	if (!p->expect && d->dd.len == 0) {
		d->dd = name;
		return 0;
	}
	if (d->to_dd.len > 0 || d->to.len > 0)
		return fail(p, word, "there are recipients already");
	d->to_dd = name;
	p->expect = 0;
	return 0;
}

/* One more address; they stand side by side. */
static int
take_to(struct parser *p, struct bytes word)
{
	struct distcmd *d = p->d;

	if (d->to_dd.len > 0)
		return fail(p, word, "there are recipients already");
	if (d->to.len == 0)
		d->to.s = word.s;
	else if (p->closed)
		return fail(p, word, "the addresses have to stand together");
	d->to.len = (size_t)(word.s + word.len - d->to.s);
	p->expect = 0;
	return 0;
}

/* FILE may be followed by its name in quotes. */
static int
take_file(struct parser *p)
{
	struct bytes left = p->left, name = distopt_word(&left);

	p->d->type = DISTCMD_FILE;
	if (name.len == 0 || name.s[0] != '"')
		return 0;
	p->left = left;
	if (name.len < 3 || name.s[name.len - 1] != '"' ||
	    memchr(name.s + 1, '"', name.len - 2))
		return fail(
		    p, name, "the name of the file is not closed by a quote");
	p->d->file = (struct bytes){name.s + 1, name.len - 2};
	if (p->d->file.len > DISTCMD_FILE_MAX)
		return fail(
		    p, name, "the name of the file is longer than 64 bytes");
	return 0;
}

/* The type, which is the word behind the command, or stands anywhere else.
 * Returns 1; 0 when the word is none; -1 */
static int
take_type(struct parser *p, struct bytes word)
{
	static const struct {
		const char *name;
		enum distcmd_type type;
		int dist2;
	} types[] = {{"MAIL", DISTCMD_MAIL, 1},
	    {"MAIL-MERGE", DISTCMD_MERGE, 0}, {"POST", DISTCMD_POST, 0},
	    {"RFC822", DISTCMD_RFC822, 0}, {"FILE", DISTCMD_FILE, 1}};
	size_t i = 0, n = sizeof types / sizeof types[0];

	while (i < n && !bytes_same(word, types[i].name))
		i++;
	if (i == n)
		return 0;
	if (p->seen & seen_type)
		return fail(p, word, "the type is given twice");
	if (p->d->dist2 && !types[i].dist2)
		return fail(p, word, "the type of DIST2 is MAIL or FILE");
	p->seen |= seen_type;
	p->d->type = types[i].type;
	if (p->d->type == DISTCMD_FILE && take_file(p) < 0)
		return -1;
	return 1;
}

static int
take_word(struct parser *p, struct bytes word)
{
	struct bytes value;
	unsigned i = distopt_find(word, &value);
	int r;

	if (distopt_is_open(word))
		return fail(p, word, "a quote or bracket is not closed");
	if (bytes_same(word, "TO")) {
		if (p->d->to.len > 0 || p->d->to_dd.len > 0)
			return fail(p, word, "there are recipients already");
		p->expect = 1;
		return 0;
	}
	if (bytes_starts(word, "DD=")) {
		p->closed = p->d->to.len > 0;
		return take_dd(p, word);
	}
	if (i == DISTOPT_NONE && memchr(word.s, '@', word.len))
		return take_to(p, word);
	if (p->expect)
		return fail(
		    p, word, "behind TO addresses or DD= have to stand");
	p->closed = p->d->to.len > 0;
	if (i < DISTOPT_NONE)
		return take_option(p, word, i, value);
	r = take_type(p, word);
	if (r != 0)
		return r < 0 ? -1 : 0;
	return fail(p, word,
	    memchr(word.s, '=', word.len) || memchr(word.s, '(', word.len)
		? "there is no such option"
		: "the word is no type, no option and no address");
}

/* What was not said. */
static void
defaults(struct distcmd *d)
{
	if (d->dd.len == 0)
		d->dd = bytes_z("DATA");
	if (d->to.len == 0 && d->to_dd.len == 0 && d->type != DISTCMD_RFC822 &&
	    d->host.len == 0)
		d->to_dd = bytes_z("TO");
}

int
distcmd_is(struct bytes command)
{
	struct bytes word = distopt_word(&command);

	return is_dist(word) || bytes_same(word, "DIST2");
}

int
distcmd_parse(struct distcmd *d, struct bytes command, struct where *w)
{
	struct parser p = {.d = d, .all = command, .left = command, .w = w};
	struct bytes word = distopt_word(&p.left);

	*d = (struct distcmd){.dkim = -1, .prime = -1, .prior = -1};
	d->dist2 = bytes_same(word, "DIST2");
	if (!d->dist2 && !is_dist(word))
		return fail(&p, word, "the command is not DISTRIBUTE");
	while ((word = distopt_word(&p.left)).len > 0)
		if (take_word(&p, word) < 0)
			return -1;
	if (p.expect)
		return fail(
		    &p, word, "behind TO addresses or DD= have to stand");
	if (!d->dist2 && !(p.seen & seen_type))
		return fail(&p, word,
		    "the type is missing: MAIL, MAIL-MERGE, POST, RFC822 or "
		    "FILE");
	defaults(d);
	return 0;
}

int
distcmd_error(stralloc *out, struct bytes command, const struct where *w)
{
	struct bytes left = {command.s + w->at, command.len - w->at};
	struct bytes word = distopt_word(&left);

	if (sa_puts(out, w->why) < 0)
		return -1;
	if (word.len == 0)
		return 0;
	if (word.len > CJLI_CARD_SHOWN)
		word.len = CJLI_CARD_SHOWN;
	return sa_puts(out, ": ") < 0 ? -1 : cjli_echo(out, word);
}

int
distcmd_visited(struct bytes *visited, struct bytes *name)
{
	*name = distopt_word(visited);
	return name->len > 0;
}

int
distcmd_host(struct bytes *host, uint32_t *number)
{
	struct bytes w = distopt_word(host);
	uint64_t n;

	if (w.len == 0 || num_u64(&n, w.s, w.len, UINT32_MAX) < 0)
		return 0;
	*number = (uint32_t)n;
	return 1;
}
