/* distribute.c - DISTRIBUTE: a message to many, for those who may
 *
 * Who sends the mail with the command is not proved by its From.  So a job is
 * done when the password of that person is with it, or when he confirmed it,
 * unless the site lets anyone (DIST_SECURITY=0).
 */
#include <errno.h>
#include <stdio.h>

#include "cmd/lsv-command/dist.h"
#include "lib/addr.h"
#include "lib/cjli.h"
#include "lib/logline.h"
#include "lib/mimetext.h"

enum right { RIGHT_ERROR = -1, RIGHT_NONE, RIGHT_DONE, RIGHT_CONFIRM };

/* --- begin and end --------------------------------------------------------------- */

void
dist_free(struct dist *j)
{
	rcptset_free(&j->set);
	merge_free(&j->merge);
	merge_done(&j->copy);
	list_free(&j->to);
	sa_free(&j->text);
	sa_free(&j->from);
	sa_free(&j->made);
	sa_free(&j->personal);
	sa_free(&j->names);
	sa_free(&j->trail);
	sa_free(&j->merged);
}

int
dist_parse(struct dist *j, const char *name, struct bytes args)
{
	stralloc line = {0};
	struct where w;
	int r = -1;

	if (sa_puts(&j->text, name) < 0 || sa_put(&j->text, " ", 1) < 0 ||
	    sa_put(&j->text, args.s, args.len) < 0)
		return -1;
	if (distcmd_parse(&j->d, (struct bytes){j->text.s, j->text.len}, &w) ==
	    0)
		return 1;
	if (distcmd_error(&line, (struct bytes){j->text.s, j->text.len}, &w) ==
		0 &&
	    say(j->c, "%s: ", name) == 0)
		r = say_s(j->c, (struct bytes){line.s, line.len});
	sa_free(&line);
	return r < 0 ? -1 : say(j->c, ".\n");
}

void
dist_log(const struct dist *j, const char *event)
{
	static const char *const types[] = {[DISTCMD_MAIL] = "mail",
	    [DISTCMD_MERGE] = "mail-merge",
	    [DISTCMD_POST] = "post",
	    [DISTCMD_RFC822] = "rfc822",
	    [DISTCMD_FILE] = "file"};
	struct logline l;

	log_begin(&l, j->c->id, event);
	log_z(&l, "type", types[j->d.type]);
	if (j->d.file.len)
		log_s(&l, "file", j->d.file.s, j->d.file.len);
	log_s(&l, "by", j->c->sender.s, j->c->sender.len);
	log_s(&l, "from", j->from.s, j->from.len);
	if (j->list)
		log_z(&l, "list", j->list);
	log_u(&l, "rcpts", j->set.n);
	log_u(&l, "personal", j->set.of[DIST_PERSONAL]);
	log_u(&l, "twice", j->set.twice);
	log_u(&l, "bad", j->bad);
	log_end(&l);
}

/* --- from whom ---------------------------------------------------------------------- */

static struct bytes
first_word(struct bytes data)
{
	data = cmd_trim(data);
	return cmd_word(&data);
}

/* 1 with the return path; 0, and the sender is told; -1. */
static int
find_from(struct dist *j)
{
	struct bytes from = j->d.from;
	const struct cjli_dataset *set;
	struct where w;
	int r;

	if (j->d.from_dd.len) {
		r = dist_dataset(j, j->d.from_dd, &set);
		if (r != 1)
			return r;
		from = first_word(set->data);
	}
	if (from.len == 0)
		return sa_put(&j->from, j->c->sender.s, j->c->sender.len) < 0
		    ? -1
		    : 1;
	if (addr_spec(&j->from, from.s, from.len, ADDR_UTF8, &w) == 0)
		return 1;
	return say(j->c, "FROM=") < 0 || say_s(j->c, from) < 0
	    ? -1
	    : say(j->c, ": %s.\n", w.why);
}

/* --- who may -------------------------------------------------------------------------- */

/* What a person proved: RIGHT_DONE with a password, else he has to confirm. */
static enum right
prove(struct dist *j)
{
	int r;

	if (j->d.pw.len == 0)
		return RIGHT_CONFIRM;
	r = who_password(j->c, j->d.pw);
	return r < 0 ? RIGHT_ERROR : r ? RIGHT_DONE : RIGHT_NONE;
}

static enum right
refuse(struct dist *j, const char *why)
{
	dist_log(j, "job-refused");
	return say(j->c, "%s\n", why) < 0 ? RIGHT_ERROR : RIGHT_NONE;
}

static enum right
may_distribute(struct dist *j)
{
	struct command_context *c = j->c;
	int trusted = c->postmaster || site_dist_allows(c->site, c->sender);
	int other =
	    !addr_same(j->from.s, j->from.len, c->sender.s, c->sender.len);

	if (!trusted && c->site->dist_security)
		return refuse(j,
		    "You are not authorized to use DISTRIBUTE on this server.");
	if (!trusted && other)
		return refuse(j,
		    "FROM= names another address than yours: you are not "
		    "authorized to send for it.");
	if (j->d.pw.len)
		return prove(j);
	if (j->d.debug || (!c->site->dist_security && !other))
		return RIGHT_DONE;
	return prove(j);
}

/* --- a posting -------------------------------------------------------------------------- */

static struct bytes
list_of(struct bytes word)
{
	size_t at = addr_at(word.s, word.len);

	return (struct bytes){word.s, at};
}

