/*
 * doctor's look at the machine that the replicas share: what there is, what is used, and what the
 * daemon refuses more replicas by. One look cannot tell how busy the processors are; the daemon's
 * status can.
 */
#include "doctor_parts.h"

#include <dockscale/adapter/cgroup.h>
#include <dockscale/app/show.h>

#include <stdio.h>

#define GIB 0x1p30

static void keep(void *context, const struct event *event)
{
	*(struct host_sample *)context = event->host;
}

static struct host_sample look(void)
{
	struct host_sample sample = { .at = 0 };
	struct event_sink sink = { .push = keep, .context = &sample };
	struct source *source = cgroup_host_new(&(struct cgroup_options){ .proc = "" }, sink);

	source->vtable->sample(source, (struct moment){ 0 });
	source->vtable->free(source);
	return sample;
}

static void check_memory(struct doctor *doctor, const struct host_sample *sample)
{
	double limit = doctor->config->daemon.host_memory;
	double total = sample->memory_bytes.value;
	double available = sample->memory_available_bytes.value;

	if (!reading_is_known(sample->memory_bytes) ||
		!reading_is_known(sample->memory_available_bytes) || total <= 0)
		doctor_add(doctor, VERDICT_WARN, "host memory",
			"see that /proc/meminfo can be read",
			"cannot be read: no replica is refused for want of it");
	else if (total - available > total * limit)
		doctor_add(doctor, VERDICT_WARN, "host memory",
			"add memory, stop what is not needed, or raise [daemon] host_memory",
			"%.1f of %.1f GiB are used, over %.0f%%: no replica is added",
			(total - available) / GIB, total / GIB, limit * 100);
	else
		doctor_add(doctor, VERDICT_OK, "host memory", NULL,
			"%.1f GiB, %.1f available; replicas are added up to %.0f%%", total / GIB,
			available / GIB, limit * 100);
}

static void check_cpu(struct doctor *doctor, const struct host_sample *sample)
{
	const cJSON *host = cJSON_GetObjectItemCaseSensitive(doctor->status, "host");
	const cJSON *used = cJSON_GetObjectItemCaseSensitive(host, "used");
	char busy[48] = "";

	if (!reading_is_known(sample->cores)) {
		doctor_add(doctor, VERDICT_WARN, "host cpu", "see that /proc/stat can be read",
			"cannot be read: no replica is refused for want of it");
		return;
	}
	if (cJSON_IsNumber(used))
		(void)snprintf(busy, sizeof(busy), ", %.1f busy", used->valuedouble);
	doctor_add(doctor,
		cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(host, "saturated")) ? VERDICT_WARN
										  : VERDICT_OK,
		"host cpu", NULL, "%.0f cores%s; saturated over %.0f%% where tasks wait",
		sample->cores.value, busy, doctor->config->daemon.host_cpu * 100);
}

static void check_pressure(struct doctor *doctor, const struct host_sample *sample)
{
	if (reading_is_known(sample->cpu_pressure_usec))
		doctor_add(doctor, VERDICT_OK, "host pressure", NULL, "available");
	else
		doctor_add(doctor, VERDICT_WARN, "host pressure",
			"boot with psi=1 on the kernel's command line",
			"not available: busy processors alone count as saturated, and waiting for "
			"memory is not seen");
}

void doctor_host(struct doctor *doctor)
{
	struct host_sample sample = look();

	check_cpu(doctor, &sample);
	check_memory(doctor, &sample);
	check_pressure(doctor, &sample);
}
