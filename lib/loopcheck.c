#include "lib/loopcheck.h"

#include "lib/bytes.h"
#include "lib/num.h"

static const struct {
	const char *name;
	unsigned flag;
} words[] = {
    {"normal", LOOP_NORMAL},
    {"full", LOOP_FULL},
    {"none", LOOP_NONE},
    {"allow-bounces", LOOP_ALLOW_BOUNCES},
    {"noorigin", LOOP_NOORIGIN},
    {"nobody", LOOP_NOBODY},
    {"nocrc", LOOP_NOCRC},
    {"nospam", LOOP_NOSPAM},
};
enum { WORDS = sizeof words / sizeof *words };

/* NAME(n): 1 with the number between the parentheses; 0; -1 when it is none. */
static int
with_number(uint64_t *n, struct bytes word, const char *name, uint64_t max)
{
	size_t len = strlen(name);

	if (!bytes_starts(word, name) || word.len < len + 2 ||
	    word.s[len] != '(' || word.s[word.len - 1] != ')')
		return 0;
	return num_u64(n, word.s + len + 1, word.len - len - 2, max) < 0 ? -1
									 : 1;
}

int
loopcheck_word(struct loopcheck *l, const char *s, size_t len, const char **why)
{
	struct bytes word = {s, len};
	uint64_t n;
	int r;

	for (size_t i = 0; i < WORDS; i++)
		if (bytes_same(word, words[i].name)) {
			l->flags |= words[i].flag | LOOP_GIVEN;
			return 0;
		}
	r = with_number(&n, word, "spam-delay", LOOP_DELAY_MAX);
	if (r == 1) {
		l->flags |= LOOP_DELAY | LOOP_GIVEN;
		l->delay_min = (unsigned)n;
		return 0;
	}
	if (r < 0) {
		*why = "Spam-Delay(n) takes minutes, at most 10080";
		return -1;
	}
	if (bytes_same(word, "notocount") ||
	    with_number(&n, word, "maxto", UINT64_MAX) == 1) {
		l->flags |= LOOP_GIVEN;
		return 1;
	}
	*why = "Loopcheck= is Normal, Full, None, Allow-Bounces, Noorigin, "
	       "Nobody, NoCRC, NoSpam or Spam-Delay(n)";
	return -1;
}

const char *
loopcheck_agree(const struct loopcheck *l)
{
	const unsigned level = LOOP_NORMAL | LOOP_FULL | LOOP_NONE;
	const unsigned less = LOOP_NOORIGIN | LOOP_NOBODY | LOOP_NOCRC;
	unsigned had = l->flags & level;

	if ((had & (had - 1)) || (had && (l->flags & less)))
		return "Normal, Full and None of Loopcheck= stand alone, or "
		       "with NoSpam and Spam-Delay(n)";
	if ((l->flags & LOOP_ALLOW_BOUNCES) && !(had & LOOP_NONE))
		return "Allow-Bounces of Loopcheck= goes with None only";
	return NULL;
}

static int
separates(char c)
{
	return c == ',' || c == ' ' || c == '\t';
}

int
loopcheck_parse(struct loopcheck *l, const char *s, size_t len, struct where *w)
{
	const char *why = NULL;
	size_t at = 0, end;

	*l = (struct loopcheck){0};
	while (at < len) {
		if (separates(s[at])) {
			at++;
			continue;
		}
		for (end = at; end < len && !separates(s[end]); end++)
			;
		if (loopcheck_word(l, s + at, end - at, &why) < 0)
			return where_set(w, at, why);
		at = end;
	}
	why = loopcheck_agree(l);
	return why ? where_set(w, 0, why) : 0;
}
