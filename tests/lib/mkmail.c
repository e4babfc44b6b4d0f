/* mkmail [-p POOL] [-s SERVER] FILE LIST SENDER [RCPT...] - writes a .MAIL file
 * for tests
 *
 * With -s it is one for another server, LISTSERV@SERVER.  The last part of FILE is its name; a name with a number behind its ID is a
 * part of the job ID.  Standard input is its journal.  Without recipients it is
 * the file `job` of a job directory, and FILE is the directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/mailfile.h"
#include "lib/msg.h"

static const char body[] = "Subject: test\r\n\r\nhello\r\n";

enum { JOURNAL_BYTES = 1 << 20 };

static const uint64_t life_us = UINT64_C(5) * 86400 * 1000000;

static void
names(struct mailhead *h, const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	if (!id_ok(name, strlen(name)))
		msg_die(LSV_PERM, name, " is not an ID");
	id_copy(h->name, name);
	id_copy(h->job, name);
	if (strlen(name) == ID_LEN + 7)
		h->job[ID_LEN] = 0;
}

static void
write_it(const char *path, const struct mailhead *h)
{
	stralloc out = {0};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0660);

	if (mailhead_format(&out, h) < 0 ||
	    (h->inlined && sa_puts(&out, body) < 0) ||
	    fio_read_fd(STDIN_FILENO, &out, JOURNAL_BYTES) < 0)
		msg_diesys(LSV_TEMP, "unable to make ", path);
	if (fd < 0 || fio_write(fd, out.s, out.len) < 0 || close(fd) < 0)
		msg_diesys(LSV_TEMP, "unable to write ", path);
	sa_free(&out);
}

static void
options(struct mailhead *h, int argc, char **argv)
{
	static char server[256];
	int c;

	while ((c = getopt(argc, argv, "+p:s:")) != -1)
		if (c == 'p') {
			h->pool = optarg[0];
		} else if (c == 's') {
			snprintf(server, sizeof server, "LISTSERV@%s", optarg);
			h->server = bytes_z(server);
			h->trail = bytes_z("HERE/1 1 HERE");
		} else {
			optind = argc;
		}
	if (argc - optind < 3)
		msg_die(LSV_PERM,
		    "usage: mkmail [-p POOL] [-s SERVER] FILE LIST SENDER "
		    "[RCPT...]");
}

int
main(int argc, char **argv)
{
	struct mailhead h = {.class = CLASS_POST, .pool = '-'};
	stralloc rcpts = {0}, facts = {0};

	msg_prog = "mkmail";
	options(&h, argc, argv);
	argc -= optind - 1;
	argv += optind - 1;
	names(&h, argv[1]);
	h.list = bytes_z(argv[2]);
	h.from = bytes_z(argv[3]);
	h.created_us = id_time_us(h.name);
	h.expires_us = h.created_us + life_us;
	h.inlined = strcmp(h.name, h.job) == 0 && argc > 4;
	h.size = sizeof body - 1;
	for (int i = 4; i < argc; i++, h.nrcpt++)
		if (sa_puts(&rcpts, argv[i]) < 0 || sa_put(&rcpts, "\n", 1) < 0)
			msg_diesys(LSV_TEMP, "unable to go on");
	h.rcpts = (struct bytes){rcpts.s, rcpts.len};
	if (sa_puts(&facts, argv[1]) < 0 || sa_puts(&facts, "/job") < 0 ||
	    sa_0(&facts) < 0)
		msg_diesys(LSV_TEMP, "unable to go on");
	write_it(argc > 4 ? argv[1] : facts.s, &h);
	sa_free(&rcpts);
	sa_free(&facts);
	return LSV_OK;
}
