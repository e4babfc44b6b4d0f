#include "lib/spamlist.h"

static const struct {
	const char *name, *variable, *text, *table;
} lists[SPAM_LISTS] = {
    [SPAM_WHITELIST_FROM] = {"whitelist_from", "SPAM_WHITELIST_FROM",
	"SPAM_WHITELIST_FROM_TABLE", SPAM_LIST_DIR "/whitelist-from.cdb"},
    [SPAM_WHITELIST_TO] = {"whitelist_to", "SPAM_WHITELIST_TO",
	"SPAM_WHITELIST_TO_TABLE", SPAM_LIST_DIR "/whitelist-to.cdb"},
    [SPAM_BLACKLIST_FROM] = {"blacklist_from", "SPAM_BLACKLIST_FROM",
	"SPAM_BLACKLIST_FROM_TABLE", SPAM_LIST_DIR "/blacklist-from.cdb"},
    [SPAM_BLACKLIST_TO] = {"blacklist_to", "SPAM_BLACKLIST_TO",
	"SPAM_BLACKLIST_TO_TABLE", SPAM_LIST_DIR "/blacklist-to.cdb"},
};

const char *
spam_list_name(enum spam_list list)
{
	return lists[list].name;
}

const char *
spam_list_variable(enum spam_list list)
{
	return lists[list].variable;
}

const char *
spam_list_text(enum spam_list list)
{
	return lists[list].text;
}

const char *
spam_list_table(enum spam_list list)
{
	return lists[list].table;
}
