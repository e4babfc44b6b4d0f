/* netname.h - which bytes may name what in the tables of a network */
#ifndef LSV_NETNAME_H
#define LSV_NETNAME_H

#include "lib/bytes.h"

/* netname_nje - 1 to 8 letters and digits, a letter first; 1 or 0
 *
 * Source  network.md 4.1: names of nodes of NJE
 */
int netname_nje(struct bytes name);

/* netname_domain - labels of letters, digits, '-' and '_' with a dot between
 * two, 63 bytes each and 255 in all, no '-' at either end of one; 1 or 0
 *
 * One label is no domain, four numbers are an address and none either.
 */
int netname_domain(struct bytes name);

/* netname_suffix - "*." and a domain, or one label; 1 or 0 */
int netname_suffix(struct bytes name);

/* netname_token - 1 to 64 letters, digits, '-', '_' and '.', a letter or digit
 * first: the name of a server or a service area; 1 or 0 */
int netname_token(struct bytes name);

/* netname_member - the name of an entry of type MEMBER or SITE: letters,
 * digits and '-', with one '_' or more between them, 64 bytes at most; 1 or 0
 */
int netname_member(struct bytes name);

#endif
