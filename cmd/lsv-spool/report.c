#include "cmd/lsv-spool/report.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/clean.h"
#include "lib/fio.h"
#include "lib/msg.h"

/* Output that cannot be put together is no output: the exit code has to tell.
 */
static void
put(stralloc *sa, const char *s)
{
	if (sa_puts(sa, s) < 0)
		msg_diesys(LSV_TEMP, "unable to write a line");
}

/* A name found on disk may hold anything. */
static void
put_clean(stralloc *sa, const char *s)
{
	if (clean_put(sa, bytes_z(s)) < 0)
		msg_diesys(LSV_TEMP, "unable to write a line");
}

void
report_begin(struct report *r, int json, int quiet, const char *command)
{
	*r = (struct report){.json = json, .quiet = quiet};
	r->j.out = &r->out;
	if (json) {
		json_open(&r->j, NULL, '{');
		json_z(&r->j, "command", command);
		json_open(&r->j, "differences", '[');
	}
}

static void
say(struct report *r)
{
	put(&r->text, "\n");
	if (!r->failed && fio_write(1, r->text.s, r->text.len) < 0)
		r->failed = errno;
}

static const char *
outcome_key(enum outcome what)
{
	static const char *const key[] = {
	    [OUTCOME_FOUND] = "found",
	    [OUTCOME_WOULD] = "would be mended",
	    [OUTCOME_MENDED] = "mended",
	    [OUTCOME_FAILED] = "failed",
	    [OUTCOME_LEFT] = "left",
	};

	return key[what];
}

static void
put_outcome(struct report *r, enum outcome what, const char *lost, int err)
{
	switch (what) {
	case OUTCOME_FOUND:
		return;
	case OUTCOME_WOULD:
		put(&r->text, ": would be mended");
		return;
	case OUTCOME_LEFT:
		put(&r->text, ": has to be mended by hand");
		return;
	case OUTCOME_FAILED:
		put(&r->text, ": cannot be mended: ");
		put(&r->text, strerror(err));
		return;
	case OUTCOME_MENDED:
		put(&r->text, lost && *lost ? ": moved to lost/" : ": mended");
		if (lost)
			put_clean(&r->text, lost);
		return;
	}
}

static void
diff_json(struct report *r, const struct spooldiff *d, enum outcome what,
    const char *lost, int err)
{
	json_open(&r->j, NULL, '{');
	json_z(&r->j, "path", r->path.s);
	json_z(&r->j, "what", spooldiff_word(d->what));
	json_z(&r->j, "is", d->is);
	json_z(&r->j, "should", d->should);
	json_z(&r->j, "outcome", outcome_key(what));
	if (lost && *lost)
		json_z(&r->j, "lost", lost);
	if (what == OUTCOME_FAILED)
		json_z(&r->j, "error", strerror(err));
	json_close(&r->j, '}');
}

void
report_diff(struct report *r, const struct spoolcheck *c,
    const struct spooldiff *d, enum outcome what, const char *lost)
{
	int err = errno;

	r->mended += what == OUTCOME_MENDED;
	if (r->quiet && !r->json && what == OUTCOME_MENDED)
		return;
	if (spooldiff_path(&r->path, c, d) < 0)
		msg_diesys(LSV_TEMP, "unable to write a line");
	if (r->json) {
		diff_json(r, d, what, lost, err);
		return;
	}
	r->text.len = 0;
	put_clean(&r->text, r->path.s);
	put(&r->text, ": ");
	if (spooldiff_words(&r->text, d) < 0)
		msg_diesys(LSV_TEMP, "unable to write a line");
	put_outcome(r, what, lost, err);
	say(r);
}

void
report_account(
    struct report *r, const struct account_diff *d, enum outcome what)
{
	int err = errno;

	r->mended += what == OUTCOME_MENDED;
	if (r->quiet && !r->json && what == OUTCOME_MENDED)
		return;
	r->text.len = 0;
	if (!r->json) {
		put(&r->text, d->what == ACCOUNT_GROUP ? "group " : "user ");
		put(&r->text, d->user->name);
		put(&r->text, ": ");
	}
	put(&r->text, accounts_words(d));
	put(&r->text, d->group);
	if (!r->json) {
		put_outcome(r, what, NULL, err);
		say(r);
		return;
	}
	json_open(&r->j, NULL, '{');
	json_z(
	    &r->j, d->what == ACCOUNT_GROUP ? "group" : "user", d->user->name);
	json_s(&r->j, "what", r->text.s, r->text.len);
	json_z(&r->j, "outcome", outcome_key(what));
	if (what == OUTCOME_FAILED)
		json_z(&r->j, "error", strerror(err));
	json_close(&r->j, '}');
}

static int
end_json(struct report *r, size_t left, int more, uint64_t lost)
{
	json_close(&r->j, ']');
	json_u(&r->j, "mended", r->mended);
	json_u(&r->j, "left", left);
	json_b(&r->j, "more", more);
	json_u(&r->j, "lost", lost);
	json_close(&r->j, '}');
	if (!r->j.failed && sa_puts(&r->out, "\n") == 0)
		return fio_write(1, r->out.s, r->out.len);
	errno = ENOMEM;
	return -1;
}

int
report_end(struct report *r, size_t left, int more, uint64_t lost)
{
	int done = 0;

	if (r->json)
		done = end_json(r, left, more, lost);
	if (r->failed) {
		errno = r->failed;
		done = -1;
	}
	sa_free(&r->out);
	sa_free(&r->path);
	sa_free(&r->text);
	return done;
}
