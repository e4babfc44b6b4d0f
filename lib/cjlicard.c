#include "lib/cjlicore.h"

#include <errno.h>

/* The bytes of b up to its first blank, b moved on behind the blanks. */
static struct bytes
word(struct bytes *b)
{
	struct bytes w = {b->s, 0};

	while (w.len < b->len && !cjli_is_blank(b->s[w.len]))
		w.len++;
	b->s += w.len;
	b->len -= w.len;
	*b = cjli_ltrim(*b);
	return w;
}

int
cjli_split(struct bytes line, struct cjli_card *card)
{
	if (!bytes_starts(line, "//"))
		return 0;
	line.s += 2;
	line.len -= 2;
	line = cjli_rtrim(line);
	card->label = word(&line);
	card->word = word(&line);
	card->args = line;
	return 1;
}

int
cjli_is_job(struct bytes line)
{
	struct cjli_card card;

	return cjli_split(line, &card) && bytes_same(card.word, "JOB") &&
	    !memchr(card.label.s, '/', card.label.len) &&
	    !bytes_eq(card.label, "*") && !bytes_eq(card.label, "+");
}

struct bytes
cjli_args(struct bytes args)
{
	int quoted = 0;

	for (size_t i = 0; i < args.len; i++) {
		if (args.s[i] == '"')
			quoted = !quoted;
		else if (!quoted && cjli_is_blank(args.s[i]))
			return (struct bytes){args.s, i};
	}
	return args;
}

struct bytes
cjli_option(struct bytes *args)
{
	struct bytes o = *args;
	int quoted = 0;
	size_t i;

	for (i = 0; i < o.len && (quoted || o.s[i] != ','); i++)
		if (o.s[i] == '"')
			quoted = !quoted;
	args->s += i + (i < args->len);
	args->len -= i + (i < args->len);
	o.len = i;
	return o;
}

stralloc *
cjli_text(struct cjli_job *job)
{
	struct cjli_text *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->next = job->texts;
	job->texts = t;
	return &t->s;
}

/* A value that is one of two words. */
static int
choice(struct bytes value, const char *yes, const char *no, int *out)
{
	if (bytes_same(value, yes))
		*out = 1;
	else if (bytes_same(value, no))
		*out = 0;
	else
		return -1;
	return 0;
}

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : -1;
}

/* hh:mm or h:mm as minutes, or -1. */
static int
minutes(struct bytes v)
{
	int h = 0, m1, m2;

	if (v.len < 4 || v.len > 5 || v.s[v.len - 3] != ':')
		return -1;
	for (size_t i = 0; i < v.len - 3; i++) {
		if (digit(v.s[i]) < 0)
			return -1;
		h = h * 10 + digit(v.s[i]);
	}
	m1 = digit(v.s[v.len - 2]);
	m2 = digit(v.s[v.len - 1]);
	if (h > 23 || m1 < 0 || m1 > 5 || m2 < 0)
		return -1;
	return h * 60 + m1 * 10 + m2;
}

static int
reply_to(struct cjli_job *job, struct bytes v)
{
	if (bytes_same(v, "SENDER")) {
		job->reply = CJLI_REPLY_SENDER;
		return 0;
	}
	if (bytes_same(v, "NONE")) {
		job->reply = CJLI_REPLY_NONE;
		return 0;
	}
	if (v.len > 1 && v.s[0] == '"' && v.s[v.len - 1] == '"') {
		v.s++;
		v.len -= 2;
	}
	v = cjli_rtrim(cjli_ltrim(v));
	if (v.len == 0 || !memchr(v.s, '@', v.len))
		return -1;
	job->reply = CJLI_REPLY_LIST;
	job->addresses = v;
	return 0;
}

/* The sentence for one option of a JOB card, or NULL when it was taken. */
static const char *
job_option(struct cjli_job *job, struct bytes name, struct bytes v, int *refuse)
{
	if (bytes_same(name, "ECHO"))
		return choice(v, "YES", "NO", &job->echo) < 0
		    ? "Echo= is YES or NO"
		    : NULL;
	if (bytes_same(name, "STAT"))
		return choice(v, "YES", "NO", &job->stat) < 0
		    ? "Stat= is YES or NO"
		    : NULL;
	if (bytes_same(name, "REPLY-VIA")) {
		if (bytes_same(v, "MSG"))
			v = bytes_z("MESSAGE");
		return choice(v, "MESSAGE", "MAIL", &job->message) < 0
		    ? "Reply-via= is Mail, Message or MSG"
		    : NULL;
	}
	if (bytes_same(name, "REPLY-TO"))
		return reply_to(job, v) < 0
		    ? "Reply-to= is Sender, None or addresses in quotes"
		    : NULL;
	if (bytes_same(name, "AFTER")) {
		job->after = minutes(v);
		*refuse = job->after < 0;
		return *refuse ? "After= is a time of day, hh:mm" : NULL;
	}
	return "a JOB card has no such option";
}

