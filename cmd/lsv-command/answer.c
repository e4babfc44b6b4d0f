/* answer.c - what a job says around its commands, and where it goes */
#include <errno.h>
#include <stdio.h>

#include "cmd/lsv-command/command.h"
#include "lib/addr.h"
#include "lib/cjli.h"
#include "lib/clock.h"
#include "lib/logline.h"

enum { ADDRESSES_MAX = 10 }; /* of Reply-to= */

/* --- what is around the commands -------------------------------------------------- */

static struct bytes
job_name(const struct command_context *c)
{
	if (c->job->name.len)
		return c->job->name;
	return (struct bytes){c->sender.s, addr_at(c->sender.s, c->sender.len)};
}

/* What a job says that no command does: it is no reason for a reply. */
static int
frame(struct command_context *c, const char *text, const char *date)
{
	size_t before = c->out.len;
	struct bytes name = job_name(c);

	if (say(c, "%sJob \"", c->out.len ? "\n" : "") < 0 ||
	    say_s(c, name) < 0 || say(c, "\" %s on %s\n", text, date) < 0)
		return -1;
	c->echoed += c->out.len - before;
	return 0;
}

static int
frame_now(struct command_context *c, const char *text)
{
	char date[CLOCK_LSV_MAX];

	if (!c->job->echo || c->job->outer)
		return 0;
	clock_lsv(date, clock_wall_us());
	return frame(c, text, date);
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* The layout of RFC 1429.  DASD we have none. */
static int
summary(struct command_context *c, const struct rusage *from)
{
	struct rusage u;
	size_t before = c->out.len;
	int r;

	if (!c->job->echo || !c->job->stat)
		return 0;
	getrusage(RUSAGE_SELF, &u);
	r = say(c,
	    "\nSummary of resource utilization\n"
	    "-------------------------------\n"
	    " CPU time:     %8.3f sec                Device I/O: %5ld\n"
	    " Overhead CPU: %8.3f sec                Paging I/O: %5ld\n"
	    " CPU model:%12s\n",
	    seconds(u.ru_utime) - seconds(from->ru_utime),
	    (u.ru_inblock - from->ru_inblock) +
		(u.ru_oublock - from->ru_oublock),
	    seconds(u.ru_stime) - seconds(from->ru_stime),
	    u.ru_majflt - from->ru_majflt, c->server->cpu);
	c->echoed += c->out.len - before;
	return r;
}

int
answer_begin(struct command_context *c)
{
	return frame_now(c, "started");
}

int
answer_errors(struct command_context *c)
{
	const struct cjli_job *job = c->job;
	stralloc line = {0};
	int r = 0;

	for (size_t i = 0; i < job->nerrors && r == 0; i++) {
		line.len = 0;
		r = cjli_error_put(&line, &job->error[i]);
		if (r == 0)
			r = say_s(c, (struct bytes){line.s, line.len});
		if (r == 0)
			r = say(c, "\n");
	}
	sa_free(&line);
	if (r == 0 && job->more)
		r = say(c, "... and %zu more errors.\n", job->more);
	if (r == 0 && job->refused)
		r = say(c, "No command of this job was executed.\n");
	return r;
}

/* --- the reply ---------------------------------------------------------------- */

static void
log_capped(const struct command_context *c, struct bytes address)
{
	struct logline l;

	log_begin(&l, c->id, "unanswered");
	log_s(&l, "address", address.s, address.len);
	log_z(&l, "capped", "yes");
	log_end(&l);
}

/* One more to an address that nobody proved to want it: 1; 0 after REPLY_MAX
 * of a day; -1. */
static int
allowed(struct command_context *c, struct bytes address)
{
	uint64_t n;

	if (memory_count(c->memory, MEMORY_REPLY, address, c->now_us, &n) < 0)
		return -1;
	if (n <= c->site->reply_max)
		return 1;
	log_capped(c, address);
	return 0;
}

/* The line end in front of the first echo. */
static struct bytes
text_of(const struct command_context *c)
{
	struct bytes text = {c->out.s, c->out.len};

	while (text.len && text.s[0] == '\n') {
		text.s++;
		text.len--;
	}
	return text;
}

static int
send(struct command_context *c, struct bytes address, struct bytes subject,
    struct bytes text, int answers)
{
	struct out_mail m = {.n = 1,
	    .pool = '-',
	    .reason = "reply",
	    .subject = subject,
	    .text = text,
	    .answers = answers};
	stralloc to = {0};
	int r = -1;

	if (sa_put(&to, address.s, address.len) == 0 &&
	    sa_put(&to, "\n", 1) == 0) {
		m.to = (struct bytes){to.s, to.len};
		r = out_mail(c, &m, NULL);
	}
	sa_free(&to);
	return r < 0 ? -1 : 0;
}

static int
put_subject(stralloc *out, const struct command_context *c)
{
	struct bytes name = job_name(c);

	return sa_puts(out, "Output of your job \"") < 0 ||
		sa_put(out, name.s, name.len) < 0
	    ? -1
	    : sa_puts(out, "\"");
}

/* Somebody else's job: he is told so first. */
static int
send_other(
    struct command_context *c, struct bytes address, struct bytes subject)
{
	stralloc text = {0};
	int r = allowed(c, address);

	if (r != 1)
		return r;
	r = -1;
	if (sa_put(&text, c->sender.s, c->sender.len) == 0 &&
	    sa_puts(&text,
		" sent a job to this server and asked that its output go to "
		"you.\nIt comes in the next message.  You need not do "
		"anything.\n\nLISTSERV at ") == 0 &&
	    sa_puts(&text, c->site->node) == 0 && sa_puts(&text, "\n") == 0)
		r = send(c, address,
		    bytes_z("Output of a job of somebody else"),
		    (struct bytes){text.s, text.len}, 0);
	if (r == 0)
		r = send(c, address, subject,
		    (struct bytes){c->out.s, c->out.len}, 0);
	sa_free(&text);
	return r;
}

/* The sender once, whatever he wrote.  From can be forged: with the output would go
 * who is subscribed, and what a stranger wrote, to whom he likes. */
static int
send_one(struct command_context *c, struct bytes address, struct bytes subject,
    int *own, int *others)
{
	const char *why = NULL;

	if (addr_same(address.s, address.len, c->sender.s, c->sender.len)) {
		*own = 1;
		return 0;
	}
	if (c->site->dist_security) {
		*others = 1;
		return 0;
	}
	if (who_robot(c, address, &why) < 0)
		return -1;
	return why ? 0 : send_other(c, address, subject);
}

static int
send_to_all(struct command_context *c, struct bytes subject)
{
	struct bytes rest = c->job->addresses, word;
	stralloc address = {0};
	struct where w;
	int r = 0, own = 0, others = 0;

	for (int n = 0; n < ADDRESSES_MAX && r == 0; n++) {
		word = cmd_word(&rest);
		if (word.len == 0)
			break;
		address.len = 0;
		if (addr_spec(&address, word.s, word.len, ADDR_UTF8, &w) == 0)
			r = send_one(c, (struct bytes){address.s, address.len},
			    subject, &own, &others);
	}
	sa_free(&address);
	if (r == 0 && others)
		r = sa_puts(&c->out,
		    "\nReply-to= has addresses other than yours.  The output "
		    "of "
		    "a job goes to its\nsender only.\n");
	return r < 0 || (!own && !others)
	    ? r
	    : send(c, c->sender, subject, text_of(c), 1);
}

/* Is there something to be said, and somebody to be told: 1; 0; -1. */
static int
is_due(struct command_context *c)
{
	const struct cjli_job *job = c->job;

	if (c->robot || job->reply == CJLI_REPLY_NONE)
		return 0;
	if (c->out.len == c->echoed && (job->outer || !job->echo))
		return 0;
	/* what was no command is seldom from somebody who wants an answer */
	return c->known || !job->outer ? 1 : allowed(c, c->sender);
}

static int
send_output(struct command_context *c)
{
	stralloc subject = {0};
	struct bytes s;
	int r = -1;

	if (c->full &&
	    sa_puts(&c->out, "\n... and more: the rest was left out.\n") < 0)
		return -1;
	if (put_subject(&subject, c) == 0) {
		s = (struct bytes){subject.s, subject.len};
		r = c->job->reply == CJLI_REPLY_LIST
		    ? send_to_all(c, s)
		    : send(c, c->sender, s, text_of(c), 1);
	}
	sa_free(&subject);
	return r;
}

int
answer_end(struct command_context *c, const struct rusage *from)
{
	int r;

	if (frame_now(c, "ended  ") < 0 || summary(c, from) < 0)
		return -1;
	r = is_due(c);
	return r == 1 ? send_output(c) : r;
}
