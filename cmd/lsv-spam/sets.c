/* from the configuration, in force or in a file, to lists that can be asked */
#include "cmd/lsv-spam/sets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/sitecheck.h"
#include "lib/sitefile.h"
#include "lib/sitevalue.h"

enum { TABLE_TEXT_MAX = 1 << 30 }; /* bytes of a text file of entries */

static const struct {
	const char *entries, *table;
} variable[SPAM_LISTS] = {
    [SPAM_WHITELIST_FROM] = {"SPAM_WHITELIST_FROM",
	"SPAM_WHITELIST_FROM_TABLE"},
    [SPAM_WHITELIST_TO] = {"SPAM_WHITELIST_TO", "SPAM_WHITELIST_TO_TABLE"},
    [SPAM_BLACKLIST_FROM] = {"SPAM_BLACKLIST_FROM",
	"SPAM_BLACKLIST_FROM_TABLE"},
    [SPAM_BLACKLIST_TO] = {"SPAM_BLACKLIST_TO", "SPAM_BLACKLIST_TO_TABLE"},
};

const char *
sets_variable(enum spam_list list)
{
	return variable[list].entries;
}

_Noreturn static void
die_memory(void)
{
	msg_die(LSV_TEMP, "out of memory");
}

static void
copy(stralloc *out, const char *z)
{
	if (sa_puts(out, z) < 0 || sa_0(out) < 0)
		die_memory();
}

/* The entries of a variable, which were checked when it was. */
static void
add_entries(struct sets *s, enum spam_list list, const char *text, size_t len)
{
	size_t at = 0, entry, n;
	struct where w;

	while ((n = sitevalue_item(text, len, &at, &entry)) != 0)
		if (spamset_add(&s->set[list], text + entry, n, &w) < 0)
			msg_warn(sets_variable(list), ": ", w.why,
			    "; the entry is left out");
}

static void
seal(struct sets *s)
{
	for (unsigned i = 0; i < SPAM_LISTS; i++)
		if (spamset_seal(&s->set[i]) < 0)
			msg_diesys(LSV_TEMP, "unable to sort the entries");
}

/* The table that lsv-table made; without it the rest still is worth asking. */
static void
open_table(struct sets *s, enum spam_list list)
{
	stralloc path = {0};

	if (root_path(&path, root_lib(), spamset_file(list)) < 0)
		die_memory();
	if (spamset_table(&s->set[list], path.s) == 0)
		; /* all is well */
	else if (errno == ENOENT)
		msg_warn(variable[list].table, ": there is no ", path.s,
		    " (lsv-table spam makes it)");
	else if (errno == EPROTO)
		msg_warn(path.s, " is damaged (lsv-table spam makes it)");
	else
		msg_warnsys("unable to open ", path.s);
	sa_free(&path);
}

static void
read_in_force(struct sets *s)
{
	struct site site;

	if (root_path(&s->config, root_etc(), SITE_TEXT) < 0)
		die_memory();
	if (site_read(&site, root_etc()) < 0)
		msg_diesys(
		    errno == ENOENT || errno == EPROTO ? LSV_PERM : LSV_TEMP,
		    "unable to read ", root_etc(),
		    "/" SITE_TABLE " (lsv-config apply makes it)");
	s->bounce = site.spam_whitelist_bounce;
	s->reject = site.spam_reject;
	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		const char *text = site.spam_list[i];

		add_entries(s, i, text, strlen(text));
		if (site_line(&s->line[i], root_etc(), sets_variable(i)) <= 0)
			s->line[i] = 0;
		if (!site.spam_table[i])
			continue;
		copy(&s->table[i], site.spam_table[i]);
		open_table(s, i);
	}
	site_free(&site);
}

/* The whole of a file that is named by the one who runs this, and with his
 * rights. */
static void
read_text(stralloc *out, const char *path, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		msg_diesys(LSV_PERM, "unable to open ", path);
	if (fio_read_fd(fd, out, max) < 0)
		msg_diesys(errno == EFBIG ? LSV_PERM : LSV_TEMP,
		    "unable to read ", path);
	fio_close(fd);
}

