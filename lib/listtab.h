/* listtab.h - names of lists, the addresses made of them, and the compiled
 * table that tells which exist
 *
 * What the MTA's entry needs, and so nothing here opens the store of lists.
 *
 * $LSV_LIB/lists/lists.cdb holds for each list, under its name in lower case:
 *
 *	2 BYTES LINES SEND FLAGS MINUTES NAME
 *
 * BYTES and LINES are 20 digits, the list's Sizelim= or 0 where it says
 * nothing; SEND is one letter (enum listtab_send); FLAGS is "-" or a letter for
 * each fact that is true; MINUTES are 5 digits, of Spam-Delay(n); NAME is in
 * upper case.  Version 1, without FLAGS and MINUTES, is read as well.
 * Under the key "!edition", which is no name of a list, stands "2 N": N is the
 * decimal number of the state of the store it was made from.
 */
#ifndef LSV_LISTTAB_H
#define LSV_LISTTAB_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/loopcheck.h"
#include "lib/ofat.h"
#include "lib/spoolfile.h"
#include "lib/table.h"
#include "lib/where.h"

#define LISTTAB_FILE "lists.cdb"
#define LISTTAB_EDITION "!edition"
#define LISTTAB_VERSION "2 " /* before the number of the edition */

enum {
	LIST_NAME_MAX = 64,      /* bytes of a name */
	LISTTAB_VALUE_MAX = 160, /* bytes of a value */
};

/* Who may post, as far as it is a matter of one letter. */
enum listtab_send {
	LISTTAB_PUBLIC = 'P',
	LISTTAB_PRIVATE = 'M', /* members, that is subscribers */
	LISTTAB_OWNER = 'O',
	LISTTAB_CLOSED = 'C',
};

/* struct listtab - what the table says about one list
 *
 * name    in upper case, NUL-terminated
 * bytes, lines  of the largest posting, 0 where the list sets no limit
 * send    who may post
 * loop    Loopcheck=, as the header has it: when LOOP_GIVEN is not set, the
 *         site's DEFAULT_LOOPCHECK counts
 * filter  1: there is a Filter=, and the header has its patterns
 * unsafe  1: Safe= No
 * no_spam_check  1: Misc-Options= NO_SPAM_CHECK
 * old     1: of version 1, and loop and what follows it are not known
 */
struct listtab {
	char name[LIST_NAME_MAX + 1];
	uint64_t bytes, lines;
	enum listtab_send send;
	struct loopcheck loop;
	int filter, unsafe, no_spam_check;
	int old;
};

/* struct listtab_address - what a local part asks for
 *
 * class   CLASS_POST, CLASS_COMMAND or CLASS_BOUNCE
 * form    "" for a posting; listserv, request, subscribe, unsubscribe,
 *         signoff, server; owner, verp, probe
 * list    name in upper case; "" when it is an address of the server itself
 *         (listserv, listserv-request, owner-listserv)
 */
struct listtab_address {
	enum spool_class class;
	const char *form;
	char list[LIST_NAME_MAX + 1];
};

/* listtab_name_ok - may a list have this name
 *
 * A to Z (in any case), 0 to 9, '-', '_', '.', the first a letter or a digit,
 * the last no dot, no two dots together, at most LIST_NAME_MAX bytes; and not
 * a name that is, or makes, an address of the server, of another list or of
 * the mail system.
 * s, len  any bytes
 * Returns 0; -1 with w set
 */
int listtab_name_ok(const char *s, size_t len, struct where *w);

/* listtab_upper - a name as people see it
 *
 * out     LIST_NAME_MAX + 1 bytes, NUL-terminated
 * s, len  at most LIST_NAME_MAX bytes
 */
void listtab_upper(char *out, const char *s, size_t len);

/* listtab_key - a name as tables have it, in lower case
 *
 * out     LIST_NAME_MAX bytes
 * s, len  at most LIST_NAME_MAX bytes
 * Returns the bytes in out
 */
struct bytes listtab_key(char *out, const char *s, size_t len);

/* listtab_classify - what mail to a local part is, from its form alone
 *
 * Whether the list exists is another question: listtab_lookup.
 * detail  replaced by the subscriber that a VERP or probe address names, in
 *         the normal form of addr_spec; else empty
 * local   len bytes in front of the '@', in any case, of any length
 * Returns 1; 0 when no list can have such an address; -1 with errno ENOMEM
 * Source  design of the addresses: lsv-inject(8); owner-LIST+user=domain is
 *         the VERP of Postfix, owner-LIST*user**domain the probe of LISTSERV
 */
int listtab_classify(
    struct listtab_address *a, stralloc *detail, const char *local, size_t len);

/* listtab_value - the text that stands under a name
 *
 * out     LISTTAB_VALUE_MAX bytes, NUL-terminated
 * Returns its length
 */
size_t listtab_value(char *out, const struct listtab *l);

/* listtab_lookup - does a list exist
 *
 * t       an open lists.cdb
 * name    len bytes in any case, as in struct listtab_address
 * Returns 1; 0 absent; -1 with errno EPROTO when the table is damaged
 */
int listtab_lookup(
    struct listtab *out, const struct table *t, const char *name, size_t len);

#endif
