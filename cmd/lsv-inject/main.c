#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-inject/inject.h"
#include "lib/roots.h"

static const char usage[] = "usage: lsv-inject [-f sender] recipient";

static const char help[] =
    "usage: lsv-inject [-f sender] recipient\n"
    "Take the message on standard input into the spool; run by the MTA.\n"
    "  -f sender  envelope sender, '' or '<>' for the null sender;\n"
    "             without it, the address in Return-Path\n"
    "  -h         this text\n"
    "Exit status: 0 done, 65 bad message or address, 75 try again,\n"
    "77 refused.  The reason is one line on standard error.\n";

/* struct options - sender is NULL when it was not given */
struct options {
	const char *sender, *rcpt;
};

static void
options(struct options *o, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt(argc, argv, "+f:h")) != -1) {
		switch (c) {
		case 'f':
			o->sender = optarg;
			break;
		case 'h':
			_exit(write(1, help, sizeof help - 1) < 0 ? EXIT_AGAIN
								  : EXIT_DONE);
		default:
			ANSWER(EXIT_AGAIN, "4.3.5 ", usage);
		}
	}
	if (argc - optind != 1)
		ANSWER(EXIT_AGAIN, "4.3.5 ", usage);
	o->rcpt = argv[optind];
}

/* What root would write lsv-score would not take.  Who writes instead is told
 * by the owner of a file: a static program asks no name service. */
static int
writer_become(void)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (lstat("score/writer", &st) < 0)
		return -1;
	if (setgroups(1, &st.st_gid) < 0 ||
	    setresgid(st.st_gid, st.st_gid, st.st_gid) < 0)
		return -1;
	return setresuid(st.st_uid, st.st_uid, st.st_uid);
}

int
main(int argc, char **argv)
{
	struct options o = {0};
	struct address a = {0};
	struct handover to;
	struct site site;

	answer_guard();
	options(&o, argc, argv);
	if (site_read(&site, root_etc()) < 0)
		ANSWER(EXIT_AGAIN, "4.3.5 no site configuration in ",
		    root_etc(), ": ", strerror(errno));
	address_check(&a, o.rcpt, &site);
	if (chdir(root_spool()) < 0 || writer_become() < 0 ||
	    ho_open(&to, "score") < 0)
		ANSWER(EXIT_AGAIN, "4.3.0 unable to open the spool ",
		    root_spool(), ": ", strerror(errno));
	message_store(0, &to, &a, o.sender);
	_exit(EXIT_DONE);
}
