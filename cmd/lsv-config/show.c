/* show and explain: what is in force, and what could be */
#include "cmd/lsv-config/config.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/json.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/site.h"
#include "lib/sitevar.h"
#include "lib/table.h"

/* Where lines or JSON go. */
struct view {
	const struct options *o;
	struct table table;
	struct site site;
	stralloc out;
	struct json j;
};

static void
put(stralloc *out, const char *s)
{
	if (sa_puts(out, s) < 0)
		msg_die(LSV_TEMP, "out of memory");
}

/* Bytes that mean nothing special outside quotes. */
static int
is_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 127 ||
		    strchr("\"'\\$%`#", s[i]))
			return 0;
	return len > 0;
}

void
config_quote(stralloc *out, const char *s, size_t len)
{
	int plain = is_plain(s, len);

	if (!plain)
		put(out, "\"");
	for (size_t i = 0; i < len; i++) {
		if (!plain && s[i] && strchr("\"\\$%`", s[i]))
			put(out, "\\");
		if (sa_put(out, s + i, 1) < 0)
			msg_die(LSV_TEMP, "out of memory");
	}
	if (!plain)
		put(out, "\"");
}

/* The table must be there and whole: it is what all programs read. */
static void
view_open(struct view *v)
{
	stralloc path = {0};

	if (root_path(&path, root_etc(), SITE_TABLE) < 0)
		msg_die(LSV_TEMP, "out of memory");
	if (table_open(&v->table, path.s) < 0 ||
	    site_read(&v->site, root_etc()) < 0) {
		if (errno == ENOENT)
			msg_die(LSV_PERM, path.s,
			    " is missing: lsv-config apply makes it");
		if (errno == EPROTO)
			msg_die(LSV_PERM, path.s,
			    " is damaged or of another version: lsv-config "
			    "apply makes it anew");
		msg_diesys(LSV_TEMP, "unable to read ", path.s);
	}
	sa_free(&path);
}

static void
view_close(struct view *v)
{
	table_close(&v->table);
	site_free(&v->site);
	sa_free(&v->out);
}

/* An edit that was never applied is easily forgotten. */
static void
warn_if_edited(void)
{
	stralloc path = {0};
	struct stat text, table;

	if (root_path(&path, root_etc(), SITE_TABLE) < 0)
		msg_die(LSV_TEMP, "out of memory");
	if (stat(path.s, &table) < 0 ||
	    root_path(&path, root_etc(), SITE_TEXT) < 0 ||
	    stat(path.s, &text) < 0)
		text.st_mtim = table.st_mtim = (struct timespec){0};
	if (text.st_mtim.tv_sec > table.st_mtim.tv_sec ||
	    (text.st_mtim.tv_sec == table.st_mtim.tv_sec &&
		text.st_mtim.tv_nsec > table.st_mtim.tv_nsec))
		msg_warn(path.s,
		    " was changed after the last lsv-config apply: what it "
		    "says now is not in force");
	sa_free(&path);
}

/* The default that comes from other variables, as a list. */
static void
derive(stralloc *out, const struct site *s, const struct sitevar *v)
{
	int names = strcmp(v->name, "MYDOMAIN") == 0;
	const char **item = names ? s->mydomain : s->bounces_to;
	size_t n = names ? s->nmydomain : s->nbounces_to;

	for (size_t i = 0; i < n; i++) {
		put(out, i ? " " : "");
		put(out, item[i]);
	}
}

static void
show_line(struct view *v, const char *name, const char *value, size_t len,
    const char *remark)
{
	put(&v->out, name);
	put(&v->out, "=");
	config_quote(&v->out, value, len);
	put(&v->out, remark);
	put(&v->out, "\n");
}

static void
show_one(struct view *v, const struct sitevar *var, unsigned number)
{
	int used = (var->flags & SITEVAR_USED) != 0, set;
	char name[SITEVAR_NAME_MAX];
	const char *value = NULL;
	stralloc derived = {0};
	size_t len = 0;

	sitevar_name(name, var, number);
	set = table_find(&v->table, name, strlen(name), &value, &len);
	if (set < 0)
		msg_diesys(LSV_TEMP, "unable to read ", SITE_TABLE);
	if (!set && (!v->o->effective || !used || !var->standard))
		return;
	if (!set) {
		if (var->flags & SITEVAR_DERIVED)
			derive(&derived, &v->site, var);
		else
			put(&derived, var->standard);
		value = derived.s;
		len = derived.len;
	}
	if (v->o->json) {
		json_open(&v->j, NULL, '{');
		json_z(&v->j, "name", name);
		json_s(&v->j, "value", value, len);
		json_b(&v->j, "set", set);
		json_b(&v->j, "used", used);
		json_close(&v->j, '}');
	} else {
		show_line(v, name, value, len,
		    !used      ? " # not used yet"
			: !set ? " # default"
			       : "");
	}
	sa_free(&derived);
}

