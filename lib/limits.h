/* limits.h - SMTP_RATE_LIMIT and SMTP_MESSAGE_LIMIT: how fast mail may leave */
#ifndef LSV_LIMITS_H
#define LSV_LIMITS_H

#include <stddef.h>

#include "lib/pools.h"
#include "lib/where.h"

/* struct limits - 0 is unlimited
 *
 * bps, rps         by pool_index, each for its pool alone
 * bps_all, rps_all of the whole server
 * Units   bps: bits per second, each recipient counted; rps: recipients per
 *         second
 */
struct limits {
	double bps[POOL_COUNT], bps_all;
	double rps[POOL_COUNT], rps_all;
};

/* limits_rate_parse - read "12Mbps AB:1.5Mbps C:150kbps"
 *
 * l       on success bps and bps_all are set, all of them; the others and, on
 *         failure, everything stay as they were
 * s, len  items separated by blanks: [pools:] and a number with kbps, Mbps or
 *         Gbps (powers of 1,000); pools are letters A to Z or '-', each of
 *         which gets that much for itself; without pools: the whole server.
 *         Upper and lower case mean the same
 * w       where and why
 * Returns 0; -1 with *w
 * Source  SMTP_RATE_LIMIT of LISTSERV 15
 */
int limits_rate_parse(
    struct limits *l, const char *s, size_t len, struct where *w);

/* limits_message_parse - read "600/h B:20/s": the same for rps and rps_all
 *
 * The rate of an item is one of limits_per_second.
 */
int limits_message_parse(
    struct limits *l, const char *s, size_t len, struct where *w);

/* limits_per_second - read "600/h": one rate of recipients
 *
 * out     recipients per second, above 0; unchanged on failure
 * s, len  the whole text: a number up to 999999999 with up to 6 decimals, then
 *         "/s", "/m", "/h" or "/d" in any case
 * w       where and why
 * Returns 0; -1 with *w
 */
int limits_per_second(double *out, const char *s, size_t len, struct where *w);

#endif