int
cjli_job_card(struct cjli_job *job, const struct cjli_card *card, size_t line)
{
	struct bytes args = cjli_args(card->args), option, value;
	const char *equals, *why;
	int refuse;

	job->name = card->label;
	job->line = line;
	while (args.len > 0) {
		option = cjli_option(&args);
		if (option.len == 0)
			continue;
		equals = memchr(option.s, '=', option.len);
		value = (struct bytes){option.s + option.len, 0};
		if (equals) {
			value.s = equals + 1;
			value.len = option.len - (size_t)(value.s - option.s);
		}
		refuse = 0;
		why = job_option(job,
		    (struct bytes){option.s,
			equals ? (size_t)(equals - option.s) : option.len},
		    value, &refuse);
		if (why && cjli_wrong(job, line, why, option, refuse) < 0)
			return -1;
	}
	return 0;
}

/* "text", where a quote in it is doubled.  It is copied only when there is such
 * a quote.
 *
 * why     receives what is wrong, or is left alone
 * Returns 0; -1 with errno ENOMEM
 */
static int
constant(struct cjli_job *job, struct bytes args, struct cjli_dataset *d,
    const char **why)
{
	stralloc *copy = NULL;
	size_t i, from = 1;

	for (i = 1; i < args.len; i++) {
		if (args.s[i] != '"')
			continue;
		if (i + 1 >= args.len || args.s[i + 1] != '"')
			break;
		if (!copy && !(copy = cjli_text(job)))
			return -1;
		if (sa_put(copy, args.s + from, i + 1 - from) < 0)
			return -1;
		from = ++i + 1;
	}
	if (i >= args.len || i + 1 != args.len) {
		*why = i >= args.len
		    ? "the text of the dataset lacks its closing quote"
		    : "text stands behind the closing quote";
		return 0;
	}
	d->data = (struct bytes){args.s + 1, i - 1};
	if (copy) {
		if (sa_put(copy, args.s + from, i - from) < 0)
			return -1;
		d->data = (struct bytes){copy->s, copy->len};
	}
	if (d->data.len > CJLI_CONSTANT_MAX)
		*why = "the text of the dataset is longer than 255 bytes";
	return 0;
}

static const char *
dd_options(struct bytes args, struct cjli_dataset *d)
{
	struct bytes o;

	while (args.len > 0) {
		o = cjli_option(&args);
		if (bytes_same(o, "EOF"))
			d->form = CJLI_EOF;
		else if (o.len > 0 && !bytes_same(o, "RES=DISK") &&
		    !bytes_same(o, "RES=STORAGE"))
			return "behind DD * only EOF, Res=Disk and Res=Storage "
			       "may stand";
	}
	return NULL;
}

static const char *
dd_name(struct cjli_job *job, struct bytes name)
{
	if (name.len == 0)
		return "the dataset has no name";
	if (cjli_find(job, name))
		return "there is another dataset of this name";
	if (job->ndatasets >= CJLI_DATASETS_MAX)
		return "the job has more than 64 datasets";
	return NULL;
}

int
cjli_dd_card(struct cjli_job *job, const struct cjli_card *card, size_t line,
    struct cjli_dataset *d)
{
	struct bytes args = cjli_args(card->args), first = args;
	const char *why = dd_name(job, card->label);
	int lines = 0;

	*d = (struct cjli_dataset){.name = card->label,
	    .data = {"", 0},
	    .card = line,
	    .line = line,
	    .form = CJLI_LINES};
	if (why && cjli_wrong(job, line, why, card->label, 1) < 0)
		return -1;
	why = NULL;
	if (args.len > 0 && args.s[0] == '"') {
		d->form = CJLI_CONSTANT;
		if (constant(job, args, d, &why) < 0)
			return -1;
	} else if (bytes_eq(cjli_option(&args), "*")) {
		lines = 1;
		why = dd_options(args, d);
	} else {
		why = "DD wants *, *,EOF or a text in quotes";
	}
	if (why && cjli_wrong(job, line, why, first, 1) < 0)
		return -1;
	if (why && !lines)
		d->name.len = 0;
	return lines;
}
