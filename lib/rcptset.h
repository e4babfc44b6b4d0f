/* rcptset.h - the recipients of one job, in order and each once
 *
 * A million of them come in any order.  What is known of each is written into a
 * file, which is mapped once all are there; only where each begins is kept in
 * memory, and what the sort needs: 20 bytes for one.
 */
#ifndef LSV_RCPTSET_H
#define LSV_RCPTSET_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bytes.h"
#include "lib/keysort.h"
#include "lib/ofat.h"

enum {
	RCPTSET_MAX = 1000000,   /* recipients, as they come */
	RCPTSET_ROW_MAX = 32768, /* bytes of one */
	RCPTSET_KINDS = 2,
};

/* struct rcptset - zeroed before its first use; rcptset_free frees it
 *
 * n       recipients added; after rcptset_sort those that are left
 * twice   how many were left out because they had come before
 * of      how many there are of each kind, after rcptset_sort
 * The rest is not for callers.
 */
struct rcptset {
	size_t n, twice, of[RCPTSET_KINDS];

	int fd;
	int open;
	stralloc out, key;
	uint64_t size;
	const char *map;
	uint32_t *at;
	size_t room;
	struct keysort *order;
};

/* rcptset_begin - a new set
 *
 * fd      an empty file for it, open for reading and writing, that nobody else
 *         has; closed by rcptset_free
 */
void rcptset_begin(struct rcptset *s, int fd);

/* rcptset_add - one more recipient
 *
 * address in normal form
 * row     what rcptset_row shall give: begins with the address; without LF, at
 *         most RCPTSET_ROW_MAX bytes
 * kind    less than RCPTSET_KINDS
 * Returns 0; -1 with errno, E2BIG when there are RCPTSET_MAX, or 4
 *         GiB, EINVAL when the
 *         address has no '@' or the row is too long
 */
int rcptset_add(
    struct rcptset *s, struct bytes address, struct bytes row, unsigned kind);

/* rcptset_sort - all are there: sort them by addr_key, and keep the first of
 * those that are the same mailbox
 *
 * once    0 keeps all
 * Returns 0; -1 with errno
 */
int rcptset_sort(struct rcptset *s, int once);

/* rcptset_row - recipient i in order, 0 .. n - 1; kind may be NULL
 *
 * Returns its row, valid until rcptset_free
 */
struct bytes rcptset_row(const struct rcptset *s, size_t i, unsigned *kind);

/* rcptset_free - give file and memory back; s is as zeroed */
void rcptset_free(struct rcptset *s);

#endif
