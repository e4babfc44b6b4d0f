#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-list/list.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/site.h"

enum { PATH_BYTES = 4096 };

/* struct mta - what is common to all of them
 *
 * inject  the command up to its options, with the roots when they are not the
 *         built-in ones
 * socket  where lsv-lmtp listens
 * user    whom it runs as
 * ids     his numbers, for qmail
 */
struct mta {
	struct program *p;
	struct site site;
	stralloc inject, socket;
	const char *user;
	char ids[64];
};

/* The addresses of a list, as text before and behind its name. */
static const struct {
	const char *before, *behind;
} family[] = {{"", ""}, {"owner-", ""}, {"", "-request"}, {"", "-server"},
    {"", "-subscribe-request"}, {"", "-unsubscribe-request"},
    {"", "-signoff-request"}};
enum { FAMILY = sizeof family / sizeof *family };

static const char *const server[] = {
    "listserv", "listserv-request", "owner-listserv"};
enum { SERVER = sizeof server / sizeof *server };

#define PUT(m, ...)                                                            \
	put(m, (const char *const[]){__VA_ARGS__},                             \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void
put(struct mta *m, const char *const *part, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (sa_puts(&m->p->out, part[i]) < 0)
			die_memory();
}

/* Calls fn with each local part of the server and of the lists. */
static void
each_local(struct mta *m, void (*fn)(struct mta *m, const char *local))
{
	char low[LIST_NAME_MAX + 1], local[LIST_NAME_MAX + 32];
	struct list list = {0};
	int have, r = 1;
	size_t i;

	m->p->opt.arg++; /* the name of the MTA */
	have = program_open(m->p, 0);
	if (m->p->opt.narg == 2)
		program_list(m->p);
	for (i = 0; i < SERVER && m->p->opt.narg != 2; i++)
		fn(m, server[i]);
	while (have && r == 1) {
		if (m->p->opt.narg == 2)
			list = m->p->list;
		else if ((r = lists_after(&m->p->lists, &list)) != 1)
			break;
		low[listtab_key(low, list.name, strlen(list.name)).len] = 0;
		for (i = 0; i < FAMILY; i++) {
			snprintf(local, sizeof local, "%s%s%s",
			    family[i].before, low, family[i].behind);
			fn(m, local);
		}
		if (m->p->opt.narg == 2)
			break;
	}
	if (r < 0 || (have && lists_end(&m->p->lists, 0) < 0))
		die_store("read");
}

/* The names of the host as alternatives of a regular expression. */
static void
put_hosts_regex(struct mta *m)
{
	size_t i;
	const char *s;
	char c[2] = {0};

	PUT(m, "(");
	for (i = 0; i < m->site.nmydomain; i++) {
		PUT(m, i ? "|" : "");
		for (s = m->site.mydomain[i]; *s; s++) {
			c[0] = *s;
			PUT(m, *s == '.' ? "[.]" : c);
		}
	}
	PUT(m, ")");
}

static void
postfix_local(struct mta *m, const char *local)
{
	size_t i;

	for (i = 0; i < m->site.nmydomain; i++)
		PUT(m, local, "@", m->site.mydomain[i],
		    " lsv:", m->p->opt.lmtp ? "unix:" : "",
		    m->p->opt.lmtp ? m->socket.s : "", "\n");
}

static void
postfix_master(struct mta *m)
{
	PUT(m, "# --- add to /etc/postfix/master.cf ---\n");
	if (m->p->opt.lmtp)
		PUT(m,
		    "# Lines go through as they are: without the option long "
		    "ones are folded.\n"
		    "lsv unix - - n - 10 lmtp\n"
		    "    -o lmtp_line_length_limit=0\n\n");
	else
		PUT(m,
		    "# Much mail: --lmtp needs no process for each message.\n",
		    "lsv unix - n n - 10 pipe\n",
		    "    flags=q null_sender= user=", m->user,
		    " argv=", m->inject.s, " -f ${sender} ${recipient}\n\n");
}

static void
postfix(struct mta *m)
{
	if (!m->p->opt.map) {
		PUT(m,
		    "# --- add to /etc/postfix/main.cf ---\n"
		    "# If the names below are in relay_domains and not in "
		    "mydestination, give the\n"
		    "# two tables to relay_recipient_maps instead of "
		    "local_recipient_maps.\n"
		    "transport_maps = texthash:/etc/postfix/lsv "
		    "regexp:/etc/postfix/lsv-verp\n"
		    "local_recipient_maps = texthash:/etc/postfix/lsv "
		    "regexp:/etc/postfix/lsv-verp\n"
		    "    proxy:unix:passwd.byname $alias_maps\n",
		    m->p->opt.lmtp ? ""
				   : "lsv_destination_recipient_limit = 1\n",
		    "\n");
		postfix_master(m);
		PUT(m,
		    "# --- /etc/postfix/lsv-verp ---\n"
		    "/^\"?owner-[a-z0-9._-]+[+*].+@");
		put_hosts_regex(m);
		PUT(m, "$/ lsv:", m->p->opt.lmtp ? "unix:" : "",
		    m->p->opt.lmtp ? m->socket.s : "",
		    "\n\n# --- /etc/postfix/lsv: ",
		    "`lsv-list aliases postfix --map",
		    m->p->opt.lmtp ? " --lmtp" : "",
		    "` writes it; then `postfix reload` ---\n");
	}
	each_local(m, postfix_local);
}

static void
exim_local(struct mta *m, const char *local)
{
	PUT(m, local, "\n");
}

static void
exim_transport(struct mta *m)
{
	PUT(m, "# --- transports ---\n");
	if (m->p->opt.lmtp) {
		PUT(m,
		    "lsv:\n"
		    "  driver = lmtp\n"
		    "  socket = ",
		    m->socket.s,
		    "\n"
		    "  batch_max = 100\n"
		    "  user = ",
		    m->user,
		    "\n"
		    "  timeout = 10m\n\n");
		return;
	}
	/* the addresses come from the environment: as arguments Exim refuses
	 * them, because strangers wrote them */
	PUT(m,
	    "# --lmtp prints what is better where there is much mail: no "
	    "process for each message.\n"
	    "lsv:\n"
	    "  driver = pipe\n"
	    "  command = /bin/sh -c 'exec ",
	    m->inject.s,
	    " -f \"\\$SENDER\" \"\\$RECIPIENT\"'\n"
	    "  user = ",
	    m->user,
	    "\n"
	    "  message_prefix =\n"
	    "  message_suffix =\n"
	    "  temp_errors = 75\n"
	    "  freeze_signal\n"
	    "  timeout = 10m\n"
	    "  timeout_defer\n"
	    "  return_fail_output\n"
	    "  log_defer_output\n\n");
}

static void
exim(struct mta *m)
{
	size_t i;

	if (!m->p->opt.map) {
		PUT(m,
		    "# --- routers, before those of local users ---\n"
		    "lsv:\n"
		    "  driver = accept\n"
		    "  domains = ");
		for (i = 0; i < m->site.nmydomain; i++)
			PUT(m, i ? " : " : "", m->site.mydomain[i]);
		PUT(m,
		    "\n"
		    "  caseful_local_part\n"
		    "  local_parts = lsearch;/etc/exim4/lsv : "
		    "\\N^(?i)owner-[a-z0-9._-]+[+*].+$\\N\n"
		    "  transport = lsv\n\n");
		exim_transport(m);
		PUT(m,
		    "# --- /etc/exim4/lsv: `lsv-list aliases exim --map` "
		    "writes it ---\n");
	}
	each_local(m, exim_local);
}

static void
opensmtpd_local(struct mta *m, const char *local)
{
	size_t i;

	for (i = 0; i < m->site.nmydomain; i++)
		PUT(m, local, "@", m->site.mydomain[i], "\n");
}

static void
opensmtpd(struct mta *m)
{
	if (!m->p->opt.map) {
		/* the shell expands SENDER and RECIPIENT, which are whole,
		 * unlike %{sender}, in which smtpd replaces some bytes */
		PUT(m,
		    "# --- smtpd.conf, before the rules for local users ---\n"
		    "table lsv file:/etc/lsv-addresses\n"
		    "table lsv-user { \"@\" = \"",
		    m->user,
		    "\" }\n"
		    "action \"lsv\" mda \"",
		    m->inject.s,
		    " -f \\\"$SENDER\\\" \\\"$RECIPIENT\\\"\" "
		    "virtual <lsv-user> user ",
		    m->user,
		    "\n"
		    "match from any for rcpt-to <lsv> action \"lsv\"\n"
		    "match from any for rcpt-to regex "
		    "\"^owner-[a-z0-9._-]+[+*].+@");
		put_hosts_regex(m);
		PUT(m,
		    "$\" action \"lsv\"\n\n"
		    "# --- /etc/lsv-addresses: `lsv-list aliases opensmtpd "
		    "--map` writes it;\n"
		    "# --- then `smtpctl update table lsv` ---\n");
	}
	each_local(m, opensmtpd_local);
}

/* The user's numbers, "990:990", for the lines of qmail-users. */
static void
user_ids(struct mta *m)
{
	/* cppcheck-suppress getpwnamCalled ; one thread */
	const struct passwd *pw = getpwnam(m->user);

	if (!pw)
		msg_die(LSV_PERM, m->user, ": there is no such user");
	else
		snprintf(m->ids, sizeof m->ids, "%lu:%lu",
		    (unsigned long)pw->pw_uid, (unsigned long)pw->pw_gid);
}

static void
qmail_entry(struct mta *m, const char *kind, const char *local, const char *end)
{
	PUT(m, kind, local, end, ":", m->user, ":", m->ids,
	    ":/var/qmail/lsv:-:", local, end, ":\n");
}

static void
qmail_local(struct mta *m, const char *local)
{
	qmail_entry(m, "=", local, "");
	if (strncmp(local, "owner-", 6) != 0 ||
	    strcmp(local, "owner-listserv") == 0)
		return;
	qmail_entry(m, "+", local, "+");
	qmail_entry(m, "+", local, "*");
}

static void
qmail(struct mta *m)
{
	user_ids(m);
	if (!m->p->opt.map)
		PUT(m, "# --- /var/qmail/lsv/.qmail-default ---\n|",
		    m->inject.s,
		    " -f \"$SENDER\" \"$RECIPIENT\"\n\n"
		    "# --- /var/qmail/users/assign: `lsv-list aliases qmail "
		    "--map` writes these lines;\n"
		    "# --- a line with a dot ends the file; then "
		    "`qmail-newu` ---\n");
	each_local(m, qmail_local);
}

static const struct {
	const char *name;
	void (*write)(struct mta *m);
	int lmtp;
} mtas[] = {{"postfix", postfix, 1}, {"exim", exim, 1},
    {"opensmtpd", opensmtpd, 0}, {"qmail", qmail, 0}};
enum { MTAS = sizeof mtas / sizeof *mtas };

/* Adds to the command, which the MTA cuts at blanks and may give to a shell;
 * or to the path of the socket. */
static void
add_word(stralloc *to, const char *name, const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-+,@";

	if (value[strspn(value, plain)])
		msg_die(LSV_PERM,
		    "this path cannot stand in the "
		    "configuration of an MTA: ",
		    value);
	if (sa_puts(to, name) < 0 || sa_puts(to, value) < 0)
		die_memory();
}

/* The MTA passes no environment on, so roots that are not the built-in ones
 * are part of the command. */
static void
command_words(struct mta *m)
{
	const struct {
		const char *name, *value, *builtin;
	} roots[] = {{" LSV_ETC=", root_etc(), "/etc/lsv"},
	    {" LSV_SPOOL=", root_spool(), "/var/spool/lsv"},
	    {" LSV_LIB=", root_lib(), "/var/lib/lsv"},
	    {" LSV_RUN=", root_run(), "/run/lsv"}};
	char path[PATH_BYTES];
	ssize_t n;
	size_t i;

	n = readlink("/proc/self/exe", path, sizeof path - 1);
	if (n <= 0)
		msg_diesys(LSV_TEMP, "unable to find my own directory");
	path[n] = 0;
	*strrchr(path, '/') = 0;
	for (i = 0; i < sizeof roots / sizeof *roots; i++) {
		if (strcmp(roots[i].value, roots[i].builtin) == 0)
			continue;
		if (m->inject.len == 0)
			add_word(&m->inject, "/usr/bin/env", "");
		add_word(&m->inject, roots[i].name, roots[i].value);
	}
	add_word(&m->inject, m->inject.len ? " " : "", path);
	add_word(&m->inject, "/lsv-inject", "");
	if (sa_0(&m->inject) < 0)
		die_memory();
}

int
command_aliases(struct program *p)
{
	struct mta m = {.p = p, .user = p->opt.user ? p->opt.user : "lsvin"};
	size_t i;

	for (i = 0; i < MTAS; i++)
		if (strcmp(p->opt.arg[0], mtas[i].name) == 0)
			break;
	if (i == MTAS)
		msg_die(LSV_PERM, shown(p->opt.arg[0], strlen(p->opt.arg[0])),
		    ": no MTA known here; postfix, exim, opensmtpd or qmail");
	if (p->opt.lmtp && !mtas[i].lmtp)
		msg_die(
		    LSV_PERM, mtas[i].name, ": --lmtp is for postfix and exim");
	if (site_read(&m.site, root_etc()) < 0)
		msg_diesys(errno == ENOENT ? LSV_PERM : LSV_TEMP,
		    "unable to read ", root_etc(), "/", SITE_TABLE,
		    errno == ENOENT ? " (run lsv-config apply first)" : "");
	command_words(&m);
	add_word(&m.socket, root_run(), "/lmtp/socket");
	if (sa_0(&m.socket) < 0)
		die_memory();
	mtas[i].write(&m);
	site_free(&m.site);
	sa_free(&m.inject);
	sa_free(&m.socket);
	return LSV_OK;
}
