# shellcheck shell=bash
# A private Docker engine for tests and for quickstart: data, socket, bridge, subnet and containerd
# of its own, so that it can live beside the machine's engine and beside other private ones. It
# makes no iptables rules: containers are reached from this machine by address, and reach nothing.
# To be sourced by bash, as root. Everything is ended by process id.
#
#   start_docker DIR          starts one below DIR (a short path: a socket's is 107 bytes at most)
#                             and exports DOCKER_HOST. Settings, kept for restarts:
#                             DOCKER_LIVE_RESTORE=yes, DOCKER_START_SECONDS=30,
#                             DOCKER_PUBLISHED=yes (`docker run -p` works, by docker-proxy),
#                             DOCKER_ENGINE=podman (Podman's service, which speaks the same API)
#   stop_docker DIR           removes its containers, ends it, and leaves nothing but DIR
#   docker_engine_stop DIR [SIGNAL]   ends the engine alone (TERM), waits until it is gone
#   docker_engine_start DIR           starts it again as before
#   docker_demo_image PROGRAM [NAME]  makes image NAME (dockscale-demo) from a static program
#   docker_program_image PROGRAM NAME  makes image NAME from an installed program and its libraries
#   docker_commit_image DIR CONTAINER NAME   makes image NAME of a container
#   docker_subnet DIR         prints the subnet of its containers (10.1.2.0/24)

docker_fail() {
	echo "docker.sh: $*" >&2
	return 1
}

# docker_wait SECONDS COMMAND...: until it succeeds; 1 when the time is over.
docker_wait() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

docker_gone() {
	local state
	state=$(awk '{ print $3 }' "/proc/$1/stat" 2>/dev/null) || return 0
	[ -z "$state" ] || [ "$state" = Z ]
}

# Ends the process of a pid file with SIGNAL, then, after 20 s, with KILL.
docker_end() {
	local pid
	pid=$(cat "$1" 2>/dev/null) || return 0
	rm -f "$1"
	docker_gone "$pid" && return 0
	kill -s "${2:-TERM}" "$pid" 2>/dev/null || true
	docker_wait 20 docker_gone "$pid" && return 0
	kill -s KILL "$pid" 2>/dev/null || true
	docker_wait 5 docker_gone "$pid" || docker_fail "process $pid does not end"
}

# A bridge with a /20 that no route of this machine touches: the first /24 is for the bridge,
# the second half for networks that tests create.
docker_make_bridge() {
	local dir=$1 try a b bridge
	exec 8>/tmp/dockscale-test-bridge.lock
	flock 8
	for try in $(seq 50); do
		a=$((RANDOM % 120 + 130))
		b=$((RANDOM % 16 * 16))
		bridge=dst$(printf '%02x%02x%04x' "$a" "$b" "$RANDOM")
		[ -z "$(ip -4 route show root "10.$a.$b.0/20" | grep -v '^default')" ] &&
			[ -z "$(ip -4 route show match "10.$a.$b.0/20" | grep -v '^default')" ] &&
			ip link add "$bridge" type bridge 2>/dev/null || continue
		echo "$bridge" >"$dir/bridge"
		echo "10.$a.$b.0/24" >"$dir/subnet"
		echo "base=10.$a.$((b + 8)).0/21,size=24" >"$dir/pool"
		ip address add "10.$a.$b.1/24" dev "$bridge" && ip link set "$bridge" up
		exec 8>&-
		return
	done
	exec 8>&-
	docker_fail "no free subnet after $try tries"
}

docker_start_containerd() {
	local dir=$1
	cat >"$dir/containerd.toml" <<-END
		version = 2
		root = "$dir/containerd"
		state = "$dir/containerd-state"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
		[grpc]
		address = "$dir/containerd.sock"
	END
	containerd --config "$dir/containerd.toml" --log-level warn \
		</dev/null >>"$dir/containerd.log" 2>&1 8>&- 9>&- &
	echo $! >"$dir/containerd.pid"
	disown
	docker_wait 10 test -S "$dir/containerd.sock" ||
		docker_fail "containerd does not start, see $dir/containerd.log"
}

# docker_podman DIR ARGUMENT...: becomes the podman command of that engine; call it in a subshell.
docker_podman() {
	local dir=$1
	shift
	CONTAINERS_CONF=$dir/containers.conf exec podman --root "$dir/data" --runroot "$dir/exec" \
		--tmpdir "$dir/tmp" --log-level error "$@"
}

# Podman's service has no containers of its own: they go on when it ends.
docker_podman_start() {
	local dir=$1
	# Its own defaults are more than a machine in a container may give.
	printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n' >"$dir/containers.conf"
	docker_podman "$dir" system service --time 0 "unix://$dir/docker.sock" \
		</dev/null >>"$dir/docker.log" 2>&1 8>&- 9>&- &
	echo $! >"$dir/dockerd.pid"
	disown
}

