#include "lib/cjli.h"

#include <errno.h>

#include "lib/cjlicore.h"

/* struct line - a line that was looked at, not taken yet
 *
 * s       without its end
 * next    offset of the line behind it
 */
struct line {
	struct bytes s;
	size_t next;
};

/* The line at an offset; 0 at the end. */
static int
line_at(const struct cjli *c, size_t at, struct line *l)
{
	size_t left = c->text.len - at;
	const char *s, *lf;

	if (left == 0)
		return 0;
	s = c->text.s + at;
	lf = memchr(s, '\n', left);
	l->s = (struct bytes){s, lf ? (size_t)(lf - s) : left};
	l->next = at + l->s.len + (lf != NULL);
	if (l->s.len > 0 && s[l->s.len - 1] == '\r')
		l->s.len--;
	return 1;
}

static void
take_line(struct cjli *c, const struct line *l)
{
	c->at = l->next;
	c->line++;
}

/* Goes to the next JOB card; 0 when there is none. */
static int
seek_job(struct cjli *c)
{
	struct line l;

	while (line_at(c, c->at, &l)) {
		if (cjli_is_job(l.s))
			return 1;
		take_line(c, &l);
	}
	return 0;
}

void
cjli_begin(struct cjli *c, struct bytes text)
{
	struct cjli first;

	*c = (struct cjli){.text = text, .line = 1};
	if (bytes_starts(text, "\xef\xbb\xbf"))
		c->at = 3;
	first = *c;
	if (text.len <= CJLI_TEXT_MAX && !seek_job(c)) {
		*c = first;
		c->outer = 1;
	}
}

static struct bytes
shown(struct bytes card)
{
	if (card.len > CJLI_CARD_SHOWN)
		card.len = CJLI_CARD_SHOWN;
	return card;
}

/* Room for one more of n things of a size; NULL with errno ENOMEM. */
static void *
grow(void *p, size_t n, size_t size)
{
	/* at every power of two the room is full */
	if ((n & (n - 1)) != 0)
		return p;
	return reallocarray(p, n ? n * 2 : 1, size);
}

int
cjli_wrong(struct cjli_job *job, size_t line, const char *why,
    struct bytes card, int refuse)
{
	struct cjli_error *e;

	job->refused |= refuse;
	if (job->nerrors == CJLI_ERRORS_MAX) {
		job->more++;
		return 0;
	}
	e = grow(job->error, job->nerrors, sizeof *e);
	if (!e)
		return -1;
	job->error = e;
	e[job->nerrors++] = (struct cjli_error){line, why, shown(card)};
	return 0;
}

static int
add_command(struct cjli_job *job, struct bytes text, size_t line)
{
	struct cjli_command *p;

	text = cjli_rtrim(cjli_ltrim(text));
	if (text.len == 0)
		return 0;
	if (job->ncommands == CJLI_COMMANDS_MAX)
		return cjli_wrong(
		    job, line, "the job has more than 1,000 commands", text, 0);
	p = grow(job->command, job->ncommands, sizeof *p);
	if (!p)
		return -1;
	job->command = p;
	p[job->ncommands++] = (struct cjli_command){text, line};
	return 0;
}

static int
add_dataset(struct cjli_job *job, const struct cjli_dataset *d)
{
	struct cjli_dataset *p;

	if (job->ndatasets == CJLI_DATASETS_MAX)
		return 0; /* cjli_dd_card said so */
	p = grow(job->dataset, job->ndatasets, sizeof *p);
	if (!p)
		return -1;
	job->dataset = p;
	p[job->ndatasets++] = *d;
	return 0;
}

/* Does this line end the commands: a signature, or what mail programs put in
 * front of the mail that is answered. */
static int
is_end(const struct cjli *c, struct bytes line)
{
	line = cjli_rtrim(line);
	return bytes_eq(line, "--") ||
	    (c->outer &&
		(bytes_starts(line, "-----") || bytes_starts(line, "_____")));
}

static int
is_quoted(struct bytes line)
{
	return line.len > 0 && line.s[0] == '>';
}

/* Does the line that ends with a colon stand in front of quoted text. */
static int
before_quoted(const struct cjli *c, struct bytes line, size_t next)
{
	struct line l;

	line = cjli_rtrim(line);
	if (line.len == 0 || line.s[line.len - 1] != ':')
		return 0;
	while (line_at(c, next, &l) && cjli_rtrim(l.s).len == 0)
		next = l.next;
	return next < c->text.len && is_quoted(l.s);
}

/* "On Monday, Joe <joe@example.com> wrote:" in any language, in one line or
 * two. */
static int
is_attribution(const struct cjli *c, const struct line *l)
{
	struct line second;

	if (before_quoted(c, l->s, l->next))
		return 1;
	return memchr(l->s.s, '<', l->s.len) != NULL &&
	    line_at(c, l->next, &second) &&
	    before_quoted(c, second.s, second.next);
}

