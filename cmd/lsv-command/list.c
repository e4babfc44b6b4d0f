#include <errno.h>

#include "cmd/lsv-command/command.h"

void
list_free(struct the_list *l)
{
	listhdr_free(&l->hdr);
}

int
list_open(struct command_context *c, struct bytes name, struct the_list *l)
{
	struct where w;
	int r;

	*l = (struct the_list){.text = {"", 0}};
	c->work += COMMAND_WORK_LIST;
	r = lists_find(c->lists, &l->list, name.s, name.len);
	if (r != 1)
		return r;
	if (lists_header(c->lists, &l->list, &l->text) < 0)
		return -1;
	if (listhdr_parse(&l->hdr, l->text.s, l->text.len, &w) < 0) {
		list_free(l);
		errno = EIO;
		return -1;
	}
	if (sa_0(&l->hdr.host) == 0)
		return 1;
	list_free(l);
	return -1;
}

int
list_take(struct command_context *c, struct bytes *args, struct the_list *l)
{
	struct bytes name = cmd_word(args);
	int r;

	if (name.len == 0)
		name = c->head.list;
	if (name.len == 0)
		return say(c, "The name of a list is missing.\n");
	r = list_open(c, name, l);
	if (r != 0)
		return r;
	return say(c, "List \"") < 0 || say_s(c, name) < 0
	    ? -1
	    : say(c,
		  "\" is unknown to this server.  LISTS prints the lists "
		  "that there are.\n");
}

int
list_member(struct command_context *c, const struct the_list *l,
    struct subscriber *s, stralloc *room)
{
	return lists_get(
	    c->lists, &l->list, s, room, c->sender.s, c->sender.len);
}

char
list_pool(const struct command_context *c, const struct the_list *l)
{
	return l->hdr.pool_admin ? l->hdr.pool_admin : c->site->pool_admin;
}

int
list_validates(const struct the_list *l, int all)
{
	return l->hdr.validate >= (all ? VALIDATE_ALL : VALIDATE_YES);
}

int
list_visible(struct command_context *c, const struct the_list *l)
{
	struct subscriber s;
	stralloc room = {0};
	int r;

	if (!l->hdr.confidential || c->postmaster || who_is_owner(c, &l->hdr))
		return 1;
	r = list_member(c, l, &s, &room);
	sa_free(&room);
	return r;
}
