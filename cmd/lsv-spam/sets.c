/* from the configuration, in force or in a file, to lists that can be asked */
#include "cmd/lsv-spam/sets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cmd/lsv-spam/say.h"
#include "lib/fio.h"
#include "lib/lines.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/siteneed.h"
#include "lib/sitetry.h"
#include "lib/sitevalue.h"

/* The entries of a variable, which were checked when it was. */
static void
add_entries(struct sets *s, enum spam_list list)
{
	const char *text = s->site.spam_list[list];
	size_t at = 0, entry, n, len = strlen(text);
	struct where w;

	while ((n = sitevalue_item(text, len, &at, &entry)) != 0)
		if (spamset_add(&s->set[list], text + entry, n, &w) < 0)
			msg_warn(spam_list_variable(list), ": ", w.why,
			    "; the entry is left out");
}

/* The table that lsv-table made; without it the rest still is worth asking. */
static void
open_table(struct sets *s, enum spam_list list)
{
	stralloc path = {0};

	if (root_path(&path, root_lib(), spam_list_table(list)) < 0)
		say_no_memory();
	if (spamset_table(&s->set[list], path.s) == 0)
		; /* all is well */
	else if (errno == ENOENT)
		msg_warn(spam_list_text(list), ": there is no ", path.s,
		    " (lsv-table spam makes it)");
	else if (errno == EPROTO)
		msg_warn(path.s, " is damaged (lsv-table spam makes it)");
	else
		msg_warnsys("unable to open ", path.s);
	sa_free(&path);
}

/* An entry of the text of a list; a bad one ends the program, as lsv-table would
 * not make a table of it. */
static void
add_line(struct sets *s, enum spam_list list, uint64_t n, const char *line,
    size_t len)
{
	struct bytes entry = spam_entry_of_line(line, len);
	struct where w = {0, LINES_WHY};
	stralloc number = {0};

	if (len <= LINES_MAX &&
	    (entry.len == 0 ||
		spamtab_add(&s->set[list].building, entry.s, entry.len,
		    (uint32_t)n, &w) == 0))
		return;
	if (sa_addu(&number, n) < 0 || sa_0(&number) < 0)
		say_no_memory();
	msg_die(LSV_PERM, s->site.spam_table[list], ":", number.s, ": ", w.why);
}

/* The text of a list as it is now, read with the rights of who runs this. */
static void
add_text(struct sets *s, enum spam_list list)
{
	static struct lines l;
	const char *path = s->site.spam_table[list], *line;
	size_t len;
	int r;

	memset(&l, 0, offsetof(struct lines, buf));
	l.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (l.fd < 0)
		msg_diesys(LSV_PERM, "unable to open ", path);
	while ((r = lines_next(&l, &line, &len)) > 0)
		add_line(s, list, l.n, line, len);
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to read ", path);
	fio_close(l.fd);
}

void
sets_read(struct sets *s, const char *config)
{
	if (config)
		site_try(&s->site, config);
	else
		site_need(&s->site);
	if ((config ? sa_puts(&s->config, config) < 0 || sa_0(&s->config) < 0
		    : root_path(&s->config, root_etc(), SITE_TEXT) < 0))
		say_no_memory();
	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		add_entries(s, i);
		if (config && s->site.spam_table[i])
			add_text(s, i);
		if (spamset_seal(&s->set[i]) < 0)
			msg_diesys(LSV_TEMP, "unable to sort the entries");
		if (!config && s->site.spam_table[i])
			open_table(s, i);
	}
}

const char *
sets_file(const struct sets *s, enum spam_list list, uint32_t line)
{
	return line ? s->site.spam_table[list] : s->config.s;
}

uint32_t
sets_line(const struct sets *s, enum spam_list list, uint32_t line)
{
	return line ? line : s->site.spam_line[list];
}

void
sets_place(
    const struct sets *s, stralloc *out, enum spam_list list, uint32_t line)
{
	say_put(out, sets_file(s, list, line));
	say_put(out, ":");
	say_u(out, sets_line(s, list, line));
}

int
sets_is_black(enum spam_list list)
{
	return list == SPAM_BLACKLIST_FROM || list == SPAM_BLACKLIST_TO;
}

void
sets_free(struct sets *s)
{
	for (unsigned i = 0; i < SPAM_LISTS; i++)
		spamset_free(&s->set[i]);
	site_free(&s->site);
	sa_free(&s->config);
}
