/* subscribe.c - SUBSCRIBE and SIGNOFF */
#include "cmd/lsv-command/command.h"
#include "lib/addrlist.h"
#include "lib/clock.h"
#include "lib/filter.h"
#include "lib/logline.h"
#include "lib/num.h"
#include "lib/suboptions.h"
#include "lib/utf8.h"

static void
report(const struct command_context *c, const char *event,
    const struct the_list *l)
{
	struct logline line;

	log_begin(&line, c->id, event);
	log_z(&line, "list", l->list.name);
	log_s(&line, "address", c->sender.s, c->sender.len);
	log_end(&line);
}

/* --- SUBSCRIBE ------------------------------------------------------------------- */

/* struct wish - what SUBSCRIBE says besides the list */
struct wish {
	struct bytes name;
	int conceal;
};

/* A name that can be stored: whole characters, no controls, not too long. */
static struct bytes
fit_name(struct bytes name)
{
	size_t at = 0, n;
	uint32_t code;

	while (at < name.len) {
		n = utf8_get(&code, name.s + at, name.len - at);
		if (n == 0 || code < 32 || code == 127 ||
		    at + n > ADDR_NAME_MAX)
			break;
		at += n;
	}
	name.len = at;
	return cmd_trim(name);
}

static struct wish
wish_of(const struct command_context *c, struct bytes args)
{
	struct wish w = {.name = cmd_trim(args)};

	if (bytes_same(w.name, "ANONYMOUS")) {
		w.conceal = 1;
		w.name.len = 0;
	} else if (w.name.len == 0) {
		w.name = c->name;
	}
	w.name = fit_name(w.name);
	return w;
}

static uint32_t
today(const struct command_context *c)
{
	char day[CLOCK_DAY_LEN + 1];
	uint64_t n = 0;

	clock_day(day, c->now_us);
	num_u64(&n, day, CLOCK_DAY_LEN, UINT32_MAX);
	return (uint32_t)n;
}

static int
add(struct command_context *c, struct the_list *l, const struct wish *w)
{
	struct subscriber s = {.addr = c->sender,
	    .name = w->name,
	    .options = l->hdr.options | (w->conceal ? SUB_CONCEAL : 0),
	    .day = today(c)};

	if (lists_put(c->lists, &l->list, &s, LISTS_NEW) < 0 ||
	    lists_save(c->lists, &l->list) < 0)
		return -1;
	report(c, "subscribed", l);
	if (say_you(c, "You have", "has") < 0 ||
	    say(c, " been added to the %s list.\n", l->list.name) < 0)
		return -1;
	return welcome_mail(c, l);
}

/* He is there already: SUBSCRIBE changes his name. */
static int
change(struct command_context *c, struct the_list *l, struct subscriber *s,
    const struct wish *w)
{
	s->options |= w->conceal ? SUB_CONCEAL : 0;
	if (w->name.len)
		s->name = w->name;
	s->key.len = 0;
	if (lists_put(c->lists, &l->list, s, 0) < 0 ||
	    lists_save(c->lists, &l->list) < 0 ||
	    say_you(c, "You are", "is") < 0)
		return -1;
	return say(c,
	    " already subscribed to the %s list; the name has been "
	    "updated.\n",
	    l->list.name);
}

/* --- who may not ------------------------------------------------------------------ */

/* Filter= counts for those who join as well: 1; 0; -1. */
static int
is_filtered(struct command_context *c, const struct the_list *l)
{
	struct spamset none = {0}, deny = {0}, allow = {0};
	struct filter f = {.site_also = &none,
	    .site_allow = &none,
	    .how = l->hdr.filter,
	    .deny = &deny,
	    .allow = &allow,
	    .safe = l->hdr.unsafe};
	stralloc lower = {0};
	int r = sa_put(&lower, c->sender.s, c->sender.len);

	if (r == 0) {
		case_lowerb(lower.s, lower.len);
		r = spamset_seal(&none);
	}
	if (r == 0 && filter_load(&deny, &l->hdr.filter_deny) == 0 &&
	    filter_load(&allow, &l->hdr.filter_allow) == 0)
		r = filter_address(&f, (struct bytes){lower.s, lower.len}) !=
		    FILTER_PASSES;
	else
		r = -1;
	spamset_free(&none);
	spamset_free(&deny);
	spamset_free(&allow);
	sa_free(&lower);
	return r;
}

static int
refuse(struct command_context *c, const struct the_list *l, const char *why)
{
	if (say(c, "You cannot join the %s list: %s.\n\n", l->list.name, why) <
	    0)
		return -1;
	return say_contacts(c, &l->hdr);
}

/* --- the order of questions -------------------------------------------------------- */

