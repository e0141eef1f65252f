/*
 * A hash that is the same on every machine and in every release: it is kept in labels and compared
 * with what the next daemon computes. Not for keys that an enemy chooses.
 */
#include <dockscale/base/hash.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PRIME 0x100000001b3ULL

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * PRIME;
	return hash;
}

uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text) + 1);
}

void hash_format(uint64_t hash, char ret_text[static HASH_TEXT_BYTES])
{
	(void)snprintf(ret_text, HASH_TEXT_BYTES, "%016" PRIx64, hash);
}