/* The list that POST is for: the only recipient. */
static int
post_list(struct dist *j)
{
	struct bytes word = first_word(j->d.to);
	const struct cjli_dataset *set;
	int r;

	if (word.len == 0 && j->d.to_dd.len) {
		r = dist_dataset(j, j->d.to_dd, &set);
		if (r != 1)
			return r;
		word = first_word(set->data);
	}
	word = list_of(word);
	if (word.len == 0)
		return say(j->c, "POST has a list as its recipient.\n");
	return list_take(j->c, &word, &j->to);
}

static enum right
may_post(struct dist *j)
{
	struct command_context *c = j->c;

	if (!c->postmaster && !who_is_owner(c, &j->to.hdr))
		return refuse(
		    j, "Only owners of the list may post approved messages.");
	return prove(j);
}

/* --- the job ------------------------------------------------------------------------------ */

static int
put_count(stralloc *out, uint64_t n)
{
	return sa_addu(out, n) < 0
	    ? -1
	    : sa_puts(out, n == 1 ? " recipient" : " recipients");
}

/* What the mail says that asks for confirmation. */
static int
put_shown(stralloc *out, const struct dist *j)
{
	struct field f;
	stralloc subject = {0};
	int r = cjli_echo(out, (struct bytes){j->text.s, j->text.len});

	if (r == 0)
		r = sa_puts(out, "\n    for ");
	if (r == 0)
		r = j->list ? sa_puts(out, "the list ") : 0;
	if (r == 0)
		r = j->list ? sa_puts(out, j->list) : put_count(out, j->set.n);
	if (r == 0 && header_find(&j->header, "Subject", 0, &f)) {
		r = field_unfold(&subject, f.value);
		if (r == 0)
			r = sa_puts(out, "\n    Subject: ");
		if (r == 0)
			r = mime_ascii(
			    out, (struct bytes){subject.s, subject.len}, 70);
	}
	sa_free(&subject);
	return r;
}

/* The command that the cookie stands for: the files, and what is reported. */
static int
put_held(stralloc *out, const struct dist *j)
{
	if (sa_puts(out, "DISTHOLD") < 0 ||
	    (j->d.ack != DISTCMD_NONE && sa_puts(out, " ACK=MAIL") < 0) ||
	    (j->d.trace && sa_puts(out, " TRACE=YES") < 0))
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (j->waiting[i][0] &&
		    (sa_puts(out, " ") < 0 || sa_puts(out, j->waiting[i]) < 0))
			return -1;
	return 0;
}

static int
ask(struct dist *j)
{
	struct command_context *c = j->c;
	stralloc command = {0}, shown = {0};
	int r = -1;

	if (put_held(&command, j) == 0 && put_shown(&shown, j) == 0)
		r = confirm_send(c, (struct bytes){"", 0}, '-',
		    (struct bytes){command.s, command.len},
		    (struct bytes){shown.s, shown.len});
	sa_free(&command);
	sa_free(&shown);
	if (r < 0)
		return -1;
	dist_log(j, "job-waits");
	return say(c,
	    "A message that asks you to confirm this job was sent to you.  "
	    "Nothing is sent\nbefore you did.\n");
}

static int
deliver(struct dist *j, enum right right)
{
	int r = dist_hand(j, right == RIGHT_CONFIRM);

	if (r != 1)
		return r;
	if (right == RIGHT_CONFIRM)
		return ask(j);
	dist_log(j, "job-accepted");
	return j->list ? 0 : dist_tell(j);
}

static int
distribute(struct dist *j)
{
	enum right right = may_distribute(j);
	int r;

	if (right <= 0)
		return right;
	r = dist_message(j);
	if (r == 1)
		r = dist_recipients(j);
	if (r != 1)
		return r;
	if (j->d.type == DISTCMD_FILE)
		j->file = j->d.file;
	return j->d.debug ? dist_tell(j) : deliver(j, right);
}

static int
post(struct dist *j)
{
	enum right right;
	int r = post_list(j);

	if (r != 1)
		return r;
	j->list = j->to.list.name;
	right = may_post(j);
	r = right <= 0 ? (int)right : dist_message(j);
	return r == 1 ? deliver(j, right) : r;
}

int
command_distribute(struct command_context *c, struct bytes args)
{
	struct dist j = {.c = c, .set = {.fd = -1}};
	int r = dist_parse(&j, "DISTRIBUTE", args);

	if (r == 1)
		r = find_from(&j);
	if (r == 1)
		r = j.d.type == DISTCMD_POST ? post(&j) : distribute(&j);
	dist_free(&j);
	return r < 0 ? -1 : 0;
}

/* --- confirmed ------------------------------------------------------------------------------ */

int
command_disthold(struct command_context *c, struct bytes args)
{
	struct dist j = {.c = c, .set = {.fd = -1}};
	struct bytes word;
	int r;

	if (!c->confirmed)
		return say(c, "This is what OK does.\n");
	r = dist_begin(&j) < 0 ? -1 : 1;
	while (r == 1 && (word = cmd_word(&args)).len) {
		if (bytes_eq(word, "ACK=MAIL"))
			j.d.ack = DISTCMD_BY_MAIL;
		else if (bytes_eq(word, "TRACE=YES"))
			j.d.trace = 1;
		else
			r = dist_held(&j, word);
	}
	if (r == 0)
		r = say(c,
		    "The job is not there any more: please send it again.\n");
	if (r == 1)
		r = rcptset_sort(&j.set, 0) < 0 ? -1 : 1;
	if (r == 1) {
		dist_log(&j, "job-accepted");
		r = say(c, "Your job is on its way.\n");
		if (r == 0)
			r = dist_tell(&j);
	}
	dist_free(&j);
	return r < 0 ? -1 : 0;
}
