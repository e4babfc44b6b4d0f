/* network.c - the tables of the network, as this program uses them */
#include <errno.h>

#include "cmd/lsv-command/command.h"
#include "lib/msg.h"
#include "lib/roots.h"

static int
open_table(struct nettable *t)
{
	stralloc path = {0};
	int r = root_path(&path, root_lib(), NETTABLE_DIR "/" NETTABLE_FILE);

	if (r == 0)
		r = nettable_open(t, path.s);
	sa_free(&path);
	return r;
}

const struct nettable *
network_table(struct command_context *c)
{
	struct server *s = c->server;

	if (c->looked)
		return s->net_open ? &s->net : NULL;
	c->looked = 1;
	if (s->net_open) {
		if (nettable_refresh(&s->net) < 0)
			msg_warnsys("unable to read the network table again");
		return &s->net;
	}
	s->net_open = open_table(&s->net) == 0;
	if (!s->net_open && errno != ENOENT)
		msg_warnsys("unable to read the network table");
	return s->net_open ? &s->net : NULL;
}

void
network_config(struct command_context *c, struct relay_config *config)
{
	const struct site *site = c->site;

	*config = (struct relay_config){
	    .mydomain = (const char *const *)site->mydomain,
	    .nmydomain = site->nmydomain};
	if (site->standalone)
		return;
	config->tableless = bytes_z(site->tableless);
	if (config->tableless.len == 0)
		config->table = network_table(c);
}
