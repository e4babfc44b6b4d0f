/* nobody.h - what a limit of processes holds for sure */
#ifndef LSV_NOBODY_H
#define LSV_NOBODY_H

enum { NOBODY_UNLIMITED = 250 };

/* nobody_run - call a function as a user who cannot have many processes
 *
 * In a child, a subreaper, as a user who has no process when we are root.  What
 * it leaves behind is killed, should it end before.
 * fn      returns 0 to 249
 * more    so many processes it may have
 * Returns what fn does; NOBODY_UNLIMITED when it was not called, since the limit
 *         does not hold; -1 when it was killed
 */
int nobody_run(int (*fn)(void *arg), void *arg, unsigned more);

#endif
