/* exitclient.h - a ready exit: it lets the client of a spam filter do the work
 *
 * The client gets the message on its standard input, which is that of the exit,
 * and no shell comes between.  Options of the site are in a file beside the
 * exit, of its name and ".conf".
 */
#ifndef LSV_EXITCLIENT_H
#define LSV_EXITCLIENT_H

#include "lib/exitsay.h"

enum {
	EXITCLIENT_OPTIONS =
	    16, /* options that a client is given by us, at most */
};

/* struct exitclient_verb - what SCAN and REPORT are for this client
 *
 * last    its last arguments, ended by NULL
 * say     reads what it said, see exitsay.h
 */
struct exitclient_verb {
	const char *last[EXITCLIENT_OPTIONS];
	int (*say)(stralloc *why, const struct exitsay *s);
};

/* struct exitclient - a client
 *
 * usage   of the exit, one line without its LF
 * program of the client, looked for in PATH
 * first   its first arguments, ended by NULL; options of the site come behind
 *         them and overrule them
 */
struct exitclient {
	const char *usage;
	const char *program;
	const char *first[EXITCLIENT_OPTIONS];
	struct exitclient_verb scan, report;
};

/* exitclient_main - the whole of an exit
 *
 * argv    the path of the exit, "SCAN" or "REPORT", and for SCAN perhaps the
 *         name of a list
 * Returns what say returned, with its one line on standard output;
 *         EXITSAY_FAILED with the reason on standard error when it returned -1,
 *         the client cannot be run, or the line not be written; LSV_PERM, with
 *         the reason there too, when a person has to change something
 * It waits for a client that hangs: lsv-scan(8) limits the time of an exit.
 */
int exitclient_main(const struct exitclient *c, int argc, char **argv);

#endif
