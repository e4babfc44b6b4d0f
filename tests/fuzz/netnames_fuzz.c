/* Any ALIASES, DOMAIN and SERVICE NAMES and local overrides, over a small
 * network. */
#include <stddef.h>
#include <stdint.h>

#include "lib/netnames.h"
#include "lib/netnodes.h"
#include "lib/netpeers.h"
#include "tests/fuzz/netcheck.h"

static const char nodes[] = ":node.CEARN :internet.cern.example :links.OLD\n"
			    ":node.DEARN :internet.*.de\n";
static const char peers[] = ":nick.SRV :index.1 :node.CEARN\n";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes left = {(const char *)data, size};
	struct network n = {.today = 20000};
	struct netdiag d = {0};
	struct netover over = {0};
	const struct netread r = {&n, &over, &d};
	struct netsource from = {
	    "nodes", NETWORK_NONE, 1, {nodes, sizeof nodes - 1}};

	must(netnodes_read(&r, &from) == 0);
	from.text = (struct bytes){peers, sizeof peers - 1};
	must(netpeers_read(&r, NETOVER_PEERS, &from) == 0);
	from = netcheck_source(&n, "local", &left);
	must(netover_read(&over, &from, &d) == 0);
	from = netcheck_source(&n, "aliases", &left);
	must(netnames_aliases(&r, &from) == 0);
	from = netcheck_source(&n, "domain", &left);
	must(netnames_domains(&r, &from) == 0);
	from = netcheck_source(&n, "service", &left);
	must(netnames_areas(&r, &from) == 0);
	netcheck_end(&n, &d, &over);
	return 0;
}
