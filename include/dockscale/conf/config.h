/* The configuration as values: the daemon's file, and one service each. Filled only by the option
 * table (option.h); all text is bounded, so that a config can be copied as a value. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/log.h>
#include <dockscale/base/time.h>
#include <dockscale/base/zone.h>
#include <dockscale/core/policy.h>
#include <dockscale/core/schedule.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_NAME_MAX     64 /* service and instance names, with NUL */
#define CONFIG_TEXT_MAX     256 /* other text values, with NUL */
#define CONFIG_SOCKETS_MAX  4 /* HAProxy sockets of one service */
#define CONFIG_SECTIONS_MAX 16
#define CONFIG_REPLICAS_MAX 256 /* largest max */
#define CONFIG_WARM_MAX     16 /* largest warm */

#define CONFIG_SCHEDULES_MAX     8 /* of one service */
#define CONFIG_SCHEDULE_NAME_MAX 32 /* with NUL */

enum service_mode { SERVICE_MODE_CLONE, SERVICE_MODE_POOL };
enum policy_type { POLICY_TYPE_AUTO, POLICY_TYPE_TARGET, POLICY_TYPE_THRESHOLD };
enum pace { PACE_CALM, PACE_RESPONSIVE };
enum capacity_kind { CAPACITY_LIMIT, CAPACITY_CORES, CAPACITY_HOST };
enum probe_kind { PROBE_TCP, PROBE_HTTP, PROBE_NONE };
enum docker_health { DOCKER_HEALTH_WAIT, DOCKER_HEALTH_IGNORE };
enum balancer_kind { BALANCER_HAPROXY, BALANCER_NONE };
enum balancer_method { BALANCER_METHOD_AUTO, BALANCER_METHOD_SLOTS, BALANCER_METHOD_DYNAMIC };
enum balancer_address { BALANCER_ADDRESS_CONTAINER, BALANCER_ADDRESS_HOST_PORT };
enum balancer_weights { BALANCER_WEIGHTS_EQUAL, BALANCER_WEIGHTS_CPU };
enum balancer_maxconn { BALANCER_MAXCONN_LEARN, BALANCER_MAXCONN_OFF, BALANCER_MAXCONN_COUNT };
enum manual { MANUAL_ADOPT, MANUAL_ENFORCE, MANUAL_PAUSE };
enum compose { COMPOSE_SEPARATE, COMPOSE_COMPATIBLE };
enum warm_state { WARM_PAUSED, WARM_CREATED };
enum shared_volumes { SHARED_VOLUMES_REFUSE, SHARED_VOLUMES_ALLOW };
enum label_permission { LABELS_ALL, LABELS_NONE, LABELS_LISTED };

/* [cpu] and [memory] */
struct metric_config {
	struct metric_settings settings;
	usec_t window; /* mean over it */
	enum capacity_kind capacity; /* cpu only: what 100 % is */
	double capacity_cores; /* CAPACITY_CORES */
};

/* [health] */
struct health_config {
	enum probe_kind probe;
	char path[CONFIG_TEXT_MAX]; /* http */
	unsigned port; /* 0: the balancer's port */
	usec_t interval; /* between two probes of a starting replica */
	usec_t serving_interval; /* and of one that serves */
	unsigned failures; /* probes in a row that make a serving replica unhealthy */
	usec_t timeout; /* of one probe */
	usec_t startup_grace; /* a replica that is not healthy after it has failed */
	enum docker_health docker; /* may Docker's own health check delay it? */
};

