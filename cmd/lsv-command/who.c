#include <errno.h>

#include "cmd/lsv-command/command.h"
#include "lib/addrlist.h"
#include "lib/carrier.h"
#include "lib/password.h"
#include "lib/verdict.h"

/* --- who sent it --------------------------------------------------------------- */

int
who_is_list(struct command_context *c, struct bytes address)
{
	size_t at = addr_at(address.s, address.len);
	struct listtab_address a;
	stralloc detail = {0};
	struct list list;
	int r;

	if (at == address.len ||
	    !site_serves(c->site,
		(struct bytes){address.s + at + 1, address.len - at - 1}))
		return 0;
	r = listtab_classify(&a, &detail, address.s, at);
	sa_free(&detail);
	if (r != 1 || a.class != CLASS_POST)
		return r;
	return lists_find(c->lists, &list, a.list, strlen(a.list));
}

/* The rules of lsv-score. */
int
who_robot(struct command_context *c, struct bytes address, const char **why)
{
	struct verdict_in in = {.facts = &c->facts, .sender = address};

	in.sender_ours = who_is_list(c, address);
	if (in.sender_ours < 0)
		return -1;
	*why = verdict_unanswerable(&in);
	return 0;
}

/* For the envelope and for From. */
static int
find_robot(struct command_context *c)
{
	if (who_robot(c, c->head.from, &c->robot) < 0)
		return -1;
	return c->robot ? 0 : who_robot(c, c->sender, &c->robot);
}

static int
is_postmaster(const struct command_context *c)
{
	const struct site_person *p = c->site->postmaster;

	for (size_t i = 0; i < c->site->npostmaster; i++)
		if (addr_same(p[i].address, strlen(p[i].address), c->sender.s,
			c->sender.len))
			return 1;
	return 0;
}

/* Servers send as LISTSERV; others at such a host are people. */
static int
is_peer(const struct command_context *c)
{
	size_t at = addr_at(c->sender.s, c->sender.len);

	return bytes_same((struct bytes){c->sender.s, at}, "listserv") &&
	    site_trusts(c->site, c->sender);
}

int
who_find(struct command_context *c)
{
	const struct carrier *from = c->carrier;

	c->sender = (struct bytes){from->origin.s, from->origin.len};
	c->name = (struct bytes){from->name.s, from->name.len};
	if (c->name.len > ADDR_NAME_MAX)
		c->name.len = 0;
	c->postmaster = is_postmaster(c);
	c->peer = is_peer(c);
	return find_robot(c);
}

int
who_is_listed(const struct command_context *c, const stralloc *addresses)
{
	struct bytes item;
	size_t at = 0;

	while (listhdr_next(addresses, &at, &item))
		if (addr_same(item.s, item.len, c->sender.s, c->sender.len))
			return 1;
	return 0;
}

int
who_is_owner(const struct command_context *c, const struct listhdr *h)
{
	return who_is_listed(c, &h->owners) ||
	    who_is_listed(c, &h->quiet_owners);
}

/* --- rights -------------------------------------------------------------------- */

static int
has_rights(
    struct command_context *c, enum cmd_rights rights, const struct the_list *l)
{
	struct subscriber s;
	stralloc room = {0};
	int r;

	if (who_is_owner(c, &l->hdr))
		return 1;
	if (rights != CMD_SUBSCRIBER)
		return 0;
	r = list_member(c, l, &s, &room);
	sa_free(&room);
	return r;
}

int
who_may(struct command_context *c, enum cmd_rights rights, struct bytes args)
{
	struct the_list l;
	int r;

	if (rights == CMD_ANYONE || c->postmaster)
		return 1;
	if (rights == CMD_POSTMASTER)
		return say(c, "Only the postmaster may do that.\n");
	r = list_take(c, &args, &l);
	if (r != 1)
		return r;
	r = has_rights(c, rights, &l);
	if (r == 0)
		r = say(c, "Only %s of the %s list may do that.\n",
		    rights == CMD_OWNER ? "owners" : "subscribers",
		    l.list.name);
	list_free(&l);
	return r;
}

/* --- passwords and cookies ------------------------------------------------------ */

int
who_tries(struct command_context *c)
{
	uint64_t n;

	if (memory_counted(c->memory, MEMORY_WRONG, c->sender, c->now_us, &n) <
	    0)
		return -1;
	if (n < COMMAND_TRIES_MAX)
		return 1;
	return say(c,
	    "There were too many wrong passwords or codes from your "
	    "address today.\nNone is accepted until tomorrow.\n");
}

int
who_wrong(struct command_context *c)
{
	uint64_t n;

	return memory_count(c->memory, MEMORY_WRONG, c->sender, c->now_us, &n);
}

int
who_may_hash(struct command_context *c)
{
	if (c->hashed++ < COMMAND_HASHES_MAX)
		return 1;
	return say(c, "There are too many passwords in your message.\n");
}

int
who_password(struct command_context *c, struct bytes password)
{
	stralloc key = {0};
	struct bytes record = {"", 0};
	int r = who_tries(c);

	if (r == 1)
		r = who_may_hash(c);
	if (r != 1)
		return r;
	r = addr_key(&key, c->sender.s, c->sender.len);
	if (r == 0)
		r = memory_get(c->memory, MEMORY_PASSWORDS,
		    (struct bytes){key.s, key.len}, c->now_us, &record);
	if (r == 0)
		record.len = 0;
	if (r >= 0)
		r = password_check(record, password);
	sa_free(&key);
	if (r != 0)
		return r;
	/* the same for those that have none */
	return who_wrong(c) < 0 ? -1
				: say(c, "Wrong password for your address.\n");
}
