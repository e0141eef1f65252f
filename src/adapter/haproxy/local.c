/*
 * A port that a container publishes on every address of the machine is reached by any of them: by
 * the one of the network, by the bridge's from within another container. Interfaces are asked and
 * not a trial bind(), which succeeds for any address where net.ipv4.ip_nonlocal_bind is set, as it
 * is on most machines with a floating address.
 */
#include "local.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static bool is_same(const struct sockaddr *own, const unsigned char *address, int family)
{
	if (own == NULL || own->sa_family != family)
		return false;
	if (family == AF_INET)
		return memcmp(&((const struct sockaddr_in *)(const void *)own)->sin_addr, address,
			       sizeof(struct in_addr)) == 0;
	return memcmp(&((const struct sockaddr_in6 *)(const void *)own)->sin6_addr, address,
		       sizeof(struct in6_addr)) == 0;
}

bool local_has(const char *address)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	int family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
	struct ifaddrs *list = NULL;
	bool found = false;

	if (inet_pton(family, address, bytes) != 1 || getifaddrs(&list) < 0)
		return false;
	for (const struct ifaddrs *one = list; one != NULL && !found; one = one->ifa_next)
		found = is_same(one->ifa_addr, bytes, family);
	freeifaddrs(list);
	return found;
}
