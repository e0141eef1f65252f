/* What holds for every configuration of a service that was accepted, whatever it came from. */
#pragma once

#include <dockscale/conf/load.h>

#include <stdlib.h>
#include <string.h>

static inline void require(bool right)
{
	if (!right)
		abort();
}

/* Ends within its size, and can be put into a log line or a command. */
static inline void require_text(const char *text, size_t size)
{
	require(memchr(text, '\0', size) != NULL);
	for (; *text != '\0'; text++)
		require((unsigned char)*text >= ' ' && *text != 0x7F);
}

static inline void require_metric(const struct service_config *service, enum metric m)
{
	const struct metric_settings *metric = &service->policy.metric[m];

	require(service->metric[m].window > 0);
	if (!metric->enabled)
		return;
	if (service->policy_type != POLICY_TYPE_THRESHOLD)
		require(metric->target > 0 && metric->target <= 1);
	else
		require(metric->low > 0 && metric->low < metric->high && metric->high <= 1);
	require(metric->stabilization_down >= 0 && metric->stabilization_up >= 0);
}

static inline void require_haproxy(const struct haproxy_config *haproxy)
{
	if (haproxy->balancer == BALANCER_NONE)
		return;
	require(haproxy->port >= 1 && haproxy->port <= 65535);
	require(haproxy->n_sockets >= 1 && haproxy->n_sockets <= CONFIG_SOCKETS_MAX);
	for (size_t i = 0; i < haproxy->n_sockets; i++)
		require_text(haproxy->sockets[i], CONFIG_TEXT_MAX);
	require(haproxy->backend[0] != '\0');
	require_text(haproxy->backend, CONFIG_NAME_MAX);
	require(strpbrk(haproxy->backend, " ;\\<") == NULL);
	require_text(haproxy->slot_prefix, CONFIG_NAME_MAX);
	require(haproxy->slot_first <= haproxy->slot_last);
	require((haproxy->maxconn == BALANCER_MAXCONN_COUNT) == (haproxy->maxconn_count > 0));
	require_text(haproxy->server_options, CONFIG_TEXT_MAX);
	require(strpbrk(haproxy->server_options, ";\\<\"'#") == NULL);
	require_text(haproxy->state_file, CONFIG_TEXT_MAX);
}

static inline void require_service(const struct service_config *service)
{
	require(config_name_valid(service->name));
	require(service->min >= 1 && service->min <= service->max);
	require(service->max <= CONFIG_REPLICAS_MAX);
	require(service->policy.min == service->min && service->policy.max == service->max);
	require_metric(service, METRIC_CPU);
	require_metric(service, METRIC_MEMORY);
	require(service->policy.metric[METRIC_CPU].enabled);
	require_haproxy(&service->haproxy);
	if (service->health.probe != PROBE_NONE)
		require(service->health.port > 0 || service->haproxy.port > 0);
	require(service->health.interval > 0 && service->health.timeout > 0);
	require_text(service->health.path, CONFIG_TEXT_MAX);
	require(strchr(service->health.path, ' ') == NULL);
}

/* A refusal says something, in printable letters and lines of its own. */
static inline void require_message(const char *text)
{
	require(text[0] != '\0');
	for (; *text != '\0'; text++)
		require((unsigned char)*text >= ' ' && *text != 0x7F);
}
