#include <errno.h>
#include <unistd.h>

#include "cmd/lsv-score/score.h"
#include "lib/clock.h"
#include "lib/fio.h"

/* Bytes until the room is full, the file ends, or there are as many as it has;
 * -1 with errno. */
static ssize_t
read_full(int fd, char *to, size_t room, uint64_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < room && len < size) {
		n = read(fd, to + len, room - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static uint64_t
line_ends(const char *s, size_t len)
{
	uint64_t n = 0;

	for (const char *end = s + len;
	     (s = memchr(s, '\n', (size_t)(end - s))); s++)
		n++;
	return n;
}

/* The head was parsed where the next file will be read to: keep a copy. */
static int
keep_head(struct entry *e, const char *from)
{
	struct bytes *part[] = {&e->head.from, &e->head.to, &e->head.list,
	    &e->head.form, &e->head.detail, &e->head.reason, &e->head.rcpts};

	e->text.len = 0;
	if (sa_put(&e->text, from, e->head.length) < 0)
		return -1;
	for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
		part[i]->s = e->text.s + (part[i]->s - from);
	return 0;
}

/* The head: is it that of this file, or of what we made in its place? */
static void
read_head(struct score *s, struct entry *e, int ours)
{
	char part[ID_NAME_MAX];
	struct where w;

	id_part(part, e->name, 1);
	if (spoolhead_parse(&e->head, s->m.start, s->m.len, &w) < 0)
		score_bad(e, w.why);
	else if (ours && e->head.class == CLASS_MAIL &&
	    strcmp(e->head.id, part) == 0)
		e->state = ENTRY_OURS;
	else if (e->head.length > SCORE_HEAD_MAX)
		score_bad(e, "the head is too long");
	else if (keep_head(e, s->m.start) < 0)
		score_later(s, e, "unable to read a file");
	else if (strcmp(e->head.id, e->name) != 0)
		score_bad(e, "its ID is not its name");
}

/* Everything that tells one message to one recipient from another. */
static int
digest_begin(struct score *s, const struct entry *e)
{
	if (EVP_DigestInit_ex(s->digest, s->sha256, NULL) == 1 &&
	    EVP_DigestUpdate(s->digest, e->head.to.s, e->head.to.len) == 1 &&
	    EVP_DigestUpdate(s->digest, "\n", 1) == 1 &&
	    EVP_DigestUpdate(s->digest, e->head.from.s, e->head.from.len) ==
		1 &&
	    EVP_DigestUpdate(s->digest, "\n", 1) == 1)
		return 0;
	errno = ENOMEM;
	return -1;
}

static int
digest_more(struct score *s, const char *p, size_t len)
{
	s->m.lines += line_ends(p, len);
	loop_more(s, p, len);
	detect_more(s, p, len);
	if (EVP_DigestUpdate(s->digest, p, len) == 1)
		return 0;
	errno = ENOMEM;
	return -1;
}

/* Read the message to its end, once; its size, or -1 with errno. */
static int64_t
read_message(struct score *s, struct entry *e, int fd)
{
	static char step[SCORE_STEP];
	const char *start = s->m.start + e->head.length;
	size_t len = s->m.len - e->head.length;
	uint64_t size = len;
	ssize_t n;

	s->m.lines = 0;
	loop_begin(s, e);
	detect_begin(s, e);
	if (digest_begin(s, e) < 0 || digest_more(s, start, len) < 0)
		return -1;
	while (s->m.len == sizeof s->m.start) {
		n = read_full(fd, step, sizeof step, UINT64_MAX);
		if (n < 0 || digest_more(s, step, (size_t)n) < 0)
			return -1;
		if (n == 0)
			break;
		size += (uint64_t)n;
	}
	loop_end(s);
	if (detect_end(s, e) < 0)
		return -1;
	if (EVP_DigestFinal_ex(s->digest, e->digest, NULL) != 1) {
		errno = ENOMEM;
		return -1;
	}
	return (int64_t)size;
}

static void
read_all(struct score *s, struct entry *e, int fd, const struct stat *st)
{
	ssize_t n =
	    read_full(fd, s->m.start, sizeof s->m.start, (uint64_t)st->st_size);
	struct where w;
	int64_t size;

	if (n < 0) {
		score_later(s, e, "unable to read a file");
		return;
	}
	s->m.len = (size_t)n;
	read_head(s, e, st->st_uid == s->uid);
	if (e->state != ENTRY_READ)
		return;
	size = read_message(s, e, fd);
	if (size >= 0 && (uint64_t)size != e->head.size) {
		score_bad(e, "its size is not what its head says");
		return;
	}
	if (size >= 0 &&
	    header_parse(&s->m.header, s->m.start + e->head.length,
		s->m.len - e->head.length, &w) < 0) {
		score_bad(e, w.why);
		return;
	}
	if (size < 0 || header_facts(&s->m.facts, &s->m.header) < 0)
		score_later(s, e, "unable to read a file");
}

void
entry_read(struct score *s, struct entry *e)
{
	enum hold_back from = hold_id(e->name, e->file);
	struct stat st;
	int fd;

	e->released = from == HOLD_BY_A_PERSON;
	e->delayed = from == HOLD_BY_TIME;
	e->state = ENTRY_READ;
	e->spam = (struct entry_spam){.sum = 0};
	e->sums = (struct fingerprint_sums){.has_text = 0};
	e->loop = (struct loopcheck){.flags = 0};
	e->raised = 0;
	e->capped = 0;
	e->waits = e->dir == s->wait ? waitlist_find(&s->waits, e->file) : NULL;
	e->answered = e->stays = 0;
	e->nrcpt = 0;
	e->first[0] = 0;
	e->who.len = e->made.len = e->rcpts.len = 0;
	e->v = (struct verdict){.act = VERDICT_BAD, .rule = RULE_CLASS};
	e->began_ms = clock_mono_ms();
	fd = inbox_take(&s->in, e->dir, e->file, &st);
	if (fd >= 0)
		read_all(s, e, fd, &st);
	else if (errno == ENOENT)
		e->state = ENTRY_GONE;
	else if (errno == EPERM || errno == ELOOP)
		score_bad(e, "not a plain file of an expected owner");
	else
		score_later(s, e, "unable to open a file");
	fio_close(fd);
}
