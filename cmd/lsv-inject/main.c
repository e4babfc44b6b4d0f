#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-inject/inject.h"
#include "lib/roots.h"
#include "lib/takein.h"

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

_Noreturn static void
refused(const struct receive_answer *no)
{
	static const int code[] = {[RECEIVE_DONE] = EXIT_DONE,
	    [RECEIVE_BAD] = EXIT_BAD,
	    [RECEIVE_AGAIN] = EXIT_AGAIN,
	    [RECEIVE_POLICY] = EXIT_POLICY};

	ANSWER(code[no->kind], no->text);
}

/* All of standard input, 64 KiB at a time. */
static void
message(struct takein *t)
{
	struct receive_answer no;
	ssize_t n;

	for (;;) {
		n = read(0, takein_space(t), TAKEIN_STEP);
		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ANSWER(EXIT_AGAIN, "4.3.0 unable to read the message: ",
			    strerror(errno));
		if (takein_add(t, (size_t)n) < 0)
			refused(&t->no);
	}
	if (takein_commit(t, 0, &no) < 0)
		refused(&no);
}

int
main(int argc, char **argv)
{
	static struct takein t = {.file = answer_file};
	struct options o = {0};
	struct receive_to to = {0};
	struct receive_answer no;
	struct handover score;
	struct table lists = {0};
	struct site site;

	answer_guard();
	options(&o, argc, argv);
	if (site_read(&site, root_etc()) < 0)
		ANSWER(EXIT_AGAIN, "4.3.5 no site configuration in ",
		    root_etc(), ": ", strerror(errno));
	if (takein_address(&to, o.rcpt, strlen(o.rcpt), &site, &lists, &no) < 0)
		refused(&no);
	if (takein_open(&score) < 0)
		ANSWER(EXIT_AGAIN, "4.3.0 unable to open the spool ",
		    root_spool(), ": ", strerror(errno));
	takein_begin(
	    &t, &score, &to, 1, o.sender, o.sender ? strlen(o.sender) : 0);
	message(&t);
	_exit(EXIT_DONE);
}
