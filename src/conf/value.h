/* How the text of an option becomes its value: the functions that struct option.parse points to.
 * Each takes the whole text or says why not and what would do; none names a place. */
#pragma once

#include <dockscale/conf/option.h>

int value_bool(const struct option *option, void *config, const char *text, struct err *err);
int value_count(const struct option *option, void *config, const char *text, struct err *err);
/* Below 0 too. */
int value_integer(const struct option *option, void *config, const char *text, struct err *err);
/* As value_count(), with the word that 0 replicas come with schedules. */
int value_min(const struct option *option, void *config, const char *text, struct err *err);
/* low and high in seconds. */
int value_duration(const struct option *option, void *config, const char *text, struct err *err);
/* A bare number is seconds too: the classic keys. */
int value_seconds(const struct option *option, void *config, const char *text, struct err *err);
/* low and high as 0..1. */
int value_percent(const struct option *option, void *config, const char *text, struct err *err);
/* A bare number is percent too: the classic keys. */
int value_points(const struct option *option, void *config, const char *text, struct err *err);
/* One of option->words; its position is the enum's value. */
int value_word(const struct option *option, void *config, const char *text, struct err *err);
/* "2 cores" as a double. */
int value_cores(const struct option *option, void *config, const char *text, struct err *err);
/* Bytes as a uint64_t. */
int value_size(const struct option *option, void *config, const char *text, struct err *err);
/* A word that changes nothing: a key of which only the first value is built yet. */
int value_only_word(const struct option *option, void *config, const char *text, struct err *err);

/* Texts. An empty one is taken where option->fallback is empty or NULL. */
int value_name(const struct option *option, void *config, const char *text, struct err *err);
int value_backend(const struct option *option, void *config, const char *text, struct err *err);
/* An absolute path; option->high is its longest length when not 0. */
int value_path(const struct option *option, void *config, const char *text, struct err *err);
int value_docker(const struct option *option, void *config, const char *text, struct err *err);
int value_match(const struct option *option, void *config, const char *text, struct err *err);
int value_url_path(const struct option *option, void *config, const char *text, struct err *err);
int value_server_options(
	const struct option *option, void *config, const char *text, struct err *err);

/* Those that fill several members; @config is the whole. */
int value_permission(const struct option *option, void *config, const char *text, struct err *err);
int value_capacity(const struct option *option, void *config, const char *text, struct err *err);
int value_sockets(const struct option *option, void *config, const char *text, struct err *err);
int value_missing(const struct option *option, void *config, const char *text, struct err *err);
int value_maxconn(const struct option *option, void *config, const char *text, struct err *err);
int value_slots(const struct option *option, void *config, const char *text, struct err *err);

/* Times by the clock, of a schedule. */
int value_time_of_day(const struct option *option, void *config, const char *text, struct err *err);
int value_weekdays(const struct option *option, void *config, const char *text, struct err *err);
int value_cron(const struct option *option, void *config, const char *text, struct err *err);
/* The name alone is judged; value_zone_check() looks whether there is such a zone. */
int value_zone(const struct option *option, void *config, const char *text, struct err *err);
int value_zone_check(const char *name, struct err *err);

/* A Unix socket's address holds so many bytes, without NUL (sun_path). */
#define VALUE_SOCKET_PATH_MAX 107
