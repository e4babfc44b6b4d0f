#include <errno.h>

#include "cmd/lsv-merge/program.h"
#include "lib/fio.h"
#include "lib/msg.h"

static _Noreturn void
die_write(struct program *p)
{
	int err = errno;

	hand_drop(p);
	errno = err;
	msg_diesys(LSV_TEMP, "unable to write into the spool");
}

static void
put_head(struct program *p)
{
	stralloc head = {0};

	if (spoolhead_format(&head, &p->head, NULL) < 0 ||
	    fio_pwrite(p->fd, head.s, head.len, 0) < 0)
		die_write(p);
	p->head.table_at = head.len;
	sa_free(&head);
}

void
hand_begin(struct program *p)
{
	p->fd = ho_create(&p->route, p->head.id);
	if (p->fd < 0)
		msg_diesys(LSV_TEMP, "unable to make a file in route/tmp");
	put_head(p);
}

void
hand_rows(struct program *p)
{
	if (p->fd >= 0 &&
	    fio_pwrite(p->fd, p->out.s, p->out.len,
		(off_t)(p->head.table_at + p->head.table)) < 0)
		die_write(p);
	p->head.table += p->out.len;
	p->out.len = 0;
}

void
hand_end(struct program *p)
{
	p->head.size = p->text.len;
	if (fio_pwrite(p->fd, p->text.s, p->text.len,
		(off_t)(p->head.table_at + p->head.table)) < 0)
		die_write(p);
	put_head(p);
	if (ho_commit(&p->route, p->fd, p->head.id) < 0)
		msg_diesys(LSV_TEMP, "unable to hand the message over");
	p->fd = -1;
}

void
hand_drop(struct program *p)
{
	if (p->fd >= 0)
		ho_drop(&p->route, p->fd, p->head.id);
	p->fd = -1;
}
