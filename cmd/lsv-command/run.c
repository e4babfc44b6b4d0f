/* run.c - from the text of a mail to its jobs and commands */
#include <errno.h>

#include "cmd/lsv-command/command.h"
#include "lib/carrier.h"
#include "lib/cjli.h"
#include "lib/logline.h"

/* --- one command --------------------------------------------------------------- */

/* "OK." and "ok!" are meant as "OK". */
static const struct cmd *
find(struct bytes word)
{
	const struct cmd *cmd =
	    cmdtable_find(command_table, command_count, word);

	if (cmd || word.len < 2 || !memchr(".!,;", word.s[word.len - 1], 4))
		return cmd;
	word.len--;
	cmd = cmdtable_find(command_table, command_count, word);
	return cmd && cmd->run == command_ok ? cmd : NULL;
}

static int
unknown(struct command_context *c, struct bytes word)
{
	const struct cmd *near =
	    cmdtable_near(command_table, command_count, word);

	c->unknown = 1;
	if (c->known == 0 && bytes_eq(c->head.form, "request"))
		return run_help(c);
	if (say(c, "Unknown command - \"") < 0 || say_s(c, word) < 0 ||
	    say(c, "\".  ") < 0)
		return -1;
	if (near && say(c, "Did you mean \"%s\"?  ", near->name) < 0)
		return -1;
	return say(c,
	    "Try HELP.\n"
	    "All subsequent commands have been flushed.\n");
}

/* The lists are locked meanwhile. */
static int
too_much(struct command_context *c)
{
	c->end = 1;
	return say(c,
	    "Your message asks for too much.  This command and all behind it "
	    "were not executed.\n");
}

int
run_text(struct command_context *c, struct bytes text)
{
	struct bytes args = text, word = cmd_word(&args);
	const struct cmd *cmd = find(word);
	int r;

	if (!cmd)
		return unknown(c, word);
	c->known++;
	if (c->robot && !(cmd->flags & CMD_ROBOT)) {
		c->unknown = 1;
		return 0;
	}
	if (c->work > COMMAND_WORK_MAX)
		return too_much(c);
	r = who_may(c, cmd->rights, args);
	if (r == 1)
		r = cmd->run(c, args);
	if (cmd->flags & CMD_END)
		c->end = 1;
	return r < 0 ? -1 : 0;
}

static int
echo(struct command_context *c, struct bytes shown)
{
	size_t before = c->out.len;

	if (say(c, "\n> ") < 0 || say_s(c, shown) < 0 || say(c, "\n") < 0)
		return -1;
	c->echoed += c->out.len - before;
	return 0;
}

static int
run_command(struct command_context *c, const struct cjli_command *command)
{
	struct logline l;
	stralloc text = {0}, shown = {0};
	int r = carrier_utf8(&text, c->carrier, command->text);

	if (r == 0)
		r = cjli_echo(&shown, (struct bytes){text.s, text.len});
	if (r == 0) {
		log_begin(&l, c->id, "command");
		log_s(&l, "from", c->sender.s, c->sender.len);
		log_s(&l, "text", shown.s, shown.len);
		log_end(&l);
	}
	if (r == 0 && c->job->echo)
		r = echo(c, (struct bytes){shown.s, shown.len});
	if (r == 0)
		r = run_text(c, (struct bytes){text.s, text.len});
	sa_free(&text);
	sa_free(&shown);
	return r;
}

/* --- one job ---------------------------------------------------------------------- */

static int
is_ok(const struct cjli_command *command)
{
	struct bytes rest = command->text, word = cmd_word(&rest);
	const struct cmd *cmd = find(word);

	return cmd && cmd->run == command_ok;
}

/* A reply to a question of ours may hold our text, and a remark on who wrote it
 * when: what counts is the line with OK.  1 with the number of that command;
 * 0. */
static int
find_ok(struct command_context *c, size_t *n)
{
	const struct cjli_job *job = c->job;
	char word[COOKIE_LEN + 1];

	if (!job->outer || job->ncommands == 0 || !confirm_cookie(c, word))
		return 0;
	for (*n = 0; *n < job->ncommands; ++*n)
		if (is_ok(&job->command[*n]))
			return 1;
	return 0;
}

