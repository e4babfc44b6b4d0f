/* distdata.c - the message of a DISTRIBUTE job */
#include <errno.h>

#include "cmd/lsv-command/dist.h"
#include "lib/addr.h"
#include "lib/cjli.h"
#include "lib/distmail.h"
#include "lib/wire.h"

enum { STEP = 64 << 10 };

static int
say_missing(struct command_context *c, struct bytes name)
{
	const struct cjli_dataset *d;
	size_t line;

	if (say(c, "There is no dataset ") < 0 || say_s(c, name) < 0 ||
	    say(c, " in this job.\n") < 0)
		return -1;
	d = cjli_hidden(c->job, name, &line);
	if (!d)
		return 0;
	return say(c, "Its DD card is in line %zu, within the dataset ", line) <
		    0 ||
		say_s(c, d->name) < 0
	    ? -1
	    : say(c, ".  Is a line with only /* missing?\n");
}

int
dist_dataset(
    struct dist *j, struct bytes name, const struct cjli_dataset **found)
{
	struct command_context *c = j->c;

	*found = cjli_find(c->job, name);
	if (!*found)
		return say_missing(c, name);
	if ((*found)->data.len)
		return 1;
	return say(c, "Line %zu: the dataset ", (*found)->card) < 0 ||
		say_s(c, name) < 0
	    ? -1
	    : say(c, " is empty.\n");
}

/* --- what can be sent ------------------------------------------------------------ */

static int
say_line(struct dist *j, size_t line, const char *why)
{
	return say(j->c, "Line %zu: %s.\n", line, why);
}

/* Can it be brought into wire form: 1; 0, and the sender is told; -1. */
static int
check_wire(struct dist *j)
{
	struct wire wire = {0};
	stralloc out = {0};
	struct where w;
	int r = 0;

	for (size_t at = 0; at < j->message.len && r == 0; at += STEP) {
		size_t n = j->message.len - at;

		out.len = 0;
		r = wire_put(
		    &wire, &out, j->message.s + at, n < STEP ? n : STEP, &w);
	}
	sa_free(&out);
	if (r == 0)
		return 1;
	return errno == ENOMEM ? -1 : say_line(j, j->line + w.at - 1, w.why);
}

static struct distmail
mail_of(const struct dist *j)
{
	const struct command_context *c = j->c;

	return (struct distmail){.node = bytes_z(c->site->node),
	    .id = bytes_z(c->id),
	    .from = {j->from.s, j->from.len},
	    .name =
		addr_same(j->from.s, j->from.len, c->sender.s, c->sender.len)
		? c->name
		: (struct bytes){"", 0},
	    .now_us = c->now_us};
}

/* A file of a user becomes a message; one that comes from another server is one
 * already. */
static int
make_message(struct dist *j)
{
	struct distmail m = mail_of(j);

	j->message = j->data;
	if (j->d.type != DISTCMD_FILE || j->d.dist2)
		return 1;
	if (distmail_file(&j->made, &m, j->d.file, j->data) < 0)
		return -1;
	j->message = (struct bytes){j->made.s, j->made.len};
	j->line = 1;
	return 1;
}

/* Of the header in wire form, where a CR alone ends a line as well; what is behind
 * its end then is body. */
static int
make_personal(struct dist *j)
{
	struct distmail m = mail_of(j);
	struct wire wire = {0};
	struct header h;
	struct where w;
	stralloc head = {0};
	int r = -1;

	if (wire_put(&wire, &head, j->message.s, j->header.body, &w) < 0 ||
	    wire_end(&wire, &head) < 0)
		r = errno == ENOMEM ? -1
				    : say_line(j, j->line + w.at - 1, w.why);
	else if (header_parse(&h, head.s, head.len, &w) < 0)
		r = say_line(j, j->line + header_line(head.s, w.at) - 1, w.why);
	else if (distmail_personal(&j->personal, &h, &m) == 0 &&
	    sa_put(&j->personal, head.s + h.body, head.len - h.body) == 0)
		r = 1;
	sa_free(&head);
	return r;
}

static int
check_header(struct dist *j)
{
	struct where w;

	if (header_parse(&j->header, j->message.s, j->message.len, &w) < 0)
		return say_line(
		    j, j->line + header_line(j->message.s, w.at) - 1, w.why);
	if (j->header.from) { /* an mbox line is no part of it */
		j->message.s += j->header.from;
		j->message.len -= j->header.from;
		j->line++;
		if (header_parse(&j->header, j->message.s, j->message.len, &w) <
		    0)
			return say_line(j, j->line, w.why);
	}
	return make_personal(j);
}

int
dist_message(struct dist *j)
{
	const struct cjli_dataset *data;
	int r = dist_dataset(j, j->d.dd, &data);

	if (r != 1)
		return r;
	j->data = data->data;
	j->line = data->line;
	if (j->data.len > j->c->site->sizelim)
		return say(j->c,
		    "The message is larger than this server takes "
		    "(SIZELIM).\n");
	r = make_message(j);
	if (r == 1)
		r = check_header(j);
	return r == 1 ? check_wire(j) : r;
}
