# shellcheck shell=bash
# The machine's disk and how it is booted. To be sourced at the top of the tree, as root.
#
#   build_demo                  the demonstration service and what else is copied in, in build/gcc
#   prepare_image IMAGE         build/vm/IMAGE.img, with its kernel beside it
#   boot IMAGE SCENARIO         runs it; IMAGE.SCENARIO.log is what it told, .console the rest

VM_SECONDS=${VM_SECONDS:-900} # the most that a scenario may take

# image_of RELEASE SCENARIO: the name of the image that it runs on
image_of() {
  case $2 in
    podman) echo "$1-podman" ;;
    *) echo "$1" ;;
  esac
}

# vm_packages IMAGE
vm_packages() {
  echo systemd systemd-sysv dbus udev procps kmod iproute2 iptables adduser sudo
  echo docker.io haproxy linux-image-cloud-amd64
  echo curl jq wrk python3 cgroup-tools tzdata
  case $1 in
    *-podman) echo podman libcmocka0 ;;
  esac
  case $1 in
    bookworm*) echo libcgroup2 libcjson1 libcurl4 libinih1 libmicrohttpd12 libsqlite3-0 libuv1 ;;
    trixie*) echo docker-cli docker-compose libcgroup3 libcjson1 libcurl4t64 libinih1 libmicrohttpd12t64 libsqlite3-0 libuv1t64 ;;
  esac
}

# make_root IMAGE: build/vm/IMAGE.tar from Debian's packages; kept while the list is the same
make_root() {
  local tar=build/vm/$1.tar list
  list=$(vm_packages "$1" | tr -s ' \n' ',')
  [ ! -e "$tar" ] || [ "$(cat "$tar.packages" 2>/dev/null)" != "$list" ] || return 0
  rm -f "$tar"
  quietly mmdebstrap --variant=minbase --include="${list%,}" \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' "${1%%-*}" "$tar" || return 1
  echo "$list" >"$tar.packages"
}

build_demo() {
  local launcher=()
  command -v ccache >/dev/null && launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
  [ -e build/gcc/CMakeCache.txt ] ||
    quietly cmake -S . -B build/gcc -G Ninja "${launcher[@]}" -DCMAKE_C_COMPILER=gcc \
      -DCMAKE_BUILD_TYPE=Release || return 1
  quietly ninja -C build/gcc demo_httpd bench_sampling contract_runtime_docker
}

# newer_package DEB OUT: the same with a higher version
newer_package() {
  local work=build/vm/newer
  rm -rf "$work"
  dpkg-deb --raw-extract "$1" "$work" &&
    sed -i 's/^Version: .*/&+1/' "$work/DEBIAN/control" &&
    quietly dpkg-deb --root-owner-group --build "$work" "$2"
}

make_package() {
  local deb
  case $1 in
    bookworm*) deb=$(packaging/build-deb) || return 1 ;;
    *) deb=$(tests/vm/build-deb-in "${1%%-*}") || return 1 ;;
  esac
  cp "$deb" "$2/dockscale.deb"
  newer_package "$deb" "$2/dockscale-newer.deb"
}

prepare_image() {
  local root=build/vm/$1.root image=build/vm/$1.img test
  make_root "$1" || return 1
  rm -rf "$root"
  mkdir -p "$root"
  tar --extract --file "build/vm/$1.tar" --directory "$root" || return 1
  test=$root/opt/test
  mkdir -p "$test"
  cp tests/vm/guest/* README.md build/gcc/tests/demo_httpd build/gcc/tests/bench_sampling "$test" || return 1
  make_package "$1" "$test" || return 1
  # The contract's program finds the engine's functions where it was built.
  mkdir -p "$root$PWD/tests/lib" &&
    cp build/gcc/tests/contract_runtime_docker "$test" &&
    cp tests/lib/docker.sh "$root$PWD/tests/lib/" || return 1
  echo guest >"$root/etc/hostname"
  printf '127.0.0.1 localhost guest\n' >"$root/etc/hosts"
  cat >"$root/etc/systemd/system/dockscale-test.service" <<'END'
[Unit]
After=docker.service haproxy.service
Wants=docker.service haproxy.service
[Service]
Type=exec
ExecStart=/bin/bash /opt/test/begin.sh
END
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -s ../dockscale-test.service "$root/etc/systemd/system/multi-user.target.wants/"
  # Two lines: the console's, and the one on which the scenario tells.
  rm -f "$image"
  truncate --size 3G "$image" &&
    mke2fs -q -F -t ext4 -O ^has_journal -d "$root" "$image" &&
    cp "$root"/boot/vmlinuz-* "build/vm/$1.kernel" &&
    cp "$root"/boot/initrd.img-* "build/vm/$1.initrd" || return 1
  rm -rf "$root"
}

boot() {
  local log=build/vm/$1.$2.log console=build/vm/$1.$2.console
  rm -f "$log" "$console"
  timeout "$VM_SECONDS" qemu-system-x86_64 -accel tcg,thread=multi -smp 2 -m 2048 -cpu max \
    -kernel "build/vm/$1.kernel" -initrd "build/vm/$1.initrd" \
    -append "root=/dev/vda rw console=ttyS0 quiet apparmor=0 mitigations=off systemd.show_status=0 dockscale.scenario=$2" \
    -drive "file=build/vm/$1.img,format=raw,if=virtio,snapshot=on" \
    -serial "file:$console" -serial "file:$log" -display none -monitor none -nic none \
    </dev/null >>"$console" 2>&1
  [ $? != 124 ] || echo "not at its end after $VM_SECONDS s" >>"$log"
  touch "$log"
  sed -i 's/\r$//' "$log"
}
