/* service.h - what the parts of lsv-service share */
#ifndef LSV_SERVICE_H
#define LSV_SERVICE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/ofat.h"

enum {
	SERVICES_MAX = 64,
	SERVICE_NAME = 64,  /* longest name of a service, with its NUL */
	S6_OUT_MAX = 65536, /* most that is read of what an s6 program says */
};

/* struct options - the command line
 *
 * command up, down, status or reload
 * wait_ms longest wait of up and down
 */
struct options {
	const char *command;
	int json, dry_run;
	uint64_t wait_ms;
};

/* struct service - everything
 *
 * scan    path of the scan directory, NUL-terminated
 * share   descriptor of the directory of spool.tab and service/, or -1
 * name    n services, sorted
 */
struct service {
	struct options opt;
	stralloc scan;
	int share;
	char name[SERVICES_MAX][SERVICE_NAME];
	size_t n;
};

/* struct state - how one service is
 *
 * known   0: it is not supervised, and nothing else is known
 * up, ready, wanted   is it running, has it said so, should it run
 * pid     of its process, 0 when down
 * exitcode, signal    how it ended, -1 when it did not; signal by number
 * seconds since it went up or down
 * deaths  how often it ended, at most 100; -1 unknown
 */
struct state {
	int known, up, ready, wanted;
	int64_t pid, exitcode, signal, seconds, deaths;
};

/* service_up, service_down, service_status, service_reload - the commands
 *
 * Return the exit code, or end the program with a message.
 */
int service_up(struct service *s);
int service_down(struct service *s);
int service_status(struct service *s);
int service_reload(struct service *s);

/* alarm_say, alarm_json - what a person should look at though all services run
 *
 * That is SPAM_EXIT when it keeps failing.  A line; or the array "alarms", which
 * is empty when the services are not up.
 * Returns 1 when there is something; 0
 */
struct json;
int alarm_say(void);
int alarm_json(struct json *j, int up);

/* services_list - the names in a scan directory, or in share/service
 *
 * dir     descriptor; kept open
 * Returns 0; -1 with errno
 */
int services_list(struct service *s, int dir);

/* services_scanned - the names in the scan directory; none when it is not there
 */
void services_scanned(struct service *s);

/* scandir_make - empty the scan directory and copy the service directories of
 * share/service into it
 *
 * Nothing may be supervised in it: the caller holds the lock of the spool.
 * s->name receives the names.
 * Returns 0; -1 with errno
 */
int scandir_make(struct service *s);

/* service_dir - the path of a service directory: scan "/" name suffix
 *
 * out     replaced; NUL-terminated; ends the program when memory is out
 */
void service_dir(
    const struct service *s, stralloc *out, size_t i, const char *suffix);

/* s6_run - run a program of s6 and wait for it
 *
 * argv    at most 15 words and a NULL; argv[0] is searched in PATH
 * out     receives its standard output; NULL leaves that alone
 * quiet   1: what it says to standard error is dropped
 * Returns its exit code, 128 when a signal killed it; ends the program when it
 *         could not be run
 */
int s6_run(const char *const *argv, stralloc *out, int quiet);

/* state_read - ask s6-svstat and s6-svdt about a service
 *
 * suffix  "" or "/log" for its logger
 */
void state_read(
    const struct service *s, size_t i, const char *suffix, struct state *st);

/* state_words - how a service is, in words: "up and ready"; static memory */
const char *state_words(const struct state *st);

/* tree_start - start s6-svscan and its logger
 *
 * lock    the lock of the spool, which the tree inherits
 * Returns the process id of s6-svscan; ends the program when it cannot
 */
pid_t tree_start(const struct service *s, int lock);

#endif
