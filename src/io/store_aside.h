/* A file that cannot be used any more, set aside. */
#pragma once

/* Renames @path (and the write-ahead log beside it) to PATH.damaged-TIME and removes all but the
 * newest STORE_DAMAGED_MAX of such. What cannot be renamed is removed. */
void store_aside(const char *path);