/* Is the line one that continues the text, and with what.  The form with a plus
 * says so itself; a comma in front of it is wanted only where a card of ours
 * could be spoilt. */
static int
continues(const struct cjli *c, struct bytes text, int card, struct bytes line,
    struct bytes *piece)
{
	int comma = text.len > 0 && text.s[text.len - 1] == ',';

	*piece = line;
	if (card && !comma)
		return 0;
	if (bytes_starts(line, "//+") &&
	    (line.len == 3 || cjli_is_blank(line.s[3]))) {
		piece->s += line.len > 3 ? 4 : 3;
		piece->len -= line.len > 3 ? 4 : 3;
		return 1;
	}
	if (!comma)
		return 0;
	if (bytes_starts(line, "//") && line.len > 2 &&
	    cjli_is_blank(line.s[2])) {
		piece->s += 2;
		piece->len -= 2;
		*piece = cjli_ltrim(*piece);
		return 1;
	}
	*piece = cjli_ltrim(line);
	return piece->len > 0 && !bytes_starts(line, "//") &&
	    !bytes_starts(line, "/*") && !is_end(c, line) &&
	    !(c->outer && is_quoted(line));
}

/* struct comment - may a JOB, DD or EOJ card go on, or has its comment begun
 *
 * card    1: it is one of them
 */
struct comment {
	int card, quoted, begun;
};

static void
comment_more(struct comment *m, struct bytes args)
{
	for (size_t i = 0; m->card && i < args.len; i++) {
		if (args.s[i] == '"')
			m->quoted = !m->quoted;
		else if (!m->quoted && cjli_is_blank(args.s[i]))
			m->begun = 1;
	}
}

static void
comment_begin(struct comment *m, struct bytes text)
{
	static const char *const known[] = {"JOB", "DD", "EOJ"};
	struct cjli_card card;

	*m = (struct comment){0};
	if (!cjli_split(text, &card) || !bytes_among(card.word, known, 3))
		return;
	m->card = 1;
	m->begun = bytes_same(card.word, "EOJ");
	comment_more(m, card.args);
}

/* Puts the lines of a card or command together.
 *
 * text    its first line, which is taken; receives all of it
 * Returns 1; 0 when it is too long, and then its lines are taken all the same;
 *         -1 with errno ENOMEM
 */
static int
gather(struct cjli *c, struct cjli_job *job, struct bytes *text)
{
	stralloc *all = NULL;
	struct bytes piece;
	struct line l;
	struct comment comment;
	int fits = text->len <= CJLI_COMMAND_MAX;

	*text = cjli_rtrim(*text);
	comment_begin(&comment, *text);
	while (line_at(c, c->at, &l) && !comment.begun &&
	    continues(c, *text, comment.card, l.s, &piece)) {
		if (text->len > 0 && text->s[text->len - 1] == ',')
			text->len--;
		piece = cjli_rtrim(piece);
		comment_more(&comment, piece);
		take_line(c, &l);
		if (text->len + piece.len > CJLI_COMMAND_MAX)
			fits = 0;
		if (!fits) {
			*text = piece; /* its comma tells what follows */
			continue;
		}
		if (!all) {
			all = cjli_text(job);
			if (!all || sa_put(all, text->s, text->len) < 0)
				return -1;
		}
		all->len = text->len;
		if (sa_put(all, piece.s, piece.len) < 0)
			return -1;
		*text = (struct bytes){all->s, all->len};
	}
	return fits;
}

/* The lines of a dataset, c being at the first. */
static int
take_data(struct cjli *c, struct cjli_job *job, struct cjli_dataset *d)
{
	size_t from = c->at, first = c->line;
	struct line l;

	d->line = first;
	if (d->form == CJLI_EOF) {
		d->data = (struct bytes){c->text.s + from, c->text.len - from};
		c->at = c->text.len;
		return 0;
	}
	while (line_at(c, c->at, &l)) {
		d->data = (struct bytes){c->text.s + from, c->at - from};
		if (bytes_starts(l.s, "/*") && cjli_rtrim(l.s).len == 2) {
			size_t n = c->line - first;

			take_line(c, &l);
			return n <= CJLI_LINES_MAX
			    ? 0
			    : cjli_wrong(job, d->card,
				  "the dataset has more than 1,000,000 lines",
				  d->name, 1);
		}
		take_line(c, &l);
	}
	d->data = (struct bytes){c->text.s + from, c->text.len - from};
	return cjli_wrong(job, d->card,
	    "the dataset has no end, a line with only /*", d->name, 1);
}

static int
take_dd(struct cjli *c, struct cjli_job *job, const struct cjli_card *card,
    size_t line)
{
	struct cjli_dataset d;
	int r = cjli_dd_card(job, card, line, &d);

	if (r < 0 || (r > 0 && take_data(c, job, &d) < 0))
		return -1;
	return d.name.len > 0 ? add_dataset(job, &d) : 0;
}

