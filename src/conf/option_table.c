/*
 * THE table. A row says everything about an option: where it is written, its default as text, for
 * which settings of others it works, how it is read and where its value goes. The order is that of
 * the printed defaults and of the reference. Nothing is decided here; see option.c.
 */
#include "given.h"
#include "value.h"

#include <dockscale/base/mem.h>

#include <stddef.h>

#define NAMED(section_, key_)   .section = (section_), .key = (key_), .name = section_ "." key_
#define DAEMON(key_)            .scope = OPTION_DAEMON, NAMED("daemon", key_)
#define SERVICE(section_, key_) .scope = OPTION_SERVICE, .label = true, NAMED(section_, key_)
/* Only the operator may say these: see each row. */
#define SERVICE_FILE_ONLY(section_, key_) .scope = OPTION_SERVICE, NAMED(section_, key_)

#define SCHEDULE(key_) .scope = OPTION_SCHEDULE, .label = true, NAMED("schedule", key_)

#define AT(type, member_)                                                                          \
	.offset = offsetof(struct type, member_), .size = sizeof(((struct type *)NULL)->member_)
#define DAEMON_AT(member)   AT(daemon_config, member)
#define SERVICE_AT(member)  AT(service_config, member)
#define SCHEDULE_AT(member) AT(schedule_config, member)

#define COUNT(low_, high_)                                                                         \
	.placeholder = "COUNT", .parse = value_count, .low = (low_), .high = (high_)
#define PORT .placeholder = "PORT", .parse = value_count, .low = 1, .high = 65535
#define DURATION(low_, high_)                                                                      \
	.placeholder = "DURATION", .parse = value_duration, .low = (low_), .high = (high_)
#define SECONDS(low_, high_)                                                                       \
	.placeholder = "SECONDS", .parse = value_seconds, .low = (low_), .high = (high_)
#define PERCENT(low_, high_)                                                                       \
	.placeholder = "PERCENT", .parse = value_percent, .low = (low_), .high = (high_)
#define POINTS(low_, high_)                                                                        \
	.placeholder = "NUMBER", .parse = value_points, .low = (low_), .high = (high_)
#define MISSING   .placeholder = "hold | last | COUNT", .parse = value_missing
#define YES_OR_NO .placeholder = "yes | no", .parse = value_bool
#define CHOICE(...)                                                                                \
	.parse = value_word, .words = (const char *const[])                                        \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define ONLY(...)                                                                                  \
	.parse = value_only_word, .words = (const char *const[])                                   \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define PLANNED(...)                                                                               \
	.planned = (const char *const[])                                                           \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

#define HOUR 3600.0
#define DAY  86400.0
#define WEEK (7 * DAY)