docker_engine_start() {
	local dir=$1 flags=()
	if [ -e "$dir/podman" ]; then
		docker_podman_start "$dir"
		docker_wait 30 docker -H "unix://$dir/docker.sock" version ||
			docker_fail "Podman's service does not start, see $dir/docker.log"
		return
	fi
	[ ! -e "$dir/live-restore" ] || flags+=(--live-restore)
	[ -e "$dir/published" ] || flags+=(--userland-proxy=false)
	rm -f "$dir/docker.pid" # of one that was killed: dockerd refuses to start beside it
	dockerd --config-file "$dir/daemon.json" --data-root "$dir/data" --exec-root "$dir/exec" \
		--pidfile "$dir/docker.pid" -H "unix://$dir/docker.sock" --group root \
		--containerd "$dir/containerd.sock" --bridge "$(cat "$dir/bridge")" \
		--default-address-pool "$(cat "$dir/pool")" \
		--iptables=false --ip-masq=false --log-level warn \
		"${flags[@]}" </dev/null >>"$dir/docker.log" 2>&1 8>&- 9>&- &
	echo $! >"$dir/dockerd.pid"
	disown
	docker_wait "${DOCKER_START_SECONDS:-30}" docker -H "unix://$dir/docker.sock" version || {
		tail -n 5 "$dir/docker.log" >&2
		docker_fail "the engine does not start, see $dir/docker.log"
	}
}

docker_engine_stop() {
	docker_end "$1/dockerd.pid" "${2:-TERM}"
}

start_docker() {
	local dir=$1
	[ "$(id -u)" = 0 ] || docker_fail "a private engine needs root" || return
	if [ "${DOCKER_ENGINE:-docker}" = podman ]; then
		mkdir -p "$dir" && touch "$dir/podman" && docker_engine_start "$dir" || return
		export DOCKER_HOST="unix://$dir/docker.sock"
		return
	fi
	command -v dockerd containerd docker ip >/dev/null ||
		docker_fail "dockerd, containerd, docker and ip are needed: apt install docker.io iproute2" ||
		return
	[ "${#dir}" -le 80 ] || docker_fail "$dir is too long a path for sockets" || return
	mkdir -p "$dir" || return
	echo '{}' >"$dir/daemon.json"
	[ "${DOCKER_LIVE_RESTORE:-no}" != yes ] || touch "$dir/live-restore"
	[ "${DOCKER_PUBLISHED:-no}" != yes ] || touch "$dir/published"
	docker_make_bridge "$dir" && docker_start_containerd "$dir" &&
		docker_engine_start "$dir" || {
		stop_docker "$dir"
		return 1
	}
	export DOCKER_HOST="unix://$dir/docker.sock"
}

docker_remove_all() {
	local host=unix://$1/docker.sock ids
	ids=$(timeout 10 docker -H "$host" ps -aq 2>/dev/null) || return 0
	# shellcheck disable=SC2086 # ids are words
	[ -z "$ids" ] || timeout 60 docker -H "$host" rm -f -v $ids >/dev/null 2>&1
	timeout 10 docker -H "$host" network prune -f >/dev/null 2>&1
}

stop_docker() {
	local dir=$1 mount pid
	[ -e "$dir/dockerd.pid" ] && docker_remove_all "$dir"
	docker_end "$dir/dockerd.pid"
	# Shims outlive everything: those of this containerd carry its address.
	for pid in $(grep -lzsx -- "$dir/containerd.sock" /proc/[0-9]*/cmdline | grep -o '[0-9]\+'); do
		grep -qz containerd-shim "/proc/$pid/cmdline" 2>/dev/null &&
			kill -s KILL "$pid" 2>/dev/null
	done
	docker_end "$dir/containerd.pid"
	for mount in $(awk -v d="$dir/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r); do
		umount -l "$mount" 2>/dev/null
	done
	[ ! -e "$dir/bridge" ] || ip link delete "$(cat "$dir/bridge")" 2>/dev/null
	rm -rf "$dir/data" "$dir/exec" "$dir/containerd" "$dir/containerd-state" "$dir/bridge" \
		"$dir/docker.sock" "$dir/containerd.sock" "$dir/containerd.sock.ttrpc" \
		"$dir/live-restore" "$dir/published" "$dir/podman" "$dir/tmp" \
		"$dir/containers.conf"
}

docker_demo_image() {
	local program=$1 name=${2:-dockscale-demo}
	[ -x "$program" ] || docker_fail "$program is not built" || return
	tar -C "$(dirname "$program")" -c "$(basename "$program")" |
		docker import --change "CMD [\"/$(basename "$program")\"]" --change 'EXPOSE 8080' \
			- "$name" >/dev/null
}

docker_program_image() {
	local program=$1 name=$2 libraries
	libraries=$(ldd "$program" | grep -o '/[^ ]*' | sed 's,^/,,') || docker_fail "$program is not installed" || return
	# shellcheck disable=SC2086 # paths are words
	tar -C / -ch --transform 's,^usr/lib,lib,' "${program#/}" $libraries |
		docker import - "$name" >/dev/null
}

# Podman 4.3 does not take the command's empty body.
docker_commit_image() {
	if [ -e "$1/podman" ]; then
		(docker_podman "$1" commit "$2" "$3") >/dev/null 2>&1
	else
		docker commit "$2" "$3" >/dev/null
	fi
}

docker_subnet() {
	cat "$1/subnet"
}
