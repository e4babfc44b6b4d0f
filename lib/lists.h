/* lists.h - the lists of this server and their subscribers
 *
 * A store (store.h) in $LSV_LIB/lists with five tables:
 *
 *	catalog	name in lower case -> facts, one line of text
 *	headers	name in lower case -> the header as it was put
 *	subs	number of the list (4 bytes, big end first), addr_key() of the
 *		address -> one subscriber, so that a walk over a list comes out
 *		sorted by reversed domain
 *	meta	"next" -> the next list's number, "edition" -> a number that
 *		grows with every change of catalog or headers
 *	commands ID of a message whose commands were executed -> nothing,
 *		until lsv-command has removed its file; made by the first writer
 *
 * Beside it lies lists.cdb, see listtab.h and listpub.h.  One user writes; readers need
 * nothing but to read.
 */
#ifndef LSV_LISTS_H
#define LSV_LISTS_H

#include <stdint.h>

#include "lib/addr.h"
#include "lib/bytes.h"
#include "lib/listtab.h"
#include "lib/ofat.h"
#include "lib/store.h"

#define LISTS_DIR "lists" /* below $LSV_LIB */

/* lists_put() */
enum {
	LISTS_NEW = 1,  /* only when the address is not subscribed */
	LISTS_LAST = 2, /* it sorts behind everything in the store */
};

/* struct lists - the open store; at most one transaction at a time */
struct lists {
	struct store store;
	char *dir;
	unsigned catalog, headers, subs, meta, commands;
	int empty;
};

/* struct list - one list
 *
 * name    in upper case, NUL-terminated
 * id      its number, never used for another list
 * subscribers, mail
 *         how many there are, and how many of them have MAIL: exactly
 * changes grows whenever a subscriber changes
 * created local day as a number, 20261122
 */
struct list {
	char name[LIST_NAME_MAX + 1];
	uint32_t id;
	uint64_t subscribers, mail, changes;
	uint32_t created;
};

/* struct subscriber - one subscriber
 *
 * addr    in normal form, spelled as when subscribed
 * name    full name, may be empty; at most ADDR_NAME_MAX bytes
 * key     addr_key() of it; for lists_put it may be left empty
 * options bits of enum suboption
 * day     of subscription, a local day as a number, 20261122
 */
struct subscriber {
	struct bytes addr, name, key;
	uint32_t options;
	uint32_t day;
};

/* struct lists_walk - a place in a list
 *
 * All of it is not for the caller.
 */
struct lists_walk {
	struct lists *l;
	struct store_cursor c;
	unsigned char prefix[4];
	struct bytes key, value;
	stralloc addr;
	int all, have;
};

/* lists_open - open the store
 *
 * l       overwritten
 * dir     an existing directory, normally root_lib() "/" LISTS_DIR
 * mode    STORE_READ, STORE_WRITE (makes it), or STORE_BULK to put very many
 *         subscribers; see lists_expect
 * Returns 0; -1 with the errno of store_open: ENOENT when nothing was made yet
 */
int lists_open(struct lists *l, const char *dir, int mode);

/* lists_close - drop the transaction, if any, and close */
void lists_close(struct lists *l);

/* lists_expect - how many will be put with STORE_BULK; before lists_begin
 *
 * bytes   of their keys, addresses and names together
 */
void lists_expect(struct lists *l, uint64_t subscribers, uint64_t bytes);

/* lists_begin, lists_end - a transaction, as store_begin and store_end
 *
 * What the other functions give stays valid until its end, at most.
 */
int lists_begin(struct lists *l, int write);
int lists_end(struct lists *l, int keep);

/* lists_find - look a list up
 *
 * name    len bytes in any case
 * Returns 1; 0 absent; -1 with errno (EIO when its facts are damaged)
 */
int lists_find(struct lists *l, struct list *out, const char *name, size_t len);

/* lists_after - the next list by name
 *
 * out     its name, "" for the first list, says where; receives the next one
 * Returns 1; 0 when that was the last; -1 with errno
 */
