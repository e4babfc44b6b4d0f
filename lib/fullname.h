/* fullname.h - the name of a person as it came, for our own texts */
#ifndef LSV_FULLNAME_H
#define LSV_FULLNAME_H

#include "lib/bytes.h"
#include "lib/ofat.h"

/* fullname_put - a name in UTF-8
 *
 * out     the name is appended without blanks around, without control bytes (a
 *         '?' each), at most ADDR_NAME_MAX bytes: what is longer is cut between
 *         two characters.  May be longer than before even on failure
 * raw     UTF-8; what is no UTF-8 is taken for Windows-1252, of which
 *         ISO-8859-1 is a part, as programs without MIME wrote it
 * Returns 0; -1 with errno ENOMEM
 */
int fullname_put(stralloc *out, struct bytes raw);

#endif
