#include "lib/exitsay.h"

#include "lib/clean.h"

enum { LINE_KEPT = 200 }; /* bytes of a line of theirs that are passed on */

/* The first line of a text that is left, which moves on; 0 at its end. */
static int
line_next(struct bytes *text, struct bytes *line)
{
	const char *lf;

	if (text->len == 0)
		return 0;
	lf = memchr(text->s, '\n', text->len);
	*line =
	    (struct bytes){text->s, lf ? (size_t)(lf - text->s) : text->len};
	text->s += line->len + (lf != NULL);
	text->len -= line->len + (lf != NULL);
	return 1;
}

/* The first line that says something besides which file it is about. */
static struct bytes
line_first(struct bytes text)
{
	struct bytes line;

	while (line_next(&text, &line))
		if (line.len && !bytes_starts(line, "Results for file:"))
			return line;
	return (struct bytes){"", 0};
}

/* What follows the first line's name of that kind; 0 when there is none. */
static int
line_named(struct bytes text, const char *name, struct bytes *value)
{
	struct bytes line;

	while (line_next(&text, &line)) {
		if (!bytes_starts(line, name))
			continue;
		*value = (struct bytes){
		    line.s + strlen(name), line.len - strlen(name)};
		return 1;
	}
	return 0;
}

static int
put(stralloc *why, const char *text, struct bytes line)
{
	if (line.len > LINE_KEPT)
		line.len = LINE_KEPT;
	return sa_puts(why, text) < 0 ? -1 : clean_put(why, line);
}

static int
failed(stralloc *why, const char *client, const struct exitsay *s)
{
	struct bytes line = line_first(s->err);

	if (line.len == 0)
		line = line_first(s->out);
	if (sa_puts(why, client) < 0 ||
	    sa_puts(why,
		s->status < 128 ? " exited " : " was ended by signal ") < 0 ||
	    sa_addu(why, (uint64_t)(s->status & 127)) < 0)
		return -1;
	if (line.len && put(why, ": ", line) < 0)
		return -1;
	return EXITSAY_FAILED;
}

/* Digits, with a sign before and a point between, all of it. */
static int
is_score(struct bytes b)
{
	size_t i, digits = 0, points = 0;

	for (i = b.len && b.s[0] == '-'; i < b.len; i++) {
		digits += b.s[i] >= '0' && b.s[i] <= '9';
		points += b.s[i] == '.';
	}
	return digits > 0 && points <= 1 &&
	    digits + points + (b.s[0] == '-') == b.len;
}

/* "5.4/5.0": its two halves */
static int
scores(struct bytes line, struct bytes *score, struct bytes *limit)
{
	const char *slash = memchr(line.s, '/', line.len);

	if (!slash)
		return 0;
	*score = (struct bytes){line.s, (size_t)(slash - line.s)};
	*limit = (struct bytes){slash + 1, line.len - score->len - 1};
	return is_score(*score) && is_score(*limit);
}

int
exitsay_spamc(stralloc *why, const struct exitsay *s)
{
	struct bytes line = line_first(s->out), score, limit;
	int untested = bytes_eq(line, "0/0");

	if (s->status == 0 && untested)
		return sa_puts(why,
			   "SpamAssassin: not tested, larger than max-size "
			   "of spamc") < 0
		    ? -1
		    : EXITSAY_GO;
	if (s->status < 0 || s->status > 1 || untested ||
	    !scores(line, &score, &limit))
		return failed(why, "spamc", s);
	if (put(why, "SpamAssassin: score ", score) < 0 ||
	    put(why, " of ", limit) < 0)
		return -1;
	return s->status ? EXITSAY_REJECT : EXITSAY_GO;
}

int
exitsay_spamc_learned(stralloc *why, const struct exitsay *s)
{
	struct bytes line = line_first(s->out);

	if (s->status != 0 ||
	    (!bytes_eq(line, "Message successfully un/learned") &&
		!bytes_eq(line, "Message was already un/learned")))
		return failed(why, "spamc", s);
	return put(why, "SpamAssassin: ", line) < 0 ? -1 : EXITSAY_GO;
}

static const struct {
	const char *action;
	int code;
} actions[] = {
    {"no action", EXITSAY_GO},
    {"accept", EXITSAY_GO},
    {"greylist", EXITSAY_GO},
    {"add header", EXITSAY_GO},
    {"rewrite subject", EXITSAY_GO},
    {"soft reject", EXITSAY_FAILED},
    {"reject", EXITSAY_REJECT},
    {"discard", EXITSAY_REJECT},
    {"quarantine", EXITSAY_REJECT},
};

int
exitsay_rspamc(stralloc *why, const struct exitsay *s)
{
	struct bytes action, score;
	size_t i, n = sizeof(actions) / sizeof(actions[0]);

	if (s->status != 0 || !line_named(s->out, "Action: ", &action) ||
	    !line_named(s->out, "Score: ", &score))
		return failed(why, "rspamc", s);
	if (put(why, "rspamd: ", action) < 0 || put(why, ", score ", score) < 0)
		return -1;
	for (i = 0; i < n; i++)
		if (bytes_eq(action, actions[i].action))
			return actions[i].code;
	return EXITSAY_FAILED;
}

/* rspamd answers an error for what it has learned before, or need not learn. */
static int
is_known(struct bytes out)
{
	static const char *const text[] = {
	    "already learned", "already in class spam"};
	size_t i;

	for (i = 0; i < 2; i++)
		if (memmem(out.s, out.len, text[i], strlen(text[i])))
			return 1;
	return 0;
}

int
exitsay_rspamc_learned(stralloc *why, const struct exitsay *s)
{
	struct bytes value;
	int learned =
	    s->status == 0 && line_named(s->out, "success = true;", &value);

	if (!learned && !is_known(s->out))
		return failed(why, "rspamc", s);
	return sa_puts(why, learned ? "rspamd: learned" : "rspamd: knew it") < 0
	    ? -1
	    : EXITSAY_GO;
}
