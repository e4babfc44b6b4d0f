/* spamlist.h - the four white and blacklists, and what each is called where */
#ifndef LSV_SPAMLIST_H
#define LSV_SPAMLIST_H

#define SPAM_LIST_DIR "spam" /* of the tables, below root_lib() */

enum spam_list {
	SPAM_WHITELIST_FROM,
	SPAM_WHITELIST_TO,
	SPAM_BLACKLIST_FROM,
	SPAM_BLACKLIST_TO,
	SPAM_LISTS,
};

/* spam_list_name - for logs and JSON: "whitelist_from", ... */
const char *spam_list_name(enum spam_list list);

/* spam_list_variable - of its entries: "SPAM_WHITELIST_FROM", ... */
const char *spam_list_variable(enum spam_list list);

/* spam_list_text - the variable that names the text with more of them:
 * "SPAM_WHITELIST_FROM_TABLE", ... */
const char *spam_list_text(enum spam_list list);

/* spam_list_table - the table made of that text, below root_lib():
 * "spam/whitelist-from.cdb", ... */
const char *spam_list_table(enum spam_list list);

#endif
