/* pw.c - PW: the personal password of a sender
 *
 * From can be forged, so nothing is done before its owner confirmed it, or has
 * given the password that he has.  What waits for confirmation is the record of
 * the new password and not the password.
 */
#include <stdio.h>

#include "cmd/lsv-command/command.h"
#include "lib/addr.h"
#include "lib/password.h"

static int
record_put(struct command_context *c, struct bytes record, const char *done)
{
	stralloc key = {0};
	struct bytes k;
	int r = addr_key(&key, c->sender.s, c->sender.len);

	k = (struct bytes){key.s, key.len};
	if (r == 0)
		r = record.len ? memory_put(c->memory, MEMORY_PASSWORDS, k,
				     MEMORY_FOREVER, record)
			       : memory_del(c->memory, MEMORY_PASSWORDS, k);
	sa_free(&key);
	return r < 0 ? -1 : say(c, "Your password has been %s.\n", done);
}

/* 1 when there is one; 0; -1. */
static int
has_one(struct command_context *c)
{
	stralloc key = {0};
	struct bytes value;
	int r = addr_key(&key, c->sender.s, c->sender.len);

	if (r == 0)
		r = memory_get(c->memory, MEMORY_PASSWORDS,
		    (struct bytes){key.s, key.len}, c->now_us, &value);
	sa_free(&key);
	return r;
}

static int
ask(struct command_context *c, const char *verb, struct bytes record)
{
	stralloc text = {0}, shown = {0};
	int r = -1;

	if (sa_puts(&text, "PW ") == 0 && sa_puts(&text, verb) == 0 &&
	    sa_puts(&text, " ") == 0 &&
	    sa_put(&text, record.s, record.len) == 0 &&
	    sa_puts(&shown, "PW ") == 0 && sa_puts(&shown, verb) == 0 &&
	    (record.len == 0 || sa_puts(&shown, " ********") == 0))
		r = confirm_ask(c, (struct bytes){"", 0}, '-',
		    (struct bytes){text.s, text.len},
		    (struct bytes){shown.s, shown.len});
	sa_free(&text);
	sa_free(&shown);
	return r;
}

/* The words behind ADD and CHANGE: 1 with the record of the new password, and
 * the old one if it was given; 0, and he is told; -1. */
static int
take_new(struct command_context *c, struct bytes args, stralloc *record,
    struct bytes *old)
{
	struct bytes rest, word;
	int r;

	old->len = 0;
	cmd_take_option(&args, "PW", old, &rest);
	word = cmd_word(&args);
	if (word.len < PASSWORD_MIN || word.len > PASSWORD_MAX || args.len ||
	    rest.len)
		return say(c,
		    "A password has %d to %d letters, digits and signs, and "
		    "no blanks.\n",
		    (int)PASSWORD_MIN, (int)PASSWORD_MAX);
	r = who_may_hash(c);
	if (r != 1)
		return r;
	return password_make(record, word) < 0 ? -1 : 1;
}

static int
add(struct command_context *c, struct bytes args)
{
	stralloc record = {0};
	struct bytes old;
	int r;

	if (c->confirmed)
		return record_put(c, args, "added");
	r = has_one(c);
	if (r == 1)
		return say(c,
		    "You have a password already.  PW CHANGE newpw changes "
		    "it.\n");
	if (r == 0)
		r = take_new(c, args, &record, &old);
	if (r == 1)
		r = ask(c, "ADD", (struct bytes){record.s, record.len});
	sa_free(&record);
	return r;
}

static int
change(struct command_context *c, struct bytes args)
{
	stralloc record = {0};
	struct bytes old, new;
	int r;

	if (c->confirmed)
		return record_put(c, args, "changed");
	r = take_new(c, args, &record, &old);
	new = (struct bytes){record.s, record.len};
	if (r == 1 && old.len) {
		r = who_password(c, old);
		if (r == 1)
			r = record_put(c, new, "changed");
	} else if (r == 1) {
		r = ask(c, "CHANGE", new);
	}
	sa_free(&record);
	return r;
}

static int
reset(struct command_context *c)
{
	return c->confirmed ? record_put(c, (struct bytes){"", 0}, "removed")
			    : ask(c, "RESET", (struct bytes){"", 0});
}

int
command_pw(struct command_context *c, struct bytes args)
{
	struct bytes verb = cmd_word(&args);

	if (bytes_same(verb, "ADD"))
		return add(c, args);
	if (bytes_same(verb, "CHANGE"))
		return change(c, args);
	if (bytes_same(verb, "RESET"))
		return reset(c);
	return say(
	    c, "PW ADD newpw, PW CHANGE newpw [PW=oldpw], or PW RESET?\n");
}
