/*
 * What stands for the cgroup source where there is no v2 tree. It gives no sample at all: to the
 * engine that is "unknown", and unknown never scales down.
 */
#include <dockscale/app/source_none.h>

#include <dockscale/base/mem.h>

static void submit(struct source *source, const struct intent *intent)
{
	(void)source;
	(void)intent;
}

static void sample(struct source *source, struct moment now)
{
	(void)source;
	(void)now;
}

static void finish(struct source *source)
{
	free(source);
}

struct source *source_none_new(void)
{
	static const struct source_vtable vtable = {
		.submit = submit, .sample = sample, .free = finish
	};
	struct source *source = mem_zero(1, sizeof(*source));

	source->vtable = &vtable;
	return source;
}
