/* Whatever the engine may answer: an inspect, its image and a list of changes, one a line. What is
 * accepted are facts that the rest of the house can rely on, a verdict that names its cure, and a
 * clone that is JSON and bears our mark. */
#include <adapter/docker/clone.h>
#include <adapter/docker/inspect.h>
#include <adapter/docker/spec.h>
#include <adapter/docker/template.h>

#include <dockscale/base/mem.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

/* The next line, or "". */
static char *take_line(const char **at, const char *end)
{
	const char *from = *at;
	const char *newline = from < end ? memchr(from, '\n', (size_t)(end - from)) : NULL;
	const char *to = newline != NULL ? newline : end;

	*at = newline != NULL ? newline + 1 : end;
	return mem_strndup(from, (size_t)(to - from));
}

static void require_facts(const struct container *container)
{
	require(container->id[0] != '\0');
	require(isfinite(container->cpu_limit_cores) && container->cpu_limit_cores >= 0);
	require(container->pid >= 0);
	require(container->n_endpoints <= CONTAINER_ENDPOINTS_MAX);
	require(container->n_ports <= CONTAINER_PORTS_MAX);
	for (size_t i = 0; i < container->n_ports; i++)
		require(container->ports[i].inside <= 65535 && container->ports[i].outside > 0);
}

static void require_verdict(const cJSON *inspect, const cJSON *changes)
{
	const struct service_config config = { 0 };
	cleanup_str struct str findings = { 0 };
	struct err err = { 0 };

	if (template_judge(inspect, &config, &findings, &err) < 0)
		require(err.msg[0] != '\0' && strstr(str_text(&findings), "refused:") != NULL);
	(void)template_judge_changes(inspect, changes, &findings, &err);
	(void)template_ports_are_free(inspect);
}

static void require_clone(const char *inspect, bool one_network)
{
	const struct clone clone = {
		.inspect = jsontext_span(inspect),
		.name = "ds-here-web-000001",
		.service = "web",
		.instance = "here",
		.spec = "0123456789abcdef",
		.one_network = one_network,
	};
	struct clone_connect connects[CLONE_CONNECTS_MAX];
	size_t n = clone_connects(&clone, connects);
	cleanup_str struct str body = { 0 };
	cleanup_json cJSON *tree = NULL;
	struct err err = { 0 };

	require(n <= CLONE_CONNECTS_MAX);
	for (size_t i = 0; i < n; i++) {
		require(strpbrk(connects[i].network, "/?# \r\n") == NULL);
		free(connects[i].network);
		free(connects[i].endpoint);
	}
	clone_body(&clone, &body);
	/* Without an image there is nothing to write, and the engine is not asked. */
	if (jsontext_parse(str_text(&body), body.length, &tree, &err) == 0)
		require(strcmp(jsontext_string(jsontext_get(tree, "Labels"), LABEL_OWNER),
				"here") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data;
	cleanup_free char *text = take_line(&at, (const char *)data + size);
	cleanup_free char *image_text = take_line(&at, (const char *)data + size);
	cleanup_free char *changes_text = take_line(&at, (const char *)data + size);
	cleanup_json cJSON *inspect = NULL;
	cleanup_json cJSON *image = NULL;
	cleanup_json cJSON *changes = NULL;
	struct container container = { 0 };
	char spec[CONTAINER_SPEC_BYTES];
	struct err err = { 0 };

	if (jsontext_parse(text, strlen(text), &inspect, &err) < 0)
		return 0;
	(void)jsontext_parse(image_text, strlen(image_text), &image, &err);
	(void)jsontext_parse(changes_text, strlen(changes_text), &changes, &err);
	if (inspect_container(inspect, image, &container, &err) == 0)
		require_facts(&container);
	container_finish(&container);
	require_verdict(inspect, changes);
	spec_of_inspect(jsontext_span(text), spec);
	require(strspn(spec, "0123456789abcdef") == strlen(spec));
	require_clone(text, (size & 1) != 0);
	return 0;
}
