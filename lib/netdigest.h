/* netdigest.h - are the tables of a directory those that they were? */
#ifndef LSV_NETDIGEST_H
#define LSV_NETDIGEST_H

#include "lib/bytes.h"

enum { NETDIGEST_LEN = 16 };

/* netdigest - a number of the tables of a directory and all they hold
 *
 * Read are the files that network_read_dir reads (lib/netdir.h).
 * out     replaced by NETDIGEST_LEN hexadecimal digits and a NUL
 * dir     path of the directory
 * bytes   receives how long all files are together; may be NULL
 * Returns 0; -1 with errno
 * Source  FIPS 180-4: the first 64 bits of SHA-256 over name, length and bytes
 *         of each
 */
int netdigest(char out[NETDIGEST_LEN + 1], const char *dir, uint64_t *bytes);

#endif