/* A line with two slashes.  1: go on; 0: it ends the job; -1: ENOMEM. */
static int
take_card(struct cjli *c, struct cjli_job *job, struct bytes text, size_t line)
{
	struct cjli_card card;
	struct bytes first = text;
	int r;

	if (bytes_eq(text, "//") || bytes_starts(text, "//*"))
		return 1;
	if (bytes_starts(text, "//+") &&
	    (text.len == 3 || cjli_is_blank(text.s[3])))
		return cjli_wrong(
			   job, line, "the card continues nothing", text, 0) < 0
		    ? -1
		    : 1;
	r = gather(c, job, &text);
	if (r > 0)
		(void)cjli_split(text, &card);
	if (r == 0)
		r = cjli_wrong(job, line,
		    "the card is longer than 65,536 bytes", first, 1);
	else if (r > 0 && memchr(card.label.s, '/', card.label.len))
		r = cjli_wrong(job, line,
		    "the label of a card may hold no slash", first, 1);
	else if (r > 0 && card.word.len == 0)
		r = cjli_wrong(
		    job, line, "there is only a label on the card", first, 1);
	else if (r > 0 && bytes_same(card.word, "EOJ"))
		return 0;
	else if (r > 0 && bytes_same(card.word, "DD"))
		r = take_dd(c, job, &card, line);
	else if (r > 0)
		r = add_command(job,
		    (struct bytes){
			card.word.s, (size_t)(text.s + text.len - card.word.s)},
		    line);
	return r < 0 ? -1 : 1;
}

static int
take_command(
    struct cjli *c, struct cjli_job *job, struct bytes text, size_t line)
{
	struct bytes first = text;
	int r = gather(c, job, &text);

	if (r < 0)
		return -1;
	return r == 0 ? cjli_wrong(job, line,
			    "the command is longer than 65,536 bytes", first, 0)
		      : add_command(job, text, line);
}

/* The line behind the cards so far.  1: go on; 0: the job is over. */
static int
step(struct cjli *c, struct cjli_job *job)
{
	size_t number = c->line;
	struct bytes text;
	struct line l;
	int r;

	if (!line_at(c, c->at, &l) || cjli_is_job(l.s))
		return 0;
	if (c->outer && (is_quoted(l.s) || is_attribution(c, &l))) {
		take_line(c, &l);
		return 1;
	}
	take_line(c, &l);
	if (is_end(c, l.s))
		return 0;
	text = cjli_rtrim(l.s);
	if (bytes_starts(text, "//"))
		return take_card(c, job, text, number);
	if (bytes_eq(text, "/*"))
		r = job->refused ? 0
				 : cjli_wrong(job, number,
				       "the line ends no dataset", text, 0);
	else
		r = take_command(c, job, cjli_ltrim(text), number);
	return r < 0 ? -1 : 1;
}

/* The JOB card, c being at it. */
static int
take_job(struct cjli *c, struct cjli_job *job)
{
	size_t number = c->line;
	struct cjli_card card;
	struct bytes text;
	struct line l;
	int r;

	if (!line_at(c, c->at, &l))
		return 0;
	take_line(c, &l);
	text = l.s;
	r = gather(c, job, &text);
	if (r < 0)
		return -1;
	job->line = number;
	if (r == 0)
		return cjli_wrong(job, number,
		    "the card is longer than 65,536 bytes", l.s, 1);
	(void)cjli_split(text, &card);
	return cjli_job_card(job, &card, number);
}

/* A job that is one error, with which the text is over. */
static int
refuse_all(struct cjli *c, struct cjli_job *job, const char *why)
{
	c->at = c->text.len;
	job->line = c->line;
	return cjli_wrong(job, c->line, why, (struct bytes){"", 0}, 1);
}

static int
take_all(struct cjli *c, struct cjli_job *job)
{
	int r;

	if (c->text.len > CJLI_TEXT_MAX)
		return refuse_all(c, job, "the text is larger than 64 MiB");
	if (c->jobs > CJLI_JOBS_MAX)
		return refuse_all(
		    c, job, "there are more than 100 jobs in one text");
	if (!c->outer && take_job(c, job) < 0)
		return -1;
	do
		r = step(c, job);
	while (r > 0);
	return r;
}

int
cjli_next(struct cjli *c, struct cjli_job *job)
{
	*job = (struct cjli_job){.name = {"", 0},
	    .addresses = {"", 0},
	    .line = 1,
	    .outer = c->outer,
	    .echo = 1,
	    .stat = 1,
	    .after = -1};
	if (c->jobs > 0 && (c->outer || !seek_job(c)))
		return 0;
	c->jobs++;
	if (take_all(c, job) == 0)
		return 1;
	cjli_job_free(job);
	errno = ENOMEM;
	return -1;
}

void
cjli_job_free(struct cjli_job *job)
{
	struct cjli_text *t, *next;

	for (t = job->texts; t; t = next) {
		next = t->next;
		sa_free(&t->s);
		free(t);
	}
	free(job->command);
	free(job->dataset);
	free(job->error);
	*job = (struct cjli_job){0};
}
