/*
 * Where the balancer and the probe reach a replica: its own address on the network that is
 * configured, or the host's port that it publishes.
 */
#include "fleet.h"

#include <dockscale/base/mem.h>

#include <string.h>

static void container_address(const struct haproxy_config *haproxy, struct replica *replica)
{
	const struct container *facts = &replica->facts;

	for (size_t i = 0; i < facts->n_endpoints; i++) {
		if (haproxy->network[0] != '\0' &&
			strcmp(haproxy->network, facts->endpoints[i].network) != 0)
			continue;
		if (facts->endpoints[i].address[0] == '\0')
			continue;
		(void)mem_strcpy(
			replica->address, sizeof(replica->address), facts->endpoints[i].address);
		replica->port = haproxy->port;
		return;
	}
}

static void host_address(const struct haproxy_config *haproxy, struct replica *replica)
{
	const struct container *facts = &replica->facts;

	for (size_t i = 0; i < facts->n_ports; i++) {
		const char *address = facts->ports[i].address;

		if (facts->ports[i].inside != haproxy->port)
			continue;
		if (address[0] == '\0' || strcmp(address, "0.0.0.0") == 0 ||
			strcmp(address, "::") == 0)
			address = "127.0.0.1";
		(void)mem_strcpy(replica->address, sizeof(replica->address), address);
		replica->port = facts->ports[i].outside;
		return;
	}
}

void address_update(const struct service *service, struct replica *replica)
{
	replica->address[0] = '\0';
	replica->port = service->config.haproxy.port;
	if (service->config.haproxy.address == BALANCER_ADDRESS_HOST_PORT)
		host_address(&service->config.haproxy, replica);
	else
		container_address(&service->config.haproxy, replica);
}