static int
put_command(stralloc *out, const struct the_list *l, const struct wish *w)
{
	if (sa_puts(out, "SUBSCRIBE ") < 0 || sa_puts(out, l->list.name) < 0 ||
	    sa_puts(out, " ") < 0)
		return -1;
	return w->conceal ? sa_puts(out, "ANONYMOUS")
			  : sa_put(out, w->name.s, w->name.len);
}

/* One more question: to who gave the command, or to the owners. */
static int
ask(struct command_context *c, struct the_list *l, const struct wish *w,
    int owners)
{
	stralloc text = {0};
	struct bytes command;
	int r = put_command(&text, l, w);

	command = (struct bytes){text.s, text.len};
	if (r == 0)
		r = owners ? confirm_approve(c, l, command)
			   : confirm_ask(c, bytes_z(l->list.name),
				 list_pool(c, l), command, command);
	sa_free(&text);
	return r;
}

static int
join(struct command_context *c, struct the_list *l, const struct wish *w)
{
	const struct listhdr *h = &l->hdr;
	int filtered;

	if (h->subscription == SUBSCRIPTION_CLOSED && !c->postmaster &&
	    !who_is_owner(c, h))
		return refuse(c, l, "it is closed to new subscriptions");
	filtered = is_filtered(c, l);
	if (filtered != 0)
		return filtered < 0
		    ? -1
		    : refuse(c, l, "it does not take your address");
	if (!c->confirmed &&
	    (c->request || h->subscription_confirm || list_validates(l, 1)))
		return ask(c, l, w, 0);
	if (h->subscription == SUBSCRIPTION_BY_OWNER && !c->approved)
		return ask(c, l, w, 1);
	return add(c, l, w);
}

int
command_subscribe(struct command_context *c, struct bytes args)
{
	struct the_list l;
	struct subscriber s;
	struct wish w;
	stralloc room = {0};
	int r = list_take(c, &args, &l);

	if (r != 1)
		return r;
	w = wish_of(c, args);
	r = list_member(c, &l, &s, &room);
	if (r >= 0)
		r = r == 1 ? change(c, &l, &s, &w) : join(c, &l, &w);
	sa_free(&room);
	list_free(&l);
	return r;
}

/* --- SIGNOFF ------------------------------------------------------------------------ */

static int
remove_member(struct command_context *c, struct the_list *l)
{
	if (lists_remove(c->lists, &l->list, c->sender.s, c->sender.len) < 0 ||
	    lists_save(c->lists, &l->list) < 0)
		return -1;
	report(c, "signed-off", l);
	if (say(c, "You have been removed from the %s list.\n", l->list.name) <
	    0)
		return -1;
	return farewell_mail(c, l);
}

static int
leave(struct command_context *c, struct the_list *l)
{
	stralloc text = {0};
	struct bytes command;
	int r;

	if (c->confirmed || (!c->request && !list_validates(l, 0)))
		return remove_member(c, l);
	r = sa_puts(&text, "SIGNOFF ") < 0 || sa_puts(&text, l->list.name) < 0
	    ? -1
	    : 0;
	command = (struct bytes){text.s, text.len};
	if (r == 0)
		r = confirm_ask(c, bytes_z(l->list.name), list_pool(c, l),
		    command, command);
	sa_free(&text);
	return r;
}

static int
leave_if_member(struct command_context *c, struct the_list *l, unsigned *n)
{
	struct subscriber s;
	stralloc room = {0};
	int r = list_member(c, l, &s, &room);

	sa_free(&room);
	if (r != 1)
		return r;
	++*n;
	return leave(c, l);
}

static int
leave_all(struct command_context *c)
{
	struct list at = {.name = ""};
	struct the_list l;
	unsigned n = 0;
	int r;

	while ((r = lists_after(c->lists, &at)) == 1) {
		r = list_open(c, bytes_z(at.name), &l);
		if (r != 1)
			return -1;
		r = leave_if_member(c, &l, &n);
		list_free(&l);
		if (r < 0)
			return -1;
	}
	if (r < 0 || n)
		return r;
	return say(c, "You are not subscribed to any list of this server.\n");
}

int
command_signoff(struct command_context *c, struct bytes args)
{
	struct bytes rest = args;
	struct the_list l;
	unsigned n = 0;
	int r;

	if (bytes_eq(cmd_word(&rest), "*"))
		return leave_all(c);
	r = list_take(c, &args, &l);
	if (r != 1)
		return r;
	r = leave_if_member(c, &l, &n);
	if (r == 0 && n == 0)
		r = say(c,
		    "You are not subscribed to the %s list.  If it still "
		    "comes to you, it knows you\nunder another address: send "
		    "the command from there.\n",
		    l.list.name);
	list_free(&l);
	return r;
}
