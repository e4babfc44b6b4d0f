/* lsv-spam alerts: what the spam detector found, and taking it back */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>

#include "cmd/lsv-spam/say.h"
#include "cmd/lsv-spam/spam.h"
#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/sums.h"
#include "lib/user.h"

enum { NOTHING = 1 }; /* exit code: no such alert */

/* struct alerts - what was asked, and the memory of lsv-score */
struct alerts {
	int json, cancel;
	stralloc dir;
	struct seen seen;
	uint64_t now_us;
	stralloc out;
	struct json j;
};

static const char usage[] =
    "usage: lsv-spam alerts [--json | --cancel SUM ...]";

static void
options(struct alerts *a, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"cancel", no_argument, NULL, 'c'},
	    {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c != 'c' && c != 'j')
			msg_die(LSV_PERM, usage);
		if (c == 'c')
			a->cancel = 1;
		else
			a->json = 1;
	}
	if (a->cancel ? a->json || optind == argc : optind != argc)
		msg_die(LSV_PERM, usage);
}

/* The memory as its owner sees it, open.  0 when there is none yet. */
static int
open_memory(struct alerts *a)
{
	if (root_path(&a->dir, root_lib(), SEEN_DIR) < 0)
		say_no_memory();
	if (user_become_owner(AT_FDCWD, a->dir.s) < 0)
		msg_diesys(LSV_PERM, "unable to use ", a->dir.s);
	if (seen_open_read(&a->seen, a->dir.s) < 0) {
		if (errno == ENOENT)
			return 0;
		msg_diesys(errno == EACCES ? LSV_PERM : LSV_TEMP,
		    "unable to open ", a->dir.s);
	}
	if (!a->cancel)
		return 1;
	seen_close(&a->seen);
	if (seen_open(&a->seen, a->dir.s) < 0)
		msg_diesys(LSV_TEMP, "unable to open ", a->dir.s);
	return 1;
}

/* --- the list -------------------------------------------------------------- */

static const char *
state_of(const struct alerts *a, const struct sums_alert *s)
{
	if (sums_alert_lasts(s, a->now_us))
		return "in-force";
	return sums_alert_withdrawn(s, a->now_us) ? "withdrawn" : "ended";
}

static void
text_line(struct alerts *a, const struct sums_alert *s)
{
	stralloc *out = &a->out;
	char sum[SUMS_HEX_LEN + 1];

	sums_hex(sum, s->sum);
	say_put(out, sum);
	say_put(out, " ");
	say_put(out, state_of(a, s));
	say_age(out, s->raised_us, a->now_us);
	say_put(out, " ");
	say_u(out, s->lists);
	say_put(out, " lists, ends in");
	say_age(out, a->now_us, s->until_us);
	say_put(out, s->source[0] ? ", of " : ", by ");
	say_clean(out, bytes_z(s->source[0] ? s->source : s->id));
	say_put(out, "\n");
}

static void
json_one(struct alerts *a, const struct sums_alert *s)
{
	char sum[SUMS_HEX_LEN + 1];
	struct json *j = &a->j;

	json_open(j, NULL, '{');
	sums_hex(sum, s->sum);
	json_z(j, "sum", sum);
	json_z(j, "state", state_of(a, s));
	sums_hex(sum, s->subject);
	say_json(j, "subject",
	    s->has_subject ? bytes_z(sum) : (struct bytes){NULL, 0});
	json_u(j, "raised", s->raised_us / SAY_US_PER_S);
	json_u(j, "until", s->until_us / SAY_US_PER_S);
	json_u(j, "lists", s->lists);
	say_json(j, "id", s->id[0] ? bytes_z(s->id) : (struct bytes){NULL, 0});
	say_json(j, "peer",
	    s->source[0] ? bytes_z(s->source) : (struct bytes){NULL, 0});
	json_close(j, '}');
}

static void
list_all(struct alerts *a)
{
	struct sums_alert s = {.has_subject = 0};
	int r = seen_look(&a->seen);

	if (r == 1) {
		while ((r = sums_alert_next(&a->seen, &s)) == 1)
			if (a->json)
				json_one(a, &s);
			else
				text_line(a, &s);
		seen_end(&a->seen, 0);
	}
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to read ", a->dir.s);
}

static int
list(struct alerts *a)
{
	a->j.out = &a->out;
	if (a->json)
		json_open(&a->j, NULL, '[');
	if (open_memory(a)) {
		list_all(a);
		seen_close(&a->seen);
	}
	if (a->json) {
		json_close(&a->j, ']');
		if (a->j.failed)
			say_no_memory();
		say_put(&a->out, "\n");
	}
	return LSV_OK;
}

/* --- taking it back -------------------------------------------------------- */

static void
read_sum(unsigned char *sum, const char *text)
{
	if (sums_unhex(sum, bytes_z(text)) < 0)
		msg_die(LSV_PERM, text,
		    " is not a sum (lsv-spam alerts prints them)");
}

static int
cancel_one(struct alerts *a, const char *text)
{
	unsigned char sum[SUMS_LEN];
	int r;

	read_sum(sum, text);
	r = sums_alert_withdraw(&a->seen, sum);
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to write to ", a->dir.s);
	if (r == 0) {
		msg_warn("there is no alert for ", text);
		return NOTHING;
	}
	say_put(&a->out, "withdrawn ");
	say_put(&a->out, text);
	say_put(&a->out, "\n");
	return LSV_OK;
}

/* All in one transaction: lsv-score sees them withdrawn, or in force. */
static int
cancel(struct alerts *a, char **sum, int n)
{
	unsigned char checked[SUMS_LEN];
	int code = LSV_OK;

	for (int i = 0; i < n; i++)
		read_sum(checked, sum[i]);
	if (!open_memory(a)) {
		msg_warn("there are no alerts");
		return NOTHING;
	}
	if (seen_begin(&a->seen) < 0)
		msg_diesys(LSV_TEMP, "unable to write to ", a->dir.s);
	for (int i = 0; i < n; i++)
		if (cancel_one(a, sum[i]) != LSV_OK)
			code = NOTHING;
	if (seen_end(&a->seen, 1) < 0)
		msg_diesys(LSV_TEMP, "unable to write to ", a->dir.s);
	seen_close(&a->seen);
	return code;
}

int
spam_alerts(int argc, char **argv)
{
	static struct alerts a;
	int code;

	options(&a, argc, argv);
	a.now_us = clock_wall_us();
	code = a.cancel ? cancel(&a, argv + optind, argc - optind) : list(&a);
	say_flush(&a.out);
	sa_free(&a.out);
	sa_free(&a.dir);
	return code;
}
