/* What the variables about spam say. */
#include "lib/bytes.h"
#include "lib/siteload.h"
#include "lib/sitevalue.h"

/* What a variable says; standard when it is not set. */
static int
keep_text(struct site *s, const struct table *t, const char *name,
    const char *standard, const char **to)
{
	struct sitevalue v = {.n = 0};
	struct bytes text;
	int set = siteload_if_set(t, name, &text, &v);

	*to = standard;
	if (set != 1)
		return set;
	*to = siteload_keep(s, text.s, text.len);
	return *to ? 0 : -1;
}

static int
load_spam(struct site *s, const struct table *t)
{
	struct sitevalue bounce = {.n = 0}, most = {.n = 0}, v = {.n = 0};
	struct bytes text;

	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		const char *name = spam_list_variable(i);

		if (keep_text(s, t, name, "", &s->spam_list[i]) < 0 ||
		    siteload_line(t, name, &s->spam_line[i]) < 0 ||
		    keep_text(
			s, t, spam_list_text(i), NULL, &s->spam_table[i]) < 0)
			return -1;
	}
	if (siteload_value(t, "SPAM_WHITELIST_BOUNCE", &text, &bounce) < 0 ||
	    siteload_value(t, "SPAM_REPORT_MAX", &text, &most) < 0 ||
	    siteload_value(t, "SPAM_REJECT", &text, &v) < 0)
		return -1;
	s->spam_whitelist_bounce = (unsigned)bounce.n;
	s->spam_report_max = (unsigned)most.n;
	s->spam_reject = bytes_same(text, "HOLD") ? SITE_SPAM_HOLD
	    : bytes_same(text, "DISCARD")         ? SITE_SPAM_DISCARD
						  : SITE_SPAM_BOUNCE;
	return 0;
}

static int
load_exit(struct site *s, const struct table *t)
{
	struct sitevalue v = {.n = 0};
	struct bytes text;

	if (keep_text(s, t, "SPAM_EXIT", NULL, &s->spam_exit) < 0 ||
	    siteload_value(t, "SPAM_EXIT_FAIL", &text, &v) < 0)
		return -1;
	s->spam_exit_fail = bytes_same(text, "HOLD") ? SITE_EXIT_HOLD
	    : bytes_same(text, "ACCEPT")             ? SITE_EXIT_ACCEPT
						     : SITE_EXIT_DEFER;
	return 0;
}

static int
load_filter(struct site *s, const struct table *t)
{
	struct sitevalue v = {.n = 0};
	struct bytes text;

	if (keep_text(s, t, "FILTER_ALSO", "", &s->filter_also) < 0 ||
	    keep_text(s, t, "FILTER_ALLOW", "", &s->filter_allow) < 0 ||
	    siteload_value(t, "DEFAULT_LOOPCHECK", &text, &v) < 0)
		return -1;
	s->loop = v.loop;
	return 0;
}

int
siteload_spam(struct site *s, const struct table *t)
{
	return load_spam(s, t) < 0 || load_exit(s, t) < 0 ||
		load_filter(s, t) < 0
	    ? -1
	    : 0;
}
