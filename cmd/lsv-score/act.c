#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-score/score.h"
#include "cmd/lsv-score/wait.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/logline.h"

static void
report(const struct entry *e)
{
	struct logline l;

	log_begin(&l, e->name, "scored");
	log_z(&l, "class", spool_class_name(e->head.class));
	if (e->head.list.len)
		log_s(&l, "list", e->head.list.s, e->head.list.len);
	if (e->head.form.len)
		log_s(&l, "form", e->head.form.s, e->head.form.len);
	log_z(&l, "rule", verdict_rule_name(e->v.rule));
	log_z(&l, "act", verdict_act_name(e->v.act));
	spam_log(&l, e);
	detect_log(&l, e);
	wait_log(&l, e);
	if (e->first[0])
		log_z(&l, "first", e->first);
	if (e->v.unanswered)
		log_z(&l, "unanswered", e->v.unanswered);
	if (e->capped)
		log_z(&l, "capped", "yes");
	if (e->nrcpt && !e->capped)
		log_u(&l, "rcpts", e->nrcpt);
	log_u(&l, "size", e->head.size);
	log_s(&l, "from", e->head.from.s, e->head.from.len);
	log_s(&l, "to", e->head.to.s, e->head.to.len);
	log_u(&l, "ms", clock_mono_ms() - e->began_ms);
	log_end(&l);
}

/* The message of the source behind what was written already. */
static int
copy_message(struct score *s, const struct entry *e, int to)
{
	struct stat st;
	int fd = inbox_take(&s->in, e->dir, e->file, &st);
	int64_t n;

	if (fd < 0)
		return -1;
	n = fio_copy(fd, (off_t)e->head.length, e->head.size, to);
	fio_close(fd);
	if (n >= 0 && (uint64_t)n < e->head.size) {
		errno = EIO; /* it had so many bytes a moment ago */
		return -1;
	}
	return n < 0 ? -1 : 0;
}

static int
write_made(struct score *s, const struct entry *e, const char *part, int fd)
{
	struct spoolhead h = {.class = CLASS_MAIL,
	    .created_us = e->head.created_us,
	    .to = e->head.to,
	    .list = e->head.list,
	    .pool = e->pool,
	    .reason = bytes_z(verdict_rule_name(e->v.rule)),
	    .rcpts = {e->rcpts.s, e->rcpts.len},
	    .nrcpt = e->nrcpt,
	    .size = e->made.len};
	stralloc head = {0};
	int r = -1;

	snprintf(h.id, sizeof h.id, "%s", part);
	if (e->v.act == VERDICT_FORWARD)
		h.size += e->head.size;
	if (spoolhead_format(&head, &h, NULL) == 0 &&
	    fio_write(fd, head.s, head.len) == 0 &&
	    fio_write(fd, e->made.s, e->made.len) == 0 &&
	    (e->v.act != VERDICT_FORWARD || copy_message(s, e, fd) == 0) &&
	    fsync(fd) == 0)
		r = 0;
	sa_free(&head);
	return r;
}

/* One rename puts what we made in the place of its source, another one hands
 * it on: whatever comes in between, there is one of them and never both. */
static int
replace(struct score *s, struct entry *e)
{
	char part[ID_NAME_MAX];
	int fd;

	id_part(part, e->name, 1);
	fd = ho_create(&s->out, part);
	if (fd < 0)
		return -1;
	if (write_made(s, e, part, fd) < 0 ||
	    renameat(s->out.tmp, part, e->dir, e->file) < 0)
		return ho_drop(&s->out, fd, part);
	fio_close(fd);
	return ho_pass_as(&s->out, e->dir, e->file, part);
}

/* After a crash in between: only the second rename is left to do. */
static int
resume(struct score *s, struct entry *e)
{
	struct logline l;
	char part[ID_NAME_MAX];

	id_part(part, e->name, 1);
	if (ho_pass_as(&s->out, e->dir, e->file, part) < 0) {
		score_later(s, e, "unable to hand a file on");
		return 0;
	}
	log_begin(&l, e->name, "resumed");
	log_z(&l, "made", part);
	log_end(&l);
	return 0;
}

/* Opened when it is needed. */
static int
pass_command(struct score *s, const struct entry *e)
{
	if (!s->command_open && ho_open(&s->command, "command") < 0)
		return -1;
	s->command_open = 1;
	return ho_pass_as(&s->command, e->dir, e->file, e->name);
}

static int
do_it(struct score *s, struct entry *e)
{
	switch (e->v.act) {
	case VERDICT_PASS:
		if (e->head.class == CLASS_COMMAND)
			return pass_command(s, e);
		return ho_pass_as(&s->out, e->dir, e->file, e->name);
	case VERDICT_REPLY:
	case VERDICT_REPORT:
	case VERDICT_FORWARD:
		return replace(s, e);
	case VERDICT_HOLD:
		return spam_hold(s, e);
	case VERDICT_DROP:
		return unlinkat(e->dir, e->file, 0);
	case VERDICT_SCAN:
	case VERDICT_DEFER:
	case VERDICT_BAD:
		break;
	}
	return inbox_shelve(
	    &s->in, e->dir, e->file, verdict_rule_why(e->v.rule));
}

int
entry_act(struct score *s, struct entry *e)
{
	switch (e->state) {
	case ENTRY_OURS:
		return resume(s, e);
	case ENTRY_BAD:
		if (inbox_shelve(&s->in, e->dir, e->file, e->why) < 0)
			score_later(s, e, "unable to move a file to bad/");
		return 0;
	case ENTRY_LATER:
	case ENTRY_GONE:
		return 0;
	case ENTRY_READ:
		break;
	}
	if (wait_must(s, e)) {
		if (wait_stay(s, e) < 0)
			score_later(s, e, "unable to let a message wait");
		return 0;
	}
	if (do_it(s, e) < 0) {
		score_later(s, e,
		    e->v.act == VERDICT_HOLD ? "unable to move a file to hold/"
					     : "unable to hand a file on");
		return 0;
	}
	report(e);
	return e->v.act == VERDICT_DROP;
}
