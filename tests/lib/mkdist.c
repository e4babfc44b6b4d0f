/* mkdist [-F FILE] [-f FROM] [-i ID] [-m] [-n ROWS] [-p POOL] [-t TRAIL] [-u]
 *        INBOX MESSAGE
 *
 * Hands a job of class dist to INBOX (a directory with tmp, new and trigger), as
 * lsv-command does: its message is the file MESSAGE, its recipients are the
 * lines of standard input, sorted and each once.  -u leaves them as they are, -n
 * lies about their number; -m makes it one with personal copies and one field,
 * NAME, whose value may follow each address behind a TAB.  Prints the ID. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/handover.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/spoolfile.h"

enum { INPUT_MAX = 256 << 20, MESSAGE_MAX = 64 << 20 };

/* A line and where its key is. */
struct row {
	struct bytes line;
	size_t at, len;
};

static stralloc keys;

static int
by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int c = memcmp(keys.s + x->at, keys.s + y->at, n);

	if (c)
		return c;
	return x->len < y->len ? -1 : x->len > y->len;
}

static struct row *
more(struct row *rows, size_t room)
{
	rows = reallocarray(rows, room, sizeof *rows);
	if (!rows)
		msg_diesys(LSV_TEMP, "unable to go on");
	return rows;
}

static struct row *
read_rows(const stralloc *text, size_t *n)
{
	const char *s = text->s, *end = s + text->len, *nl;
	struct row *rows = NULL;
	size_t room = 0;

	for (*n = 0; s < end && (nl = memchr(s, '\n', (size_t)(end - s)));
	     s = nl + 1) {
		const char *tab = memchr(s, '\t', (size_t)(nl - s));

		if (*n == room) {
			room = room ? 2 * room : 1024;
			rows = more(rows, room);
		}
		rows[*n] =
		    (struct row){.line = {s, (size_t)(nl - s)}, .at = keys.len};
		if (addr_key(&keys, s, (size_t)((tab ? tab : nl) - s)) < 0)
			msg_die(LSV_PERM, "not an address in standard input");
		rows[*n].len = keys.len - rows[*n].at;
		++*n;
	}
	return rows;
}

/* Sorted, and each address once. */
static stralloc
sorted(const stralloc *text, uint64_t *count)
{
	stralloc out = {0};
	size_t n;
	struct row *rows = read_rows(text, &n);

	if (n)
		qsort(rows, n, sizeof *rows, by_key);
	*count = 0;
	for (size_t i = 0; i < n; i++) {
		if (i && by_key(&rows[i - 1], &rows[i]) == 0)
			continue;
		if (sa_put(&out, rows[i].line.s, rows[i].line.len) < 0 ||
		    sa_put(&out, "\n", 1) < 0)
			msg_diesys(LSV_TEMP, "unable to go on");
		++*count;
	}
	free(rows);
	return out;
}

static uint64_t
lines(const stralloc *text)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->s[i] == '\n';
	return n;
}

static void
hand_over(const char *inbox, const struct spoolhead *h, const stralloc *table,
    const stralloc *message)
{
	stralloc head = {0};
	char tmp[4096], new[4096];
	int fd, dir = open(inbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	snprintf(tmp, sizeof tmp, "tmp/%s", h->id);
	snprintf(new, sizeof new, "new/%s", h->id);
	fd = dir < 0 ? -1 : openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL, 0640);
	if (fd < 0 || spoolhead_format(&head, h, NULL) < 0 ||
	    fchmod(fd, 0640) < 0 || fio_write(fd, head.s, head.len) < 0 ||
	    fio_write(fd, table->s, table->len) < 0 ||
	    fio_write(fd, message->s, message->len) < 0 || fsync(fd) < 0 ||
	    close(fd) < 0 || renameat(dir, tmp, dir, new) < 0)
		msg_diesys(LSV_TEMP, "unable to write into ", inbox);
	ho_wake(dir, "trigger");
	close(dir);
	sa_free(&head);
}

static const char usage[] =
    "usage: mkdist [-F FILE] [-f FROM] [-i ID] [-m] [-n ROWS] [-p POOL] "
    "[-t TRAIL] [-u] INBOX MESSAGE";

int
main(int argc, char **argv)
{
	struct spoolhead h = {.class = CLASS_DIST, .pool = '-'};
	stralloc in = {0}, table = {0}, message = {0};
	int c, as_it_is = 0;
	uint64_t lie = 0;

	msg_prog = "mkdist";
	if (id_make(h.id) < 0)
		msg_diesys(LSV_TEMP, "unable to make an ID");
	h.from = bytes_z("owner-test@lists.example.org");
	while ((c = getopt(argc, argv, "F:f:i:mn:p:t:u")) != -1)
		if (c == 'F')
			h.file = bytes_z(optarg);
		else if (c == 'f')
			h.from = bytes_z(optarg);
		else if (c == 'i' && id_ok(optarg, strlen(optarg)))
			id_copy(h.id, optarg);
		else if (c == 'm')
			h.merged = 1, h.fields = bytes_z("NAME");
		else if (c == 'n' &&
		    num_u64(&lie, optarg, strlen(optarg), 9999) == 0)
			continue;
		else if (c == 'p')
			h.pool = optarg[0];
		else if (c == 't')
			h.trail = bytes_z(optarg);
		else if (c == 'u')
			as_it_is = 1;
		else
			msg_die(LSV_PERM, usage);
	if (argc - optind != 2)
		msg_die(LSV_PERM, usage);
	if (fio_read_fd(STDIN_FILENO, &in, INPUT_MAX) < 0 ||
	    fio_read(AT_FDCWD, argv[optind + 1], &message, MESSAGE_MAX) < 0)
		msg_diesys(LSV_TEMP, "unable to read");
	h.created_us = clock_wall_us();
	h.rows = lines(&in);
	table = as_it_is ? in : sorted(&in, &h.rows);
	if (lie)
		h.rows = lie;
	h.table = table.len;
	h.size = message.len;
	hand_over(argv[optind], &h, &table, &message);
	if (!as_it_is)
		sa_free(&in);
	sa_free(&table);
	sa_free(&message);
	return printf("%s\n", h.id) < 0 ? LSV_TEMP : LSV_OK;
}
