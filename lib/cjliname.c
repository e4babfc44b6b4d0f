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

/* The next word of a command with the blanks in front of it; quotes keep
 * blanks together. */
static struct bytes
next_word(struct bytes *left)
{
	struct bytes w = *left;
	int quoted = 0;
	size_t i = 0;

	while (i < w.len && cjli_is_blank(w.s[i]))
		i++;
	for (; i < w.len && (quoted || !cjli_is_blank(w.s[i])); i++)
		if (w.s[i] == '"')
			quoted = !quoted;
	left->s += i;
	left->len -= i;
	w.len = i;
	return w;
}

int
cjli_echo(stralloc *out, struct bytes command)
{
	static const char stars[] = "********";
	struct bytes left = command, w, bare;
	unsigned n = 0;
	int secret = 0;

	while (left.len > 0) {
		w = next_word(&left);
		bare = cjli_ltrim(w);
		if (bare.len == 0)
			break;
		if (clean_put(out, (struct bytes){w.s, w.len - bare.len}) < 0)
			return -1;
		if (n == 0 && bytes_same(bare, "QUIET")) {
			/* what follows is the command */
		} else if (n++ == 0) {
			secret = bytes_same(bare, "PW");
		}
		if (bytes_starts(bare, "PW=")) {
			if (sa_put(out, bare.s, 3) < 0 ||
			    sa_puts(out, stars) < 0)
				return -1;
		} else if (secret && n > 2) {
			if (sa_puts(out, stars) < 0)
				return -1;
		} else if (clean_put(out, bare) < 0) {
			return -1;
		}
	}
	return 0;
}