static const struct option options[] = {
	{ DAEMON("instance"), .placeholder = "NAME", .parse = value_name, DAEMON_AT(instance),
		.fallback = "",
		.help = "The name that everything made by this daemon bears; the default is the "
			"host's name." },
	{ DAEMON("interval"), DURATION(0.2, 60), DAEMON_AT(interval), .fallback = "1s",
		.help = "How often readings are taken and decisions made." },
	{ DAEMON("docker"), .placeholder = "unix://PATH", .parse = value_docker, DAEMON_AT(docker),
		.fallback = "unix:///run/docker.sock", .help = "Where the Docker Engine listens." },
	{ DAEMON("control"), .placeholder = "PATH", .parse = value_path,
		.high = VALUE_SOCKET_PATH_MAX, DAEMON_AT(control),
		.fallback = "/run/dockscale/control.sock",
		.help = "The socket for dockscalectl, mode 0660." },
	{ DAEMON("control_group"), .placeholder = "GROUP", .parse = value_name,
		DAEMON_AT(control_group), .fallback = "dockscale",
		.help = "The group that may use the control socket." },
	{ DAEMON("state"), .placeholder = "PATH", .parse = value_path, DAEMON_AT(state),
		.fallback = "/var/lib/dockscale",
		.help = "The directory for what outlives the daemon." },
	{ DAEMON("cgroup"), .placeholder = "PATH", .parse = value_path, DAEMON_AT(cgroup),
		.fallback = "",
		.help = "The root of the cgroup v2 tree; the default is found out." },
	{ DAEMON("timezone"), .placeholder = "ZONE", .parse = value_zone, DAEMON_AT(timezone),
		.fallback = "",
		.help = "By which clocks people live, such as Europe/Berlin: for schedules that "
			"name no other, and for load that comes back at a time of the day; the "
			"default is the machine's." },
	{ DAEMON("http"), .placeholder = "off", ONLY("off"), .fallback = "off",
		.help = "Metrics and dashboard over HTTP: not in this version." },
	{ DAEMON("log"), .placeholder = "text | json", CHOICE("text", "json"), DAEMON_AT(log),
		.fallback = "text", .help = "How a line of the log looks." },
	{ DAEMON("log_level"), .placeholder = "debug | info | warning | error",
		CHOICE("debug", "info", "warning", "error"), DAEMON_AT(log_level),
		.fallback = "info", .help = "The least important lines that are logged." },
	{ DAEMON("allow_labels"), .placeholder = "all | none | SECTION, SECTION...",
		.parse = value_permission, .fallback = "all",
		.help = "What labels of containers may say: which sections, such as service, "
			"cpu." },
	{ DAEMON("allow_image_labels"), YES_OR_NO, DAEMON_AT(allow_image_labels), .fallback = "no",
		.help = "Whether labels count that come from the image, not from who started it." },
	{ DAEMON("host_cpu"), PERCENT(0.1, 1), DAEMON_AT(host_cpu), .fallback = "95%",
		.help = "No replica is added while the host's processors are busier and tasks wait "
			"for them; 100% is no limit." },
	{ DAEMON("host_memory"), PERCENT(0.1, 1), DAEMON_AT(host_memory), .fallback = "90%",
		.help = "No replica is added that would need more of the host's memory." },
	{ DAEMON("host_pressure"), PERCENT(0.01, 1), DAEMON_AT(host_pressure), .fallback = "20%",
		.help = "No replica is added while the host's tasks wait for memory for more of "
			"the time; 100% is no limit." },
	{ DAEMON("dry_run"), YES_OR_NO, DAEMON_AT(dry_run), .fallback = "no",
		.help = "Decide and log, but change nothing." },

	/* A label cannot say them: its own service is what the label `dockscale.service` says,
	 * and who is matched is for the file to say. */
	{ SERVICE_FILE_ONLY("service", "name"), .placeholder = "NAME", .parse = value_name,
		SERVICE_AT(name),
		.help = "The service's name; the default is the file's name without .ini." },
	{ SERVICE_FILE_ONLY("service", "match"), .placeholder = "CONTAINER | LABEL=VALUE",
		.parse = value_match, SERVICE_AT(match),
		.help = "Which containers belong to it, where they bear no label "
			"dockscale.service." },
	{ SERVICE("service", "min"), .placeholder = "COUNT", .parse = value_min, .low = 1,
		.high = CONFIG_REPLICAS_MAX, SERVICE_AT(min), .fallback = "1",
		.help = "The fewest replicas." },
	{ SERVICE("service", "max"), COUNT(1, CONFIG_REPLICAS_MAX), SERVICE_AT(max),
		.fallback = "10", .help = "The most replicas." },
	{ SERVICE("service", "mode"), .placeholder = "clone | pool", CHOICE("clone", "pool"),
		PLANNED("swarm"), SERVICE_AT(mode), .fallback = "clone",
		.help = "Make replicas from the labelled container, or start and stop those that "
			"exist." },
	{ SERVICE("service", "warm"), COUNT(0, CONFIG_WARM_MAX), SERVICE_AT(warm),
		.when = WHEN_CLONE, .fallback = "0",
		.help = "How many clones are kept ready beside those that serve, so that more "
			"serve at once." },
	{ SERVICE("service", "warm_state"), .placeholder = "paused | created",
		CHOICE("paused", "created"), SERVICE_AT(warm_state), .when = WHEN_CLONE,
		.fallback = "paused",
		.help = "How they are kept: started, healthy and paused, or only created, which "
			"saves memory and costs the start." },
	{ SERVICE("service", "stop_timeout"), DURATION(0, HOUR), SERVICE_AT(stop_timeout),
		.fallback = "10s", .help = "The time between SIGTERM and SIGKILL." },
	{ SERVICE("service", "parallel_starts"), COUNT(1, CONFIG_REPLICAS_MAX),
		SERVICE_AT(parallel_starts), .fallback = "4",
		.help = "How many replicas may be starting at a time: more would starve those that "
			"serve." },
	{ SERVICE("service", "crash_guard"), COUNT(0, 1000), SERVICE_AT(crash_guard),
		.fallback = "5",
		.help = "After so many replicas in a row that failed no more are tried; 0 is "
			"never." },
	{ SERVICE("service", "crash_guard_pause"), DURATION(1, DAY), SERVICE_AT(crash_guard_pause),
		.fallback = "10m",
		.help = "While the crash guard holds, one replica is tried in each such time." },
	{ SERVICE("service", "manual"), .placeholder = "adopt | enforce | pause",
		CHOICE("adopt", "enforce", "pause"), SERVICE_AT(manual), .fallback = "adopt",
		.help = "What a person starts or stops changes the count, is undone, or pauses the "
			"service." },
	{ SERVICE("service", "template_grace"), DURATION(0, DAY), SERVICE_AT(template_grace),
		.when = WHEN_CLONE, .fallback = "5m",
		.help = "How long clones outlive a template that was removed and has no "
			"successor." },
	{ SERVICE("service", "compose"), .placeholder = "separate | compatible",
		CHOICE("separate", "compatible"), SERVICE_AT(compose), .when = WHEN_CLONE,
		.fallback = "separate",
		.help = "Whether clones of a Compose service are Compose's too: `down` and `ps` "
			"then see them, and `up` removes them." },
	{ SERVICE("service", "shared_volumes"), .placeholder = "refuse | allow",
		CHOICE("refuse", "allow"), SERVICE_AT(shared_volumes), .when = WHEN_CLONE,
		.fallback = "refuse",
		.help = "Whether clones may share a writable volume or bind mount: two databases "
			"on one are corruption." },
	{ SERVICE("service", "priority"), .placeholder = "NUMBER", .parse = value_integer,
		.low = -100, .high = 100, SERVICE_AT(priority), .fallback = "0",
		.help = "Where the host has no room for all, the higher one gets more, and lower "
			"ones give way down to min." },
	{ SERVICE("service", "cpu_budget"), .placeholder = "N cores", .parse = value_cores,
		SERVICE_AT(cpu_budget),
		.help = "The most cores that all its replicas together may come to." },
	{ SERVICE("service", "memory_budget"), .placeholder = "SIZE", .parse = value_size,
		SERVICE_AT(memory_budget),
		.help = "The most memory that all its replicas together may come to." },
	{ SERVICE("service", "dry_run"), YES_OR_NO, SERVICE_AT(dry_run), .fallback = "no",
		.help = "Decide and log for this service, but change nothing." },

	{ SERVICE("cpu", "target"), PERCENT(0.01, 1),
		SERVICE_AT(metric[METRIC_CPU].settings.target), .fallback = "80%", .when = WHEN_AIM,
		.help = "How busy replicas are to be on average." },
	{ SERVICE("cpu", "high"), PERCENT(0.01, 1), SERVICE_AT(metric[METRIC_CPU].settings.high),
		.fallback = "80%", .when = WHEN_THRESHOLD,
		.help = "More replicas above it; the same as [policy] cpu_threshold." },
	{ SERVICE("cpu", "low"), PERCENT(0.001, 1), SERVICE_AT(metric[METRIC_CPU].settings.low),
		.when = WHEN_THRESHOLD,
		.help = "Fewer replicas below it; the default is high less [policy] hysteresis." },
	{ SERVICE("cpu", "window"), DURATION(0.2, 600), SERVICE_AT(metric[METRIC_CPU].window),
		.fallback = "2s", .help = "The time over which usage is averaged." },
	{ SERVICE("cpu", "stabilization_up"), DURATION(0, HOUR),
		SERVICE_AT(metric[METRIC_CPU].settings.stabilization_up), .fallback = "0s",
		.when = WHEN_TARGET, .help = "Upwards the smallest wish of that time counts." },
	{ SERVICE("cpu", "stabilization_down"), DURATION(0, DAY),
		SERVICE_AT(metric[METRIC_CPU].settings.stabilization_down), .fallback = "60s",
		.when = WHEN_TARGET, .help = "Downwards the largest wish of that time counts." },
	{ SERVICE("cpu", "on_missing"), MISSING, SERVICE_AT(metric[METRIC_CPU].settings.missing),
		.help = "What is done without readings of it; the default is [policy] "
			"on_missing." },
	{ SERVICE("cpu", "capacity"), .placeholder = "limit | N cores | host",
		.parse = value_capacity, .fallback = "limit",
		.help = "What 100 % is: the container's limit (1 core where it has none), so many "
			"cores, or the host." },

	{ SERVICE("memory", "target"), PERCENT(0.01, 1),
		SERVICE_AT(metric[METRIC_MEMORY].settings.target), .when = WHEN_AIM,
		.help = "How full replicas are to be on average; memory counts when it is given." },
	{ SERVICE("memory", "high"), PERCENT(0.01, 1),
		SERVICE_AT(metric[METRIC_MEMORY].settings.high), .fallback = "80%",
		.when = WHEN_THRESHOLD,
		.help = "More replicas above it; the same as [policy] memory_threshold." },
	{ SERVICE("memory", "low"), PERCENT(0.001, 1),
		SERVICE_AT(metric[METRIC_MEMORY].settings.low), .when = WHEN_THRESHOLD,
		.help = "Fewer replicas below it; the default is high less [policy] hysteresis." },
	{ SERVICE("memory", "window"), DURATION(0.2, 600), SERVICE_AT(metric[METRIC_MEMORY].window),
		.fallback = "2s", .when = WHEN_MEMORY,
		.help = "The time over which usage is averaged." },
	{ SERVICE("memory", "stabilization_up"), DURATION(0, HOUR),
		SERVICE_AT(metric[METRIC_MEMORY].settings.stabilization_up), .fallback = "0s",
		.when = WHEN_AIM | WHEN_MEMORY,
		.help = "Upwards the smallest wish of that time counts." },
	{ SERVICE("memory", "stabilization_down"), DURATION(0, DAY),
		SERVICE_AT(metric[METRIC_MEMORY].settings.stabilization_down), .fallback = "60s",
		.when = WHEN_AIM | WHEN_MEMORY,
		.help = "Downwards the largest wish of that time counts." },
	{ SERVICE("memory", "on_missing"), MISSING,
		SERVICE_AT(metric[METRIC_MEMORY].settings.missing), .when = WHEN_MEMORY,
		.help = "What is done without readings of it; the default is [policy] "
			"on_missing." },
	{ SERVICE("memory", "scale_down"), YES_OR_NO,
		SERVICE_AT(metric[METRIC_MEMORY].settings.scale_down), .fallback = "no",
		.when = WHEN_MEMORY,
		.help = "Whether memory may be a reason for fewer replicas, or only agree." },

	{ SERVICE("policy", "type"), .placeholder = "auto | target | threshold",
		CHOICE("auto", "target", "threshold"), PLANNED("lua"), SERVICE_AT(policy_type),
		.fallback = "auto",
		.help = "Learn what is to come, keep the average at a target, or go up and down "
			"past "
			"thresholds." },
	{ SERVICE("policy", "pace"), .placeholder = "calm | responsive",
		CHOICE("calm", "responsive"), SERVICE_AT(pace), .fallback = "calm",
		.when = WHEN_AUTO,
		.help = "Few changes and some replicas more, or as few replicas as will do." },
	{ SERVICE("policy", "caution"), .placeholder = "normal | careful | wary",
		CHOICE("normal", "careful", "wary"), SERVICE_AT(caution), .fallback = "normal",
		.when = WHEN_AUTO, .help = "How dear a missing replica is against an idle one." },
	{ SERVICE("policy", "tolerance"), PERCENT(0, 0.5), SERVICE_AT(policy.tolerance),
		.fallback = "1%", .when = WHEN_TARGET,
		.help = "How far from the target nothing is changed." },
	{ SERVICE("policy", "cpu_threshold"), POINTS(0.01, 1),
		SERVICE_AT(metric[METRIC_CPU].settings.high), .fallback = "80",
		.when = WHEN_THRESHOLD, .help = "CPU in percent: one step up above it." },
	{ SERVICE("policy", "memory_threshold"), POINTS(0.01, 1),
		SERVICE_AT(metric[METRIC_MEMORY].settings.high), .fallback = "80",
		.when = WHEN_THRESHOLD, .help = "Memory in percent: one step up above it." },
	{ SERVICE("policy", "scale_up_amount"), COUNT(1, CONFIG_REPLICAS_MAX),
		SERVICE_AT(policy.scale_up_amount), .fallback = "1", .when = WHEN_THRESHOLD,
		.help = "How many replicas a step up adds." },
	{ SERVICE("policy", "scale_down_amount"), COUNT(1, CONFIG_REPLICAS_MAX),
		SERVICE_AT(policy.scale_down_amount), .fallback = "1", .when = WHEN_THRESHOLD,
		.help = "How many replicas a step down takes away." },
	{ SERVICE("policy", "cooldown_period"), SECONDS(0, WEEK), SERVICE_AT(policy.cooldown),
		.fallback = "300s", .when = WHEN_THRESHOLD,
		.help = "The rest after any change; a bare number is seconds." },
	{ SERVICE("policy", "hysteresis"), POINTS(0, 0.99), SERVICE_AT(hysteresis),
		.fallback = "10", .when = WHEN_THRESHOLD,
		.help = "How many points below the threshold a step down begins." },
	{ SERVICE("policy", "cooldown_up"), DURATION(0, WEEK), SERVICE_AT(policy.cooldown_up),
		.fallback = "0s", .help = "The rest after any change, before a change upwards." },
	{ SERVICE("policy", "cooldown_down"), DURATION(0, WEEK), SERVICE_AT(policy.cooldown_down),
		.fallback = "0s", .help = "The rest after any change, before a change downwards." },
	{ SERVICE("policy", "max_step_up"), COUNT(0, CONFIG_REPLICAS_MAX),
		SERVICE_AT(policy.max_step_up), .fallback = "0",
		.help = "The most replicas that one decision adds; 0 is no limit." },
	{ SERVICE("policy", "max_step_down"), COUNT(0, CONFIG_REPLICAS_MAX),
		SERVICE_AT(policy.max_step_down), .fallback = "0",
		.help = "The most replicas that one decision takes away; 0 is no limit." },
	{ SERVICE("policy", "flap_budget"), COUNT(0, FLAPS_MAX), SERVICE_AT(policy.flap_budget),
		.fallback = "0",
		.help = "How often within an hour a service may turn from going up to going down, "
			"then it stays up; 0 is no limit." },
	{ SERVICE("policy", "on_missing"), MISSING, SERVICE_AT(missing), .fallback = "hold",
		.help = "What is done without readings of a metric: the count is held, its last "
			"reading may still be a reason for more, or so many replicas at least." },

	{ SERVICE("adaptive", "learn"), YES_OR_NO, SERVICE_AT(policy.adaptive.learn),
		.fallback = "no", .when = WHEN_THRESHOLD,
		.help = "Whether the thresholds of CPU are learned from how much its use grows "
			"while a replica starts; until enough was seen those that are given "
			"hold." },
	{ SERVICE("adaptive", "sureness"), PERCENT(0.5, 0.999),
		SERVICE_AT(policy.adaptive.sureness), .fallback = "99%", .when = WHEN_THRESHOLD,
		.help = "In how many cases growth is to be served by those that are there." },

	{ SERVICE("predict", "mode"), .placeholder = "off | observe | floor",
		CHOICE("off", "observe", "floor"), SERVICE_AT(policy.predict.mode),
		.fallback = "off",
		.help = "Whether what may come is only shown beside what came, or keeps the count "
			"from being less than it needs." },
	{ SERVICE("predict", "horizon"), DURATION(10, 4 * HOUR), SERVICE_AT(policy.predict.horizon),
		.fallback = "1m", .when = WHEN_PREDICT,
		.help = "How far ahead is looked: a trend for a minute at most, what comes back at "
			"a time of the hour or the day for all of it." },

	{ SERVICE("health", "probe"), .placeholder = "tcp | http | none",
		CHOICE("tcp", "http", "none"), SERVICE_AT(health.probe), .fallback = "tcp",
		.help = "How a starting replica is found healthy; none is the default without any "
			"port." },
	{ SERVICE("health", "path"), .placeholder = "PATH", .parse = value_url_path,
		SERVICE_AT(health.path), .fallback = "/", .when = WHEN_HTTP_PROBE,
		.help = "What is asked for; an answer of 200 to 399 is healthy." },
	{ SERVICE("health", "port"), PORT, SERVICE_AT(health.port), .when = WHEN_PROBE,
		.help = "The default is [haproxy] port." },
	{ SERVICE("health", "interval"), DURATION(0.05, 60), SERVICE_AT(health.interval),
		.fallback = "200ms", .when = WHEN_PROBE,
		.help = "The time between two probes of a starting replica." },
	{ SERVICE("health", "serving_interval"), DURATION(1, HOUR),
		SERVICE_AT(health.serving_interval), .fallback = "5s", .when = WHEN_PROBE,
		.help = "The time between two probes of a replica that serves." },
	{ SERVICE("health", "failures"), COUNT(1, 100), SERVICE_AT(health.failures),
		.fallback = "3", .when = WHEN_PROBE,
		.help = "So many probes in a row have to fail until a replica that serves is "
			"unhealthy." },
	{ SERVICE("health", "timeout"), DURATION(0.05, 60), SERVICE_AT(health.timeout),
		.fallback = "1s", .when = WHEN_PROBE, .help = "The time that one probe may take." },
	{ SERVICE("health", "startup_grace"), DURATION(1, HOUR), SERVICE_AT(health.startup_grace),
		.fallback = "60s", .help = "A replica that is not healthy after it has failed." },
	{ SERVICE("health", "docker"), .placeholder = "wait | ignore", CHOICE("wait", "ignore"),
		SERVICE_AT(health.docker), .fallback = "wait",
		.help = "Whether Docker's own health check, where there is one, may delay a "
			"replica." },

	{ SERVICE("haproxy", "balancer"), .placeholder = "haproxy | none",
		CHOICE("haproxy", "none"), SERVICE_AT(haproxy.balancer), .fallback = "haproxy",
		.help = "Who brings requests: none is for workers and other proxies." },
	{ SERVICE("haproxy", "socket"), .placeholder = "PATH | HOST:PORT, ...",
		.parse = value_sockets, .fallback = "/run/haproxy/admin.sock", .when = WHEN_HAPROXY,
		.help = "HAProxy's stats socket with level admin; up to 4." },
	{ SERVICE("haproxy", "backend"), .placeholder = "NAME", .parse = value_backend,
		SERVICE_AT(haproxy.backend), .when = WHEN_HAPROXY,
		.help = "The backend in HAProxy's file; the default is the service's name." },
	{ SERVICE("haproxy", "port"), PORT, SERVICE_AT(haproxy.port), .when = WHEN_HAPROXY,
		.help = "Where the application listens inside the container; it must be given." },
	{ SERVICE("haproxy", "network"), .placeholder = "NAME", .parse = value_name,
		SERVICE_AT(haproxy.network), .fallback = "", .when = WHEN_ADDRESS,
		.help = "The Docker network whose address is used; the default is the first." },
	{ SERVICE("haproxy", "address"), .placeholder = "container | host-port",
		CHOICE("container", "host-port"), SERVICE_AT(haproxy.address),
		.fallback = "container", .when = WHEN_ADDRESS,
		.help = "The container's address, or a port published on the host." },
	{ SERVICE("haproxy", "method"), .placeholder = "auto | slots | dynamic",
		CHOICE("auto", "slots", "dynamic"), SERVICE_AT(haproxy.method), .fallback = "auto",
		.when = WHEN_HAPROXY,
		.help = "Fill servers that HAProxy's file has, or add and delete servers; auto "
			"finds "
			"out." },
	{ SERVICE("haproxy", "slots"), .placeholder = "PREFIX [FROM-TO]", .parse = value_slots,
		.fallback = "", .when = WHEN_HAPROXY | WHEN_SLOTS,
		.help = "Which servers are slots; the default is all whose name begins with "
			"ds-INSTANCE-." },
	{ SERVICE("haproxy", "server_options"), .placeholder = "TEXT",
		.parse = value_server_options, SERVICE_AT(haproxy.server_options), .fallback = "",
		.when = WHEN_HAPROXY | WHEN_DYNAMIC,
		.help = "What an added server has besides: ssl, verify, maxconn, check. It "
			"inherits "
			"nothing." },
	{ SERVICE("haproxy", "weights"), .placeholder = "equal | cpu", CHOICE("equal", "cpu"),
		SERVICE_AT(haproxy.weights), .fallback = "equal", .when = WHEN_HAPROXY,
		.help = "Whether busier replicas get a smaller share." },
	{ SERVICE("haproxy", "weights_interval"), DURATION(1, HOUR),
		SERVICE_AT(haproxy.weights_interval), .fallback = "5s",
		.when = WHEN_HAPROXY | WHEN_CPU_WEIGHTS,
		.help = "Weights change at most once in it." },
	{ SERVICE("haproxy", "maxconn"), .placeholder = "learn | off | COUNT",
		.parse = value_maxconn, .fallback = "learn", .when = WHEN_HAPROXY,
		.help = "The most requests at once for one replica, the others wait in HAProxy's "
			"queue: learnt in an overload that no new replica can meet, left alone, or "
			"so many always." },
	{ SERVICE("haproxy", "slow_start"), DURATION(0, HOUR), SERVICE_AT(haproxy.slow_start),
		.fallback = "0s", .when = WHEN_HAPROXY,
		.help = "A new replica begins with a tenth of its share, which grows for so "
			"long." },
	{ SERVICE("haproxy", "drain_timeout"), DURATION(0, DAY), SERVICE_AT(haproxy.drain_timeout),
		.fallback = "30s", .when = WHEN_HAPROXY,
		.help = "Sessions of a replica that goes are cut after it." },
	{ SERVICE("haproxy", "drain_idle"), DURATION(0, HOUR), SERVICE_AT(haproxy.drain_idle),
		.fallback = "2s", .when = WHEN_HAPROXY,
		.help = "A replica without a session for so long is drained." },
	/* A file that the daemon writes: not for who starts a container to choose. */
	{ SERVICE_FILE_ONLY("haproxy", "state_file"), .placeholder = "PATH", .parse = value_path,
		SERVICE_AT(haproxy.state_file), .fallback = "", .when = WHEN_HAPROXY | WHEN_SLOTS,
		.help = "HAProxy's server-state-file, written after each change; the default is "
			"none." },

	{ SCHEDULE("from"), .placeholder = "HH:MM", .parse = value_time_of_day,
		SCHEDULE_AT(schedule.rule.from), .fallback = "00:00",
		.help = "When it begins, on each of its days." },
	{ SCHEDULE("to"), .placeholder = "HH:MM", .parse = value_time_of_day,
		SCHEDULE_AT(schedule.rule.to), .fallback = "24:00",
		.help = "When it ends; a time before from is on the next day." },
	{ SCHEDULE("days"), .placeholder = "all | mon-fri, sun...", .parse = value_weekdays,
		SCHEDULE_AT(schedule.rule.weekdays), .fallback = "all",
		.help = "On which days of the week it begins." },
	{ SCHEDULE("cron"), .placeholder = "MINUTE HOUR DAY MONTH WEEKDAY", .parse = value_cron,
		SCHEDULE_AT(schedule.rule),
		.help = "In place of from, to and days: when it begins, as crontab(5) says it." },
	{ SCHEDULE("for"), DURATION(60, WEEK), SCHEDULE_AT(schedule.rule.length),
		.help = "How long it lasts from each of those times; with cron it must be "
			"given." },
	{ SCHEDULE("timezone"), .placeholder = "ZONE", .parse = value_zone, SCHEDULE_AT(timezone),
		.fallback = "",
		.help = "By which clocks, such as Europe/Berlin; the default is [daemon] "
			"timezone." },
	{ SCHEDULE("min"), COUNT(0, CONFIG_REPLICAS_MAX), SCHEDULE_AT(schedule.min),
		.help = "The fewest replicas in that time, in place of [service] min." },
	{ SCHEDULE("max"), COUNT(0, CONFIG_REPLICAS_MAX), SCHEDULE_AT(schedule.max),
		.help = "The most replicas in that time; 0 stops all of them." },
};

_Static_assert(countof(options) <= GIVEN_MAX, "struct givens has room for all");

const struct option *option_table(size_t *ret_count)
{
	*ret_count = countof(options);
	return options;
}
