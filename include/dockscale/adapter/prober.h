/* Our own health probe (TCP connect, or HTTP GET that answers 2xx or 3xx) behind the prober port. */
#pragma once

#include <dockscale/port/ports.h>

#include <uv.h>

struct prober *prober_new(uv_loop_t *loop, struct event_sink sink);
