/* server.c - one message, and in which order what it does becomes durable
 *
 *	1 the files it makes, in command/out
 *	2 what it changes in the private store, and how that was before
 *	3 what it changes in the lists, and its ID: now it was executed
 *	4 its files go to lsv-route
 *	5 its own file is removed
 *
 * Before 3 nothing has happened: the files are removed, the private store is
 * put back, and it is executed again.  After 3 only the rest is done.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-command/command.h"
#include "lib/carrier.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/logline.h"
#include "lib/names.h"
#include "lib/words.h"

enum {
	OUT_MAX = 1000000, /* files of command/out that are looked at */
	FILE_MAX_BYTES = CARRIER_MAX + SPOOL_HEAD_MAX,
};

/* --- what a crash left ------------------------------------------------------------ */

/* Is the file of a message gone, for good?  As a function of
 * lists_command_forget. */
static int
is_gone(void *arg, const char *id)
{
	struct server *s = arg;
	struct stat st;

	if (fstatat(s->in.new, id, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return errno == ENOENT ? 1 : -1;
}

/* One file of command/out: made by a message that was executed, or not. */
static int
recover_file(struct server *s, const char *name)
{
	char id[ID_LEN + 1];
	int r;

	snprintf(id, sizeof id, "%s", name);
	r = lists_command_done(&s->lists, id);
	if (r == 1)
		return ho_pass(&s->out, s->made, name);
	return r < 0 ? -1 : unlinkat(s->made, name, 0);
}

static int
recover_files(struct server *s)
{
	struct names l;
	int r = 0;

	if (names_read(&l, s->made, OUT_MAX, NULL, NULL) < 0)
		return -1;
	for (size_t i = 0; i < l.n && r == 0; i++)
		r = recover_file(s, l.name[i]);
	names_free(&l);
	if (r < 0 || fsync(s->made) < 0)
		return -1;
	return ho_flush(&s->out);
}

/* The private store has what a message changed that was not executed. */
static int
recover_memory(struct server *s)
{
	char id[ID_NAME_MAX];
	int r = memory_undoable(&s->memory, id);

	if (r == 1)
		r = is_gone(s, id);
	else
		return r;
	if (r != 0)
		return r < 0 ? -1 : 0;
	r = lists_command_done(&s->lists, id);
	if (r != 0)
		return r < 0 ? -1 : 0;
	return memory_undo(&s->memory);
}

int
server_recover(struct server *s)
{
	if (lists_begin(&s->lists, 1) < 0)
		return -1;
	if (recover_memory(s) < 0 || recover_files(s) < 0 ||
	    lists_command_forget(&s->lists, is_gone, s) < 0) {
		lists_end(&s->lists, 0);
		return -1;
	}
	return lists_end(&s->lists, 1);
}

/* --- the end of a message ----------------------------------------------------------- */

static int
hand_over(struct server *s, const char *id, unsigned n)
{
	char name[ID_NAME_MAX];

	for (unsigned i = 1; i <= n; i++) {
		id_part(name, id, i);
		if (ho_pass(&s->out, s->made, name) < 0 && errno != ENOENT)
			return -1;
	}
	return ho_flush(&s->out);
}

static int
finish(struct server *s, const char *id)
{
	if (unlinkat(s->in.new, id, 0) < 0 || fsync(s->in.new) < 0)
		return -1;
	id_copy(s->done, id);
	return 0;
}

/* --- reading it ------------------------------------------------------------------------ */

/* Reads it; why it is for bad/, or NULL. -1 with errno in *failed. */
static const char *
read_message(struct command_context *c, stralloc *text, int *failed)
{
	struct stat st;
	struct where w = {0, NULL};
	int fd = inbox_take(&c->server->in, c->server->in.new, c->id, &st);

	if (fd < 0 && (errno == EPERM || errno == ELOOP))
		return "not a plain file of an expected owner";
	*failed = fd < 0 || fio_read_fd(fd, text, FILE_MAX_BYTES) < 0;
	fio_close(fd);
	if (*failed)
		return NULL;
	if (spoolhead_parse(&c->head, text->s, text->len, &w) < 0)
		return w.why;
	if (c->head.class != CLASS_COMMAND)
		return "mail of this class does not come in here";
	if (strcmp(c->head.id, c->id) != 0)
		return "its ID is not its name";
	c->mail = (struct bytes){
	    text->s + c->head.length, text->len - c->head.length};
	if (c->mail.len != c->head.size)
		return "its size is not what its head says";
	return header_parse(&c->header, c->mail.s, c->mail.len, &w) < 0 ? w.why
									: NULL;
}

/* --- executing it ------------------------------------------------------------------------ */

static void
log_done(const struct command_context *c, uint64_t began_ms)
{
	struct logline l;

	log_begin(&l, c->id, "executed");
	log_s(&l, "from", c->sender.s, c->sender.len);
	log_u(&l, "commands", c->known);
	log_u(&l, "files", c->outs);
	if (c->unknown)
		log_z(&l, "unknown", "yes");
	log_u(&l, "ms", clock_mono_ms() - began_ms);
	log_end(&l);
}

static void
log_dropped(const struct command_context *c, const char *rule)
{
	struct logline l;

	log_begin(&l, c->id, "dropped");
	log_z(&l, "rule", rule);
	log_s(&l, "from", c->sender.s, c->sender.len);
	log_end(&l);
}

static int
execute(struct command_context *c, struct carrier *carrier)
{
	struct where w;
	int unread = 0, r;

	if (header_facts(&c->facts, &c->header) < 0)
		return -1;
	c->subject = (struct bytes){c->words,
	    words_decode(c->words, sizeof c->words, c->facts.subject)};
	c->carrier = carrier;
	if (carrier_read(carrier, c->mail, &w) < 0) {
		if (errno != EINVAL)
			return -1;
		unread = 1;
	}
	if (who_find(c) < 0)
		return -1;
	if (c->sender.len == 0) {
		log_dropped(c, "no-author");
		return 0;
	}
	if (c->robot && !c->peer && strcmp(c->robot, "machine") != 0) {
		log_dropped(c, c->robot);
		return 0;
	}
	r = c->robot ? 1 : run_may(c);
	if (r != 1)
		return r;
	return unread ? run_unread(c, w.why) : run_message(c);
}

/* All that makes it executed; when it fails, nothing was. */
static int
commit(struct server *s, struct command_context *c)
{
	if ((c->outs && fsync(s->made) < 0) ||
	    lists_command_put(&s->lists, c->id) < 0 ||
	    (s->done[0] && lists_command_forget(&s->lists, is_gone, s) < 0)) {
		memory_end(&s->memory, 0);
		return -1;
	}
	s->done[0] = 0;
	return memory_end(&s->memory, 1);
}

static int
execute_all(
    struct server *s, struct command_context *c, struct carrier *carrier)
{
	if (memory_begin(&s->memory, c->id) < 0)
		return -1;
	if (execute(c, carrier) < 0) {
		memory_end(&s->memory, 0);
		return -1;
	}
	return commit(s, c);
}

/* In the transaction of the lists.  What was executed before a crash has had
 * its files handed over by server_recover. */
static int
transaction(
    struct server *s, struct command_context *c, struct carrier *carrier)
{
	uint64_t began_ms = clock_mono_ms();
	int r;

	if (lists_begin(&s->lists, 1) < 0)
		return -1;
	r = lists_command_done(&s->lists, c->id);
	if (r == 1)
		return lists_end(&s->lists, 0);
	if (r < 0 || execute_all(s, c, carrier) < 0) {
		lists_end(&s->lists, 0);
		return -1;
	}
	if (lists_end(&s->lists, 1) < 0)
		return -1;
	log_done(c, began_ms);
	return 0;
}

static int
process(struct server *s, struct command_context *c)
{
	struct carrier carrier = {.decoded = 0};
	int r;

	/* what is executed must be there after a power cut */
	r = fsync(s->in.new);
	if (r == 0)
		r = transaction(s, c, &carrier);
	carrier_free(&carrier);
	header_facts_free(&c->facts);
	sa_free(&c->out);
	if (r < 0 || hand_over(s, c->id, c->outs) < 0)
		return -1;
	return finish(s, c->id);
}

int
server_message(struct server *s, const char *name)
{
	struct command_context c = {.server = s,
	    .site = &s->site,
	    .lists = &s->lists,
	    .memory = &s->memory,
	    .now_us = clock_wall_us()};
	stralloc text = {0};
	const char *why;
	int r = 0, failed = 0;

	id_copy(c.id, name);
	why = read_message(&c, &text, &failed);
	if (failed)
		r = errno == ENOENT ? 0 : -1;
	else if (why)
		r = inbox_bad(&s->in, name, why);
	else
		r = process(s, &c);
	sa_free(&text);
	return r;
}
