/*
 * What was read of a replica, metric by metric, as windows: made, emptied, and their means. What
 * fills them and what is made of it is readings.c's matter.
 */
#include "fleet.h"

#include <dockscale/base/mem.h>

/* How long a replica waits for a processor is a mean over it. */
#define STALL_WINDOW (5 * USEC_PER_SEC)

/* A mean needs samples for at least so much of its window. */
#define COVERAGE 0.5

/* Spans that a window keeps at most; a longer window at a short interval keeps fewer of them. */
#define SPANS_MAX 600

static usec_t series_length(const struct service *service, enum metric metric)
{
	usec_t length = service->config.metric[metric].window;

	if (metric == METRIC_CPU && length < service->config.haproxy.weights_interval)
		length = service->config.haproxy.weights_interval;
	return length;
}

void series_prepare(struct engine *engine, struct service *service, struct replica *replica)
{
	usec_t interval = engine->config->daemon.interval;

	for (enum metric metric = METRIC_CPU; metric < METRIC_COUNT; metric++) {
		struct series *series = &replica->series[metric];
		usec_t length = series_length(service, metric);
		usec_t spans = interval > 0 ? length / interval + 4 : SPANS_MAX;
		size_t capacity = (size_t)(spans < SPANS_MAX ? spans : SPANS_MAX);

		if (series->spans != NULL && series->window.length == length &&
			series->window.capacity == capacity)
			continue;
		series->spans = mem_resize(series->spans, capacity, sizeof(*series->spans));
		window_init(&series->window, series->spans, capacity, length);
	}
}

void series_forget(struct replica *replica)
{
	counter_reset(&replica->cpu_counter);
	rate_init(&replica->cpu_stall, STALL_WINDOW);
	replica->memory_bytes = reading_unknown();
	for (enum metric metric = METRIC_CPU; metric < METRIC_COUNT; metric++) {
		if (replica->series[metric].spans != NULL)
			window_clear(&replica->series[metric].window);
		replica->series[metric].state = READING_UNKNOWN;
	}
}

void series_finish(struct replica *replica)
{
	for (enum metric metric = METRIC_CPU; metric < METRIC_COUNT; metric++) {
		free(replica->series[metric].spans);
		replica->series[metric].spans = NULL;
	}
}

struct reading series_mean(
	const struct replica *replica, enum metric metric, usec_t now, usec_t length)
{
	struct window window = replica->series[metric].window;

	if (replica->series[metric].state == READING_UNSUPPORTED)
		return reading_unsupported();
	if (replica->series[metric].spans == NULL)
		return reading_unknown();
	window.length = length;
	return window_mean(&window, now, COVERAGE);
}
