#include <string.h>

#include "cmd/lsv-route/route.h"
#include "lib/header.h"
#include "lib/logline.h"
#include "lib/trail.h"

/* What the log says of a job that is distributed.  lsv-log(8) makes of it what
 * LISTSERV's log has: the file and who sent it, who got how many, the sum. */

enum { SUBJECT_MAX = 60 }; /* bytes of a subject in the log */

static void
from_whom(struct logline *l, struct bytes from)
{
	log_s(l, "from", from.s, from.len);
}

/* "LISTSERV@" the server that handed the job on to us, which is the last one. */
static void
say_processing(const char *name, const struct letter *letter)
{
	static const char server[] = "LISTSERV@";
	struct bytes t = letter->trail, from = letter->head.from;
	char text[sizeof server + TRAIL_NAME_MAX];
	struct logline l;
	size_t at = t.len;

	while (at > 0 && t.s[at - 1] != ' ')
		at--;
	if (at > 0 && t.len - at <= TRAIL_NAME_MAX) {
		memcpy(text, server, sizeof server - 1);
		memcpy(text + sizeof server - 1, t.s + at, t.len - at);
		from = (struct bytes){text, sizeof server - 1 + t.len - at};
	}
	log_begin(&l, name, "processing");
	from_whom(&l, from);
	log_end(&l);
}

/* The first line of a field. */
static struct bytes
one_line(struct bytes v)
{
	size_t n = 0;

	while (v.len && (*v.s == ' ' || *v.s == '\t')) {
		v.s++;
		v.len--;
	}
	while (n < v.len && v.s[n] != '\r' && v.s[n] != '\n')
		n++;
	return (struct bytes){v.s, n < SUBJECT_MAX ? n : SUBJECT_MAX};
}

/* A mail is known by its subject. */
static void
put_subject(struct logline *l, const struct message *m)
{
	stralloc room = {0};
	struct bytes text, value;
	struct header h;
	struct field f;

	if (message_start(m, &room, &text) == 0 &&
	    header_parse(&h, text.s, text.len, NULL) == 0 &&
	    header_find(&h, "Subject", 0, &f) > 0) {
		value = one_line(f.value);
		log_s(l, "subject", value.s, value.len);
	}
	sa_free(&room);
}

void
say_begin(const struct message *m, const struct letter *letter)
{
	const struct mailhead *h = &letter->head;
	struct logline l;

	if (h->class == CLASS_DIST)
		say_processing(h->job, letter);
	log_begin(&l, h->job, "distributing");
	if (h->list.len)
		log_s(&l, "list", h->list.s, h->list.len);
	if (h->file.len)
		log_s(&l, "file", h->file.s, h->file.len);
	else
		put_subject(&l, m);
	from_whom(&l, h->from);
	log_end(&l);
}

void
say_forwarded(const struct mailhead *h, struct bytes server, uint64_t rcpts)
{
	struct logline l;

	log_begin(&l, h->job, "forwarded");
	log_s(&l, "server", server.s, server.len);
	if (h->file.len)
		log_s(&l, "file", h->file.s, h->file.len);
	log_u(&l, "rcpts", rcpts);
	log_end(&l);
}

void
say_distributed(
    const char *name, struct bytes file, struct bytes own, uint64_t rcpts)
{
	struct logline l;

	if (rcpts == 0)
		return;
	log_begin(&l, name, "distributed");
	if (file.len)
		log_s(&l, "file", file.s, file.len);
	if (rcpts == 1)
		log_s(&l, "to", own.s, own.len);
	log_u(&l, "rcpts", rcpts);
	log_end(&l);
}

void
say_routed(const struct said *s)
{
	struct logline l;

	log_begin(&l, s->name, "routed");
	if (s->list.len)
		log_s(&l, "list", s->list.s, s->list.len);
	log_u(&l, "rcpts", s->direct + s->forwarded);
	log_s(&l, "pool", &s->pool, 1);
	log_u(&l, "files", s->files);
	if (s->relayed) {
		log_u(&l, "direct", s->direct);
		log_u(&l, "jobs", s->jobs);
		log_u(&l, "forwarded", s->forwarded);
	}
	log_end(&l);
}