/* A signature is no command. */
static int
is_end(const struct cjli_command *command)
{
	return bytes_eq(command->text, "--");
}

static int
run_commands(struct command_context *c)
{
	const struct cjli_job *job = c->job;
	size_t ok;
	int r = 0;

	if (find_ok(c, &ok))
		return run_command(c, &job->command[ok]);
	for (size_t i = 0;
	     i < job->ncommands && r == 0 && !c->unknown && !c->end; i++) {
		if (job->outer && is_end(&job->command[i]))
			c->end = 1;
		else
			r = run_command(c, &job->command[i]);
	}
	return r;
}

static int
run_job(struct command_context *c, const struct cjli_job *job)
{
	struct rusage from;
	int r;

	c->job = job;
	c->out.len = c->echoed = 0;
	c->full = 0;
	getrusage(RUSAGE_SELF, &from);
	if (answer_begin(c) < 0 || answer_errors(c) < 0)
		return -1;
	if (job->outer && job->ncommands == 0 && job->nerrors == 0)
		r = run_subject(c);
	else if (job->after >= 0 && !job->refused)
		r = say(c,
		    "After= was given, but this server begins jobs when they "
		    "come.  The job was\nnot executed.\n");
	else
		r = job->refused ? 0 : run_commands(c);
	return r < 0 ? -1 : answer_end(c, &from);
}

static int
run_jobs(struct command_context *c)
{
	struct cjli jobs;
	struct cjli_job job;
	int r = 1;

	cjli_begin(&jobs, c->carrier->text);
	while (!c->unknown && !c->end && r == 1 &&
	    (r = cjli_next(&jobs, &job)) == 1) {
		/* one more reply: as good as one more message */
		if (jobs.jobs > 1 && !c->robot)
			r = run_may(c);
		if (r == 1 && run_job(c, &job) < 0)
			r = -1;
		cjli_job_free(&job);
	}
	c->job = NULL;
	return r < 0 ? -1 : 0;
}

/* Not a job, but what is said goes out as if it were one. */
static int
run_alone(struct command_context *c, int (*f)(struct command_context *))
{
	static const struct cjli_job job = {.outer = 1};
	struct rusage from = {.ru_maxrss = 0};
	int r;

	c->job = &job;
	c->out.len = c->echoed = 0;
	c->full = 0;
	r = f(c);
	if (r == 1 && answer_end(c, &from) < 0)
		r = -1;
	c->job = NULL;
	return r;
}

static int
say_unread(struct command_context *c)
{
	return say(c, "Your message could not be read: %s.\n", c->why) < 0 ? -1
									   : 1;
}

int
run_unread(struct command_context *c, const char *why)
{
	c->why = why;
	return run_alone(c, say_unread) < 0 ? -1 : 0;
}

static int
say_too_many(struct command_context *c)
{
	c->known = 1;
	return say(c,
		   "There were more than %llu messages with commands, or jobs, "
		   "from your address\ntoday.  This one and all others until "
		   "tomorrow are ignored.\n",
		   (unsigned long long)c->site->command_max) < 0
	    ? -1
	    : 1;
}

static void
log_too_many(const struct command_context *c)
{
	struct logline l;

	log_begin(&l, c->id, "dropped");
	log_z(&l, "rule", "too-many");
	log_s(&l, "from", c->sender.s, c->sender.len);
	log_end(&l);
}

int
run_may(struct command_context *c)
{
	uint64_t n;

	if (memory_count(c->memory, MEMORY_MAIL, c->sender, c->now_us, &n) < 0)
		return -1;
	if (n <= c->site->command_max)
		return 1;
	log_too_many(c);
	if (n > c->site->command_max + 1)
		return 0;
	return run_alone(c, say_too_many) < 0 ? -1 : 0;
}

int
run_message(struct command_context *c)
{
	int r = 0;

	if (!c->robot)
		r = run_alone(c, run_request);
	return r != 0 ? (r < 0 ? -1 : 0) : run_jobs(c);
}
