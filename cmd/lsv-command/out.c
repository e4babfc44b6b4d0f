#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-command/command.h"
#include "lib/fio.h"
#include "lib/reply.h"

/* They are written where they will go to, so that they have the group of those
 * who read them there. */
int
out_begin(struct command_context *c, char name[ID_NAME_MAX])
{
	id_part(name, c->id, ++c->outs);
	return ho_create(&c->server->out, name);
}

/* Durable, in a directory of ours. */
static int
settle(struct command_context *c, int fd, const char *name, int dir)
{
	struct handover *to = &c->server->out;

	if (fsync(fd) < 0 || renameat(to->tmp, name, dir, name) < 0)
		return ho_drop(to, fd, name);
	fio_close(fd);
	return 0;
}

int
out_end(struct command_context *c, int fd, const char *name)
{
	return settle(c, fd, name, c->server->made);
}

int
out_wait(struct command_context *c, int fd, const char *name)
{
	return settle(c, fd, name, c->server->wait) < 0
	    ? -1
	    : fsync(c->server->wait);
}

static int
put(struct command_context *c, const struct spoolhead *h, int fd,
    const stralloc *message)
{
	stralloc head = {0};
	int r = spoolhead_format(&head, h, NULL);

	if (r == 0)
		r = fio_write(fd, head.s, head.len);
	if (r == 0)
		r = fio_write(fd, message->s, message->len);
	sa_free(&head);
	return r < 0 ? ho_drop(&c->server->out, fd, h->id)
		     : out_end(c, fd, h->id);
}

static struct bytes
first_line(struct bytes lines)
{
	const char *end = memchr(lines.s, '\n', lines.len);

	return (struct bytes){lines.s, (size_t)(end - lines.s)};
}

int
out_mail(struct command_context *c, const struct out_mail *m, char *id)
{
	struct spoolhead h = {.class = CLASS_MAIL,
	    .created_us = c->now_us,
	    .to = first_line(m->to),
	    .list = m->list,
	    .pool = m->pool,
	    .reason = bytes_z(m->reason),
	    .rcpts = m->to,
	    .nrcpt = m->n};
	struct reply r = {.node = bytes_z(c->site->node),
	    .now_us = c->now_us,
	    .to = h.to,
	    .subject = m->subject,
	    .text = m->text,
	    .answers = m->answers ? &c->header : NULL,
	    .bare = 1};
	char name[ID_NAME_MAX + COOKIE_LEN + 1];
	stralloc message = {0};
	int fd = out_begin(c, h.id), done = -1;

	if (fd < 0)
		return -1;
	snprintf(name, sizeof name, "%s%s%s", h.id, m->code ? "." : "",
	    m->code ? m->code : "");
	r.id = bytes_z(name);
	if (reply_message(&message, &r) == 0) {
		h.size = message.len;
		done = put(c, &h, fd, &message) < 0 ? -1 : 1;
	} else {
		done = errno == EINVAL ? 0 : -1;
		ho_drop(&c->server->out, fd, h.id);
	}
	sa_free(&message);
	if (id)
		id_copy(id, h.id);
	return done;
}
