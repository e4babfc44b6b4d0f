/* What TLS and AUTH want: the site's certificates, its users and passwords. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-smtpw/parent.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/trust.h"

/* NULL: there are none, or no memory for a path. */
static const char *
path_of(stralloc *path, const char *name)
{
	return root_path(path, root_etc(), name) == 0 ? path->s : NULL;
}

/* Certificates that cannot be read do not stop mail. */
static struct tls_client *
new_client(void)
{
	char why[TLS_WHY_MAX];
	struct tls_client *c = trust_client(root_etc(), why);

	if (!c)
		msg_warn("unable to begin TLS: ", why);
	else if (why[0])
		msg_warn(
		    "unable to use ", root_etc(), "/" TRUST_FILE ": ", why);
	return c;
}

static int
any_auth(const struct site *s)
{
	int any = s->smtp_forward.f.auth.len > 0;

	for (size_t i = 0; i < s->nforwards; i++)
		any |= s->forwards[i].f.auth.len > 0;
	return any;
}

static void
warn_auth(const char *path, const struct where *w)
{
	char line[24] = "";

	if (w->at)
		snprintf(line, sizeof line, ":%zu", w->at);
	if (errno == EPERM || errno == EPROTO)
		msg_warn("unable to use ", path, line, ": ", w->why);
	else
		msg_warnsys("unable to read ", path);
}

/* Trouble that a person must end, and that a restart would not. */
static int
is_lasting(int err)
{
	return err == ENOENT || err == ENOTDIR || err == EACCES ||
	    err == ELOOP || err == EPERM || err == EPROTO || err == EFBIG;
}

static int
read_auth(struct parent *p)
{
	struct authfile fresh = {NULL, 0};
	stralloc path = {0};
	struct where w = {0, ""};
	int res = 0;

	if (!any_auth(&p->site)) {
		authfile_free(&p->auth);
	} else if (!path_of(&path, SITE_AUTH) ||
	    authfile_read(&fresh, path.s, getegid(), &w) < 0) {
		res = is_lasting(errno) ? 0 : -1;
		warn_auth(path.s ? path.s : SITE_AUTH, &w);
	} else {
		authfile_free(&p->auth);
		p->auth = fresh;
	}
	sa_free(&path);
	return res;
}

int
secrets_read(struct parent *p)
{
	struct tls_client *c = new_client();

	if (c) {
		tls_client_free(p->tls);
		p->tls = c;
	}
	return read_auth(p) == 0 && p->tls ? 0 : -1;
}

/* In the worker: of all the passwords it keeps its own. */
void
secrets_keep(struct parent *p, struct worker *w, const struct forward *f)
{
	w->dial.client = p->tls;
	w->no_login = NULL;
	if (f->auth.len > 0 &&
	    !authfile_find(&p->auth, f->auth.s, f->auth.len, &w->login))
		w->no_login = "AUTH= names a line that the file auth has not";
	authfile_free(&p->auth);
}