/* [haproxy] */
struct haproxy_config {
	enum balancer_kind balancer;
	char sockets[CONFIG_SOCKETS_MAX][CONFIG_TEXT_MAX]; /* a path, or host:port */
	size_t n_sockets;
	char backend[CONFIG_NAME_MAX];
	unsigned port; /* of the application inside the container */
	char network[CONFIG_NAME_MAX]; /* "" : the container's first one */
	enum balancer_address address;
	enum balancer_method method;
	char slot_prefix[CONFIG_NAME_MAX]; /* "" : ds-<instance>- */
	unsigned slot_first; /* 0, 0: every number */
	unsigned slot_last;
	char server_options[CONFIG_TEXT_MAX]; /* behind `add server`, dynamic method only */
	enum balancer_weights weights;
	usec_t weights_interval; /* at most one change of weights in it */
	enum balancer_maxconn maxconn; /* sessions at once that one replica gets */
	unsigned maxconn_count; /* BALANCER_MAXCONN_COUNT */
	usec_t slow_start; /* the weight of a new replica grows for so long; 0: it does not */
	usec_t drain_timeout; /* sessions that last longer are cut */
	usec_t drain_idle; /* without a session for so long: drained */
	char state_file[CONFIG_TEXT_MAX]; /* HAProxy's server-state-file; "" : none is written */
};

/* [schedule "NAME"] */
struct schedule_config {
	char name[CONFIG_SCHEDULE_NAME_MAX];
	char timezone[ZONE_NAME_MAX]; /* "": the daemon's */
	struct schedule schedule;
};

struct service_config {
	char name[CONFIG_NAME_MAX];
	char match[CONFIG_TEXT_MAX]; /* container name, or label=value; "" : by dockscale.service */
	enum service_mode mode;
	unsigned min;
	unsigned max;
	unsigned warm; /* clones kept ready beside those that serve */
	enum warm_state warm_state; /* how they are kept */
	usec_t stop_timeout; /* between SIGTERM and SIGKILL */
	unsigned parallel_starts; /* replicas that may be on their way at a time */
	unsigned crash_guard; /* failed replicas in a row, then no more are tried; 0: never */
	usec_t crash_guard_pause; /* but one in so long */
	enum manual manual; /* what a person starts or stops */
	usec_t template_grace; /* clones outlive their template so long */
	enum compose compose; /* are clones Compose's too? */
	enum shared_volumes shared_volumes;
	int priority; /* higher ones get the host's room first */
	double cpu_budget; /* cores for all its replicas; 0: none */
	uint64_t memory_budget; /* bytes */
	bool dry_run;
	struct metric_config metric[METRIC_COUNT]; /* by enum metric */
	enum policy_type policy_type;
	enum pace pace; /* auto: is a change dear or cheap? */
	enum caution caution; /* auto: how dear is a missing replica? */
	struct missing_rule missing; /* of metrics that say nothing of their own */
	double hysteresis; /* 0..1, threshold: low is high less it, where low is not given */
	struct policy_settings policy; /* complete: metric, min and max are copied in */
	struct schedule_config schedules[CONFIG_SCHEDULES_MAX];
	size_t n_schedules;
	struct health_config health;
	struct haproxy_config haproxy;
};

/* [daemon] of the daemon's file */
struct daemon_config {
	char instance[CONFIG_NAME_MAX]; /* default: the host's name */
	usec_t interval; /* a tick */
	char docker[CONFIG_TEXT_MAX]; /* unix:///run/docker.sock */
	char control[CONFIG_TEXT_MAX]; /* path of the control socket */
	char control_group[CONFIG_NAME_MAX];
	char state[CONFIG_TEXT_MAX]; /* directory */
	char cgroup[CONFIG_TEXT_MAX]; /* "" : found out; else the root of the v2 tree */
	char timezone[ZONE_NAME_MAX]; /* "" : the machine's */
	enum log_format log;
	enum log_level log_level;
	enum label_permission allow_labels;
	char allowed_sections[CONFIG_SECTIONS_MAX][CONFIG_NAME_MAX]; /* LABELS_LISTED */
	size_t n_allowed_sections;
	bool allow_image_labels;
	double host_cpu; /* no more replicas beyond such shares of the host, 0..1 */
	double host_memory;
	double host_pressure;
	bool dry_run;
};
