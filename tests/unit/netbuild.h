/* netbuild.h - networks for tests, out of a few words */
#ifndef LSV_NETBUILD_H
#define LSV_NETBUILD_H

#include "lib/network.h"

/* netbuild - a network of lines, made and finished
 *
 *	link A B COST	both ways; makes nodes that are missing. COST in
 *			thousandths, "-" for none, "d" for dialled, "0" for a
 *			link of speed 0
 *	arc A B COST	one way
 *	server A INDEX	"server A 12 b": one that passes on; its host is
 *			listserv.a.example
 *	domain NAME A
 *	alias OLD NEW
 *
 * n       overwritten; free with network_free
 * Returns the number of the first line that was no good, from 1; 0
 */
unsigned netbuild(struct network *n, const char *text);

#endif
