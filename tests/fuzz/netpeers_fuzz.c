/* Any PEERS NAMES, INTPEERS NAMES and local overrides, over a small network. */
#include <stddef.h>
#include <stdint.h>

#include "lib/netnodes.h"
#include "lib/netpeers.h"
#include "tests/fuzz/netcheck.h"

static const char nodes[] = ":node.CEARN :internet.cern.example :links.DEARN\n"
			    ":node.DEARN :links.CEARN :oldnode.OLD\n";

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
	from = netcheck_source(&n, "local", &left);
	must(netover_read(&over, &from, &d) == 0);
	from = netcheck_source(&n, "peers", &left);
	must(netpeers_read(&r, NETOVER_PEERS, &from) == 0);
	from = netcheck_source(&n, "intpeers", &left);
	must(netpeers_read(&r, NETOVER_INTPEERS, &from) == 0);
	netcheck_end(&n, &d, &over);
	return 0;
}