int lists_after(struct lists *l, struct list *out);

/* lists_create - make a list
 *
 * out     the new list
 * name    checked by listtab_name_ok
 * header  checked by listhdr_parse
 * day     today
 * Returns 1; 0 when there is one of that name; -1 with errno
 */
int lists_create(struct lists *l, struct list *out, struct bytes name,
    struct bytes header, uint32_t day);

/* lists_delete - remove a list and its subscribers
 *
 * Returns 0; -1 with errno
 */
int lists_delete(struct lists *l, const struct list *list);

/* lists_header, lists_header_put - the header of a list
 *
 * Returns 0; -1 with errno (EIO when a list has none)
 */
int lists_header(struct lists *l, const struct list *list, struct bytes *text);
int lists_header_put(
    struct lists *l, const struct list *list, struct bytes text);

/* lists_get - is an address subscribed
 *
 * out     the subscriber, its key empty
 * room    holds out->addr; reused
 * addr    len bytes in normal form, in any case
 * Returns 1; 0 absent; -1 with errno
 */
int lists_get(struct lists *l, const struct list *list, struct subscriber *out,
    stralloc *room, const char *addr, size_t len);

/* lists_put - add or change a subscriber
 *
 * list    its counts are changed; after all changes call lists_save once
 * s       what to store
 * flags   0 replaces, or LISTS_NEW, and LISTS_LAST
 * Returns 1; 0 with LISTS_NEW when subscribed already; -1 with errno
 */
int lists_put(
    struct lists *l, struct list *list, const struct subscriber *s, int flags);

/* lists_remove - remove a subscriber
 *
 * list    as in lists_put
 * Returns 1; 0 absent; -1 with errno
 */
int lists_remove(
    struct lists *l, struct list *list, const char *addr, size_t len);

/* lists_save - record the counts of a list whose subscribers changed
 *
 * Returns 0; -1 with errno
 */
int lists_save(struct lists *l, const struct list *list);

/* lists_above - would this key be the last one of the store
 *
 * Returns 1 or 0; -1 with errno
 */
int lists_above(struct lists *l, const struct list *list, struct bytes key);

/* lists_walk_begin - walk over the subscribers, sorted by reversed domain
 *
 * A long walk is made of short transactions: remember the key of the last
 * subscriber, end, begin again behind it. Who is added or removed in between
 * is seen when he sorts behind that key.
 * w       overwritten; end it with lists_walk_end before the transaction ends
 * list    of this transaction
 * after   the key to begin behind, length 0 for the first
 * all     1 all subscribers, 0 only those with MAIL
 * Returns 0; -1 with errno
 */
int lists_walk_begin(struct lists_walk *w, struct lists *l,
    const struct list *list, struct bytes after, int all);

/* lists_walk_next - the next one
 *
 * out     valid until the next call; its key is to remember, not to keep
 * Returns 1; 0 at the end; -1 with errno (EIO when a subscriber is damaged)
 */
int lists_walk_next(struct lists_walk *w, struct subscriber *out);

/* lists_walk_end - end the walk */
void lists_walk_end(struct lists_walk *w);

/* lists_command_put - record that the commands of a message were executed
 *
 * In the writing transaction that has their effects.
 * id      of the message, NUL-terminated
 * Returns 0; -1 with errno
 */
int lists_command_put(struct lists *l, const char *id);

/* lists_command_done - was that recorded; in a writing transaction
 *
 * Returns 1; 0 not; -1 with errno
 */
int lists_command_done(struct lists *l, const char *id);

/* lists_command_forget - drop the records of messages whose files are gone
 *
 * In a writing transaction.
 * gone    is the file of that ID gone, for good: 1; 0; -1 with errno
 * Returns 0; -1 with errno
 */
int lists_command_forget(
    struct lists *l, int (*gone)(void *arg, const char *id), void *arg);

/* lists_edition - the number of this state of the catalog and the headers
 *
 * Returns 0; -1 with errno
 */
int lists_edition(struct lists *l, uint64_t *n);

#endif
