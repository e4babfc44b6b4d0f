/* daemon.h - the command line of a program that a supervisor keeps running */
#ifndef LSV_DAEMON_H
#define LSV_DAEMON_H

enum {
	DAEMON_FD_MAX = 1023, /* the highest descriptor of -d */
};

/* struct daemon_options - what was asked for
 *
 * ready_fd -d: for ready_tell; below 0: nobody waits for that
 * once    -1: work through what is there, then exit
 * help    -h: tell how the program is used, and do nothing
 */
struct daemon_options {
	int ready_fd, once, help;
};

/* daemon_options - read the command line; says nothing itself
 *
 * o       overwritten
 * letters what the program takes, for getopt: ":" and of "1", "d:" and "h"
 * Returns 0; -1 with errno EINVAL: another option, an operand, or no descriptor
 *         of 0 to DAEMON_FD_MAX behind -d
 * Source  s6-supervise(8), notification-fd
 */
int daemon_options(
    struct daemon_options *o, int argc, char **argv, const char *letters);

#endif
