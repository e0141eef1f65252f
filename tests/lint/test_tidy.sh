#!/usr/bin/env bash
# What the compilers do not see and .clang-tidy names: our sources and headers are clean of it.
set -euo pipefail
. "$(dirname "$0")/../lib/lint.sh"

# commands TREE: a directory with the compile commands of the tree, as clang gives them
commands() {
  local directory=$LINT_TEMP/commands
  rm -rf "$directory"
  mkdir -p "$directory"
  if [ -f "$1/CMakeLists.txt" ]; then
    cmake -S "$1" -B "$directory" -G Ninja -DCMAKE_C_COMPILER=clang -DDOCKSCALE_TESTS=OFF \
      >"$LINT_TEMP/cmake" 2>&1 || { cat "$LINT_TEMP/cmake"; return 1; }
  else
    printf '[{"directory": "%s", "file": "src/x.c", "command": "clang -c src/x.c"}]\n' "$1" \
      >"$directory/compile_commands.json"
  fi
  echo "$directory"
}

check() {
  local directory
  directory=$(commands "$1") || { echo "$1: cannot be configured: $directory"; return 0; }
  (cd "$1" && lint_files "$1" 'src/*.c' |
    xargs -r -P "$(nproc)" -n 1 clang-tidy --quiet --config-file="$LINT_ROOT/.clang-tidy" \
      -p "$directory" 2>&1 || true) | grep -E '(warning|error): ' | sort -u || true
}

lint_finds src/x.c <<'EOC'
int x(int a)
{
	if (a == a)
		return 1;
	return 0;
}
EOC
lint_passes src/x.c <<'EOC'
int x(int a)
{
	return a + 1;
}
EOC
lint_tree