int
config_show(const struct options *o)
{
	struct view v = {.o = o, .j = {.out = &v.out}};
	size_t n;
	const struct sitevar *var = sitevar_table(&n);

	view_open(&v);
	warn_if_edited();
	if (o->json)
		json_open(&v.j, NULL, '[');
	for (size_t i = 0; i < n; i++) {
		if (!(var[i].flags & SITEVAR_NUMBERED)) {
			show_one(&v, &var[i], 0);
			continue;
		}
		for (size_t k = 0; k < v.site.nforwards; k++)
			show_one(&v, &var[i], v.site.forwards[k].n);
	}
	if (o->json) {
		json_close(&v.j, ']');
		put(&v.out, "\n");
	}
	config_flush(&v.out, v.j.failed);
	view_close(&v);
	return LSV_OK;
}

static void
explain_json(struct json *j, const struct sitevar *v)
{
	stralloc wants = {0};

	if (sitevar_wants(&wants, v) < 0)
		msg_die(LSV_TEMP, "out of memory");
	json_open(j, NULL, '{');
	json_z(j, "name", v->name);
	json_z(j, "explanation", v->what);
	json_z(j, "kind", sitevar_kind_name(v->kind));
	json_s(j, "value", wants.s, wants.len);
	if (v->standard)
		json_z(j, "default", v->standard);
	json_b(j, "required", (v->flags & SITEVAR_REQUIRED) != 0);
	json_b(j, "used", (v->flags & SITEVAR_USED) != 0);
	json_close(j, '}');
	sa_free(&wants);
}

static void
explain_text(stralloc *out, const struct sitevar *v)
{
	put(out, v->name);
	put(out, ": ");
	put(out, v->what);
	put(out, "\n  kind     ");
	put(out, sitevar_kind_name(v->kind));
	put(out, "\n  value    ");
	if (sitevar_wants(out, v) < 0)
		msg_die(LSV_TEMP, "out of memory");
	put(out, "\n  default  ");
	put(out,
	    v->flags & SITEVAR_REQUIRED ? "none: it has to be set"
		: v->standard           ? v->standard
					: "none");
	put(out, "\n  status   ");
	put(out, v->flags & SITEVAR_USED ? "in force\n" : "not used yet\n");
}

/* Every variable on a line: name, status, explanation. */
static void
explain_line(stralloc *out, const struct sitevar *v)
{
	put(out, v->name);
	for (size_t i = strlen(v->name); i < 27; i++)
		put(out, " ");
	put(out, v->flags & SITEVAR_USED ? "in force      " : "not used yet  ");
	put(out, v->what);
	put(out, "\n");
}

static const struct sitevar *
known(const char *name)
{
	const struct sitevar *v = sitevar_find(name, NULL);
	char near[SITEVAR_NAME_MAX];

	if (v)
		return v;
	if (sitevar_suggest(near, name))
		msg_die(LSV_PERM, name,
		    " is not a variable of site.cfg; did you mean ", near, "?");
	msg_die(LSV_PERM, name, " is not a variable of site.cfg");
}

int
config_explain(const struct options *o)
{
	size_t n = 1;
	const struct sitevar *v =
	    o->argument ? known(o->argument) : sitevar_table(&n);
	stralloc out = {0};
	struct json j = {.out = &out};

	if (o->json && !o->argument)
		json_open(&j, NULL, '[');
	for (size_t i = 0; i < n; i++) {
		if (o->json)
			explain_json(&j, &v[i]);
		else if (o->argument)
			explain_text(&out, &v[i]);
		else
			explain_line(&out, &v[i]);
	}
	if (o->json && !o->argument)
		json_close(&j, ']');
	if (o->json)
		put(&out, "\n");
	config_flush(&out, j.failed);
	sa_free(&out);
	return LSV_OK;
}
