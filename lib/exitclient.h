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
 * Returns what the exit returns: EXITSAY_GO, EXITSAY_REJECT; EXITSAY_FAILED
 *         with the reason on standard output; LSV_PERM when a person has to
 *         change something
 */
int exitclient_main(const struct exitclient *c, int argc, char **argv);

#endif
