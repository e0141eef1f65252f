/*
 * A server's line may have `resolvers`: then HAProxy asks DNS for its name all the time, and DNS's
 * address takes the place of the one that we wrote, at the next reload at the latest. None of the
 * tables tells whether it is so; both kinds have a name there. But the command that gives a server a
 * name is refused where no resolver could ask for it, and it changes nothing where the name is the one
 * that the server has. The texts are those of 2.4 to 3.0, as is the spelling.
 */
#include "names.h"

#include <dockscale/base/mem.h>

#include <string.h>

void names_ask(const char *backend, const struct view_server *server, struct str *text)
{
	str_appendf(text, "set server %s/%s fqdn %s\n", backend, server->name, server->fqdn);
}

bool names_are_looked_up(const char *answer)
{
	static const char *const signs[] = {
		"no need to change the FDQN",
		"no need to change the FQDN",
		"changed its FQDN", /* by somebody else, between our look and our question */
		"SRV resolution is configured",
	};

	for (size_t i = 0; i < countof(signs); i++)
		if (strstr(answer, signs[i]) != NULL)
			return true;
	return false;
}
