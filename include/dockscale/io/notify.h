/* What a service manager is told: that we are ready, that we end, that we are alive. The protocol is
 * that of sd_notify(3), which systemd promises not to change: datagrams to the socket that the
 * environment names. libsystemd would bring it too, and with it four libraries for compression into
 * a process that may use the Docker Engine's socket. */
#pragma once

#include <dockscale/base/time.h>

#include <uv.h>

struct notify;

/* Takes $NOTIFY_SOCKET and $WATCHDOG_USEC out of the environment. Without them, or where the socket
 * cannot be used, every call does nothing: the daemon runs by hand as well. Never NULL. */
struct notify *notify_new(uv_loop_t *loop);

/* Sends lines such as "READY=1\nSTATUS=...". The first one that says READY=1 starts the sign of life,
 * twice in the time that the service manager waits for one: it comes from the loop, and stays out
 * when the loop hangs. */
void notify_send(struct notify *notify, const char *lines);

/* Memory goes when the loop has run once more. NULL is fine. */
void notify_free(struct notify *notify);
