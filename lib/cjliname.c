#include "lib/cjlicore.h"

#include "lib/clean.h"

static int
same(struct bytes a, struct bytes b)
{
	return a.len == b.len && case_diffb(a.s, a.len, b.s) == 0;
}

const struct cjli_dataset *
cjli_find(const struct cjli_job *job, struct bytes name)
{
	for (size_t i = 0; i < job->ndatasets; i++)
		if (same(job->dataset[i].name, name))
			return job->dataset + i;
	return NULL;
}

/* Is there a DD card of this name in the data, and in which line. */
static int
holds(const struct cjli_dataset *d, struct bytes name, size_t *line)
{
	struct bytes left = d->data, l;
	struct cjli_card card;
	const char *lf;

	for (*line = d->line; left.len > 0; ++*line) {
		lf = memchr(left.s, '\n', left.len);
		l = left;
		if (lf)
			l.len = (size_t)(lf - left.s);
		left.s += l.len + (lf != NULL);
		left.len -= l.len + (lf != NULL);
		if (l.len > 0 && l.s[l.len - 1] == '\r')
			l.len--;
		if (cjli_split(l, &card) && bytes_same(card.word, "DD") &&
		    same(card.label, name))
			return 1;
	}
	return 0;
}

const struct cjli_dataset *
cjli_hidden(const struct cjli_job *job, struct bytes name, size_t *line)
{
	for (size_t i = 0; i < job->ndatasets; i++)
		if (job->dataset[i].form != CJLI_CONSTANT &&
		    holds(job->dataset + i, name, line))
			return job->dataset + i;
	return NULL;
}

int
cjli_error_put(stralloc *out, const struct cjli_error *e)
{
	if (sa_puts(out, "Line ") < 0 || sa_addu(out, e->line) < 0 ||
	    sa_puts(out, ": ") < 0 || sa_puts(out, e->why) < 0)
		return -1;
	if (e->card.len == 0)
		return 0;
	return sa_puts(out, ": ") < 0 ? -1 : clean_put(out, e->card);
}

/* As in cmd_word, whose words these are. */
static int
is_gap(char c)
{
	return cjli_is_blank(c) || c == '\r' || c == '\n';
}

/* The next word of a command with the blanks in front of it; quotes keep
 * blanks together. */
static struct bytes
next_word(struct bytes *left)
{
	struct bytes w = *left;
	int quoted = 0;
	size_t i = 0;

	while (i < w.len && is_gap(w.s[i]))
		i++;
	for (; i < w.len && (quoted || !is_gap(w.s[i])); i++)
		if (w.s[i] == '"')
			quoted = !quoted;
	left->s += i;
	left->len -= i;
	w.len = i;
	return w;
}

/* So many bytes of the n-th word are shown; secret is the first word when it
 * begins with PW, mistyped or not: "PW: ADD x", "PWADD x". */
static size_t
shown_of(struct bytes word, unsigned n, struct bytes secret)
{
	if (bytes_starts(word, "PW="))
		return 3;
	if (secret.len == 0 || (secret.len == 2 && n <= 2))
		return word.len;
	return n == 1 ? 2 : 0;
}

/* The blanks in front of a word as they are; *word becomes the rest. */
static int
put_gap(stralloc *out, struct bytes *word)
{
	struct bytes gap = {word->s, 0};

	while (gap.len < word->len && is_gap(word->s[gap.len]))
		gap.len++;
	word->s += gap.len;
	word->len -= gap.len;
	return word->len ? clean_put(out, gap) : 0;
}

int
cjli_echo(stralloc *out, struct bytes command)
{
	struct bytes left = command, word, secret = {"", 0};
	unsigned n = 0;
	size_t shown;

	while (left.len > 0) {
		word = next_word(&left);
		if (put_gap(out, &word) < 0)
			return -1;
		if (word.len == 0)
			break;
		/* what follows QUIET is the command */
		if ((n || !bytes_same(word, "QUIET")) && n++ == 0 &&
		    bytes_starts(word, "PW"))
			secret = word;
		shown = shown_of(word, n, secret);
		if (clean_put(out, (struct bytes){word.s, shown}) < 0 ||
		    (shown < word.len && sa_puts(out, "********") < 0))
			return -1;
	}
	return 0;
}
