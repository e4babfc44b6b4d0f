/* log.h - what lsv-log works with */
#ifndef LSV_LOG_H
#define LSV_LOG_H

#include <dirent.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/logparse.h"
#include "lib/ofat.h"

enum {
	SERVICES_MAX = 32,
	LINE_BYTES = 65536, /* a longer line is taken in pieces */
	NOTHING = 1,        /* exit code: nothing matched */
};

enum shape { SHAPE_LISTSERV, SHAPE_JSON, SHAPE_RAW };

/* struct source - the log of one service
 *
 * name    of the service
 * dir     its directory
 * fd, ino the file being read; -1 none yet
 * live    1: that file is the one being written
 * buf     what was read of it, from at on not yet looked at
 * ready   1: line, text and us are the next line
 * line    with its stamp; text without; both point into buf
 * us      when it was written; never less than that of the line before
 */
struct source {
	char name[64];
	int dir, fd;
	ino_t ino;
	int live;
	stralloc buf;
	size_t at;
	int ready;
	struct bytes line, text;
	uint64_t us;
};

/* struct wanted - which lines
 *
 * word    an ID, its beginning, a file number or an address; NULL: any
 * list    a list; NULL: any
 * since_us  nothing older
 * id      IDs that had to do with it: their other lines are wanted too
 */
struct wanted {
	const char *word, *list;
	uint64_t since_us;
	char (*id)[25];
};

/* source.c */

/* source_open - the log of a service; 0, -1 with errno */
int source_open(struct source *s, int logs, const char *name);

/* source_next - make the next line ready
 *
 * since_us  files that ended before are passed over
 * Returns 1; 0 when there is none now; -1 with errno
 */
int source_next(struct source *s, uint64_t since_us);

/* filter.c */
int wanted_init(struct wanted *w);

/* wanted_line - 1 or 0; e is NULL when the line is no event */
int wanted_line(
    struct wanted *w, const struct source *s, const struct logevent *e);

/* shape.c - printing a line */

/* shape_line - append a line in its shape
 *
 * e       NULL when the line is no event
 * Returns 0; -1 with errno ENOMEM
 */
int shape_line(stralloc *out, enum shape shape, const struct source *s,
    const struct logevent *e);

/* form.c */

/* form_text - an event as LISTSERV's log has it, one or more lines of text
 *
 * out     appended; lines are separated by LF, none at the end
 * Returns 0; -1 with errno ENOMEM
 */
int form_text(stralloc *out, const char *service, const struct logevent *e);

#endif
