#!/usr/bin/env bash
# The runtime's contract suite on Podman's compatible API. What Podman does otherwise is said by the suite.
. ./lib.sh
systemctl stop docker.socket docker
podman --version || fail "Podman is there"
DOCKER_ENGINE=podman ./contract_runtime_docker
status=$?
say "exit status $status"
exit $status
