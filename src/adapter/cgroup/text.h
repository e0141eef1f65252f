/* Contents of cgroup files to numbers. Pure: no file is touched here. Every text ends with NUL; a
 * number counts only if the newline behind it was read too, so that a cut file is never half a
 * number. Known, or unknown where the text is not as the kernel writes it. */
#pragma once

#include <dockscale/core/reading.h>

/* "4096\n" of memory.current. */
struct reading cgroup_text_number(const char *text);

/* "max\n" or "4096\n" of memory.max; no limit is a known INFINITY. */
struct reading cgroup_text_limit(const char *text);

/* "max 100000\n" or "20000 100000\n" of cpu.max, in cores; no limit is a known INFINITY. */
struct reading cgroup_text_cpu_max(const char *text);

/* The line "KEY NUMBER" of a flat keyed file such as cpu.stat; unsupported where no line has the
 * key, as cpu.stat without the controller has no throttled_usec. */
struct reading cgroup_text_key(const char *text, const char *key);

/* total= of the line "some ..." of a pressure file, in microseconds. */
struct reading cgroup_text_pressure(const char *text);

/* MemTotal of /proc/meminfo in bytes. */
struct reading cgroup_text_memory_total(const char *text);

/* MemAvailable of /proc/meminfo in bytes. */
struct reading cgroup_text_memory_available(const char *text);

/* Of the line "cpu" of /proc/stat: clock ticks in which some core worked, summed over all. */
struct reading cgroup_text_busy_ticks(const char *text);

/* How many lines "cpuN" /proc/stat begins with: the cores that are online. Unknown unless another line
 * follows them. */
struct reading cgroup_text_cores(const char *text);

/* Has a list such as cgroup.controllers this word? */
bool cgroup_text_has_word(const char *text, const char *word);