/* The next line, without its LF. */
static struct bytes
next_line(struct bytes *rest)
{
	const char *lf = memchr(rest->s, '\n', rest->len);
	struct bytes line = {rest->s, lf ? (size_t)(lf - rest->s) : rest->len};
	size_t used = line.len + (lf != NULL);

	rest->s += used;
	rest->len -= used;
	return line;
}

/* The text file of a list as it is now, each entry with its line. */
static void
add_table(struct sets *s, enum spam_list list)
{
	const char *path = s->table[list].s;
	stralloc text = {0}, number = {0};
	struct bytes rest, entry, one;
	struct where w;

	read_text(&text, path, TABLE_TEXT_MAX);
	rest = (struct bytes){text.s, text.len};
	if (bytes_starts(rest, "\xef\xbb\xbf")) { /* a UTF-8 mark */
		rest.s += 3;
		rest.len -= 3;
	}
	for (uint32_t line = 1; rest.len; line++) {
		one = next_line(&rest);
		entry = spam_entry_of_line(one.s, one.len);
		w = (struct where){0, SPAM_LINE_WHY};
		if (one.len <= SPAM_LINE_MAX &&
		    (entry.len == 0 ||
			spamtab_add(&s->set[list].building, entry.s, entry.len,
			    line, &w) == 0))
			continue;
		if (sa_addu(&number, line) < 0 || sa_0(&number) < 0)
			die_memory();
		msg_die(LSV_PERM, path, ":", number.s, ": ", w.why);
	}
	sa_free(&text);
}

static const struct sitecheck_setting *
setting(const struct sitecheck *c, const char *name)
{
	for (size_t i = 0; i < c->nset; i++)
		if (strcmp(c->set[i].var->name, name) == 0)
			return &c->set[i];
	return NULL;
}

/* A file with errors would not come in force, so it is not tried either. */
static void
refuse(const struct sets *s, const struct sitecheck *c)
{
	if (c->count[SITECHECK_ERROR] == 0)
		return;
	for (size_t i = 0; i < c->nremark; i++) {
		stralloc line = {0};

		if (c->remark[i].level != SITECHECK_ERROR)
			continue;
		if (sa_addu(&line, c->remark[i].line) < 0 || sa_0(&line) < 0)
			die_memory();
		msg_say(s->config.s, ":", line.s, ": ",
		    sitecheck_said(c, &c->remark[i]));
		sa_free(&line);
	}
	msg_die(LSV_PERM, s->config.s, " has errors");
}

/* SPAM_WHITELIST_BOUNCE and SPAM_REJECT. */
static void
take_rest(struct sets *s, const struct sitecheck *c)
{
	const struct sitecheck_setting *t = setting(c, "SPAM_WHITELIST_BOUNCE");
	struct bytes word = {"", 0};

	s->bounce = t ? (unsigned)t->n : 1;
	t = setting(c, "SPAM_REJECT");
	if (t)
		word = (struct bytes){sitecheck_value(c, t), t->len};
	s->reject = bytes_same(word, "HOLD") ? SITE_SPAM_HOLD
	    : bytes_same(word, "DISCARD")    ? SITE_SPAM_DISCARD
					     : SITE_SPAM_BOUNCE;
}

static void
read_file(struct sets *s, const char *path)
{
	const struct sitecheck_setting *t;
	stralloc text = {0};
	struct sitecheck c;

	copy(&s->config, path);
	read_text(&text, path, SITEFILE_MAX);
	if (sitecheck_read(&c, text.s, text.len) < 0)
		die_memory();
	refuse(s, &c);
	take_rest(s, &c);
	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		t = setting(&c, variable[i].entries);
		if (t) {
			s->line[i] = t->line;
			add_entries(s, i, sitecheck_value(&c, t), t->len);
		}
		t = setting(&c, variable[i].table);
		if (t && t->len) {
			copy(&s->table[i], sitecheck_value(&c, t));
			add_table(s, i);
		}
	}
	sitecheck_free(&c);
	sa_free(&text);
}

void
sets_read(struct sets *s, const char *config)
{
	if (config)
		read_file(s, config);
	else
		read_in_force(s);
	seal(s);
}

void
sets_free(struct sets *s)
{
	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		spamset_free(&s->set[i]);
		sa_free(&s->table[i]);
	}
	sa_free(&s->config);
}
