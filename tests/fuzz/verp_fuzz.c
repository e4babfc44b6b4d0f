/* Any text as the local part of an address: when it names a recipient, the
 * sender made for that recipient names it again.  Any text as a recipient: a
 * sender that was made has one line and says the list. */
#include <stdint.h>

#include "lib/addr.h"
#include "lib/verp.h"
#include "tests/fuzz/fuzz.h"

static void
make_again(const stralloc *list, const stralloc *rcpt)
{
	stralloc owner = {0}, sender = {0}, list2 = {0}, rcpt2 = {0};
	size_t at;

	must(sa_puts(&owner, "owner-") == 0);
	must(sa_put(&owner, list->s, list->len) == 0);
	must(sa_puts(&owner, "@example.org") == 0);
	if (verp_sender(&sender, owner.s, owner.len, rcpt->s, rcpt->len) == 0) {
		at = addr_at(sender.s, sender.len);
		must(sender.len - at == 12);
		must(verp_parse(&list2, &rcpt2, sender.s, at) == 1);
		must(list->len == list2.len && rcpt->len == rcpt2.len);
		must(memcmp(list->s, list2.s, list->len) == 0);
		must(memcmp(rcpt->s, rcpt2.s, rcpt->len) == 0);
	}
	sa_free(&owner);
	sa_free(&sender);
	sa_free(&list2);
	sa_free(&rcpt2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	stralloc list = {0}, rcpt = {0}, sender = {0};

	if (verp_parse(&list, &rcpt, s, size) == 1) {
		must(list.len > 0 && rcpt.len > 2);
		make_again(&list, &rcpt);
	}
	if (verp_sender(&sender, "owner-x@h", 9, s, size) == 0) {
		must(sender.len <= VERP_MAX);
		for (size_t i = 0; i < sender.len; i++)
			must((unsigned char)sender.s[i] >= 32);
	}
	sa_free(&list);
	sa_free(&rcpt);
	sa_free(&sender);
	return 0;
}
