/* lsv-spam report: tell the filter behind SPAM_EXIT that a message is spam */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-spam/exit.h"
#include "cmd/lsv-spam/say.h"
#include "cmd/lsv-spam/spam.h"
#include "lib/fio.h"
#include "lib/hold.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/siteneed.h"
#include "lib/spoolfile.h"
#include "lib/takein.h"

enum { HEAD_ROOM = 16 << 10 }; /* bytes of a head, as lsv-score takes */

static const char usage[] =
    "usage: lsv-spam report ID | lsv-spam report < MESSAGE";

/* Is it a plain file of who keeps hold/, or of who wrote it into score/new?  And
 * with no other name, which somebody could have given it? */
static int
is_held(const struct stat *st, uid_t keeper)
{
	struct stat writer;

	if (!S_ISREG(st->st_mode) || st->st_nlink != 1)
		return 0;
	if (st->st_uid == keeper)
		return 1;
	if (takein_writer(&writer) == 0)
		return st->st_uid == writer.st_uid;
	if (errno != ENOENT)
		msg_diesys(LSV_TEMP, "unable to look at score/writer");
	return 0;
}

/* A message of hold/.  Root opens it as root, who cannot become the user of
 * lsv-score now and that of lsv-scan afterwards; what is opened is looked at
 * before anything is read of it. */
static int
open_held(const char *id)
{
	struct stat dir, st;
	int hold, fd;

	if (chdir(root_spool()) < 0 || (hold = hold_open()) < 0 ||
	    fstat(hold, &dir) < 0)
		msg_diesys(
		    LSV_PERM, "unable to open ", root_spool(), "/" HOLD_DIR);
	fd = openat(hold, id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		msg_diesys(LSV_PERM, "unable to open ", id);
	if (fd >= 0 && fstat(fd, &st) < 0)
		msg_diesys(LSV_TEMP, "unable to look at ", id);
	if (fd >= 0 && !is_held(&st, dir.st_uid))
		msg_die(LSV_PERM, id, " is not a plain file of lsv-score");
	fio_close(hold);
	return fd;
}

/* Where the message begins behind the head. */
static off_t
skip_head(int fd, const char *id)
{
	static char text[HEAD_ROOM];
	struct spoolhead head;
	struct where w;
	ssize_t n = pread(fd, text, sizeof text, 0);

	if (n < 0)
		msg_diesys(LSV_TEMP, "unable to read ", id);
	if (spoolhead_parse(&head, text, (size_t)n, &w) < 0)
		msg_die(NO_MESSAGE, id, ": ", w.why);
	return (off_t)head.length;
}

/* 0, whatever words the exit has for it, is the only good answer. */
static int
tell(const struct site *site, const char *id, int fd, off_t from)
{
	struct scananswer a;

	exit_ask(site, "REPORT", NULL, id, fd, from, &a);
	fio_close(fd);
	if (a.code == SCAN_GO_ON)
		return LSV_OK;
	msg_warn(site->spam_exit, " did not take the report: ",
	    a.why[0] ? a.why : scananswer_code(a.code));
	return LSV_TEMP;
}

int
spam_report(int argc, char **argv)
{
	static const struct option longs[] = {{NULL, 0, NULL, 0}};
	char made[ID_LEN + 1];
	const char *id = made;
	struct site site;
	off_t from = 0;
	int fd, code;

	if (getopt_long(argc, argv, "", longs, NULL) != -1 || argc - optind > 1)
		msg_die(LSV_PERM, usage);
	if (optind < argc)
		spam_check_ids(argv + optind, 1, usage);
	site_need(&site);
	if (!site.spam_exit)
		msg_die(LSV_PERM, "SPAM_EXIT is not set");
	if (optind < argc) {
		id = argv[optind];
		fd = open_held(id);
		if (fd < 0) {
			site_free(&site);
			return spam_absent(id);
		}
		exit_become(1);
		from = skip_head(fd, id);
	} else {
		fd = exit_file();
		exit_become(1);
		if (exit_input(fd, NULL) == 0)
			msg_die(NO_MESSAGE, "standard input is empty");
		if (id_make(made) < 0)
			msg_diesys(LSV_TEMP, "unable to make an ID");
	}
	code = tell(&site, id, fd, from);
	site_free(&site);
	return code;
}
