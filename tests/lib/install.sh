# shellcheck shell=bash
# Installs from packaging/dependencies what this machine does not have. Nothing that is there is
# changed or removed, and no service is started by it.

INSTALL_LIST=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/packaging/dependencies
INSTALLED_PACKAGES=() # what install_missing() has installed, for the line that undoes it
PATH=$PATH:/usr/sbin:/sbin # a plain user's path lacks them

# is_there PROOF
is_there() {
  case $1 in
    command:*) command -v "${1#*:}" >/dev/null ;;
    pkg-config:*) pkg-config --exists "${1#*:}" 2>/dev/null ;;
    file:*) compgen -G "${1#*:}" >/dev/null ;;
    *) echo "$INSTALL_LIST: unknown proof $1" >&2; return 1 ;;
  esac
}

# missing_packages GROUP...: one line each, alternatives with "|" between them
missing_packages() {
  local proof package group wanted
  while read -r proof package group; do
    case $proof in '' | '#'*) continue ;; esac
    for wanted in "$@"; do
      [ "$group" != "$wanted" ] || is_there "$proof" || echo "$package"
    done
  done <"$INSTALL_LIST" | sort -u
}

# first_known A|B: the first of the alternatives that this release has
first_known() {
  local name names
  IFS='|' read -ra names <<<"$1"
  for name in "${names[@]}"; do
    if apt-cache show "$name" >/dev/null 2>&1; then
      echo "$name"
      return
    fi
  done
  echo "${names[0]}"
}

# Debian starts a package's services as it installs it. The private parts that we start ourselves
# need none of them, so the answer to "may it start?" is no, for as long as the installation
# takes. A machine that has an answer of its own keeps it.
without_starting_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  "$@" || status=$?
  rm -f "$policy"
  return "$status"
}

# quietly COMMAND...: what it prints is shown only when it fails
quietly() {
  local output status=0
  output=$(mktemp)
  "$@" </dev/null >"$output" 2>&1 || status=$?
  [ "$status" = 0 ] || tail -n 40 "$output" >&2
  rm -f "$output"
  return "$status"
}

# install_missing GROUP...: says what it installs
install_missing() {
  local row rows packages=()
  mapfile -t rows < <(missing_packages "$@")
  [ ${#rows[@]} -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null; then
    echo "missing, and there is no apt-get to install it with: ${rows[*]}" >&2
    return 1
  fi
  if [ "$(id -u)" != 0 ]; then
    echo "missing: ${rows[*]}; run this as root or with sudo to install it" >&2
    return 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  quietly apt-get update -q || return 1
  for row in "${rows[@]}"; do
    packages+=("$(first_known "$row")")
  done
  mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
  echo "installing: ${packages[*]}"
  quietly without_starting_services \
    apt-get install -q -y --no-install-recommends --no-remove "${packages[@]}" || return 1
  INSTALLED_PACKAGES+=("${packages[@]}")
  mapfile -t rows < <(missing_packages "$@")
  [ ${#rows[@]} -eq 0 ] || { echo "still missing after the installation: ${rows[*]}" >&2; return 1; }
}

# say_how_to_undo: the line that removes what install_missing() installed
say_how_to_undo() {
  [ ${#INSTALLED_PACKAGES[@]} -eq 0 ] ||
    echo "installed: ${INSTALLED_PACKAGES[*]}; to undo: apt-get purge --autoremove ${INSTALLED_PACKAGES[*]}"
}

# as_root SCRIPT ARGUMENTS...: starts the script again with sudo when we are not root
as_root() {
  [ "$(id -u)" != 0 ] || return 0
  if ! command -v sudo >/dev/null; then
    echo "$(basename "$1") starts a Docker Engine and installs what is missing: run it as root" >&2
    exit 1
  fi
  exec sudo -- "$@"
}

# give_back DIRECTORY: what was built with sudo belongs to who called it
give_back() {
  [ -z "${SUDO_UID:-}" ] || [ ! -e "$1" ] || chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$1"
}
