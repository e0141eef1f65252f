#!/usr/bin/env bash
# Shell scripts parse, and shellcheck finds nothing to warn of.
set -euo pipefail
. "$(dirname "$0")/../lib/lint.sh"

# shell_scripts TREE: what bears a shell's first line, or is sourced (.sh)
shell_scripts() {
  lint_files "$1" '*' | while IFS= read -r file; do
    case $file in
      *.sh) echo "$file" ;;
      *.*) ;;
      *) ! head -c 64 "$1/$file" | head -n 1 | grep -qaE '^#!.*\b(ba)?sh\b' || echo "$file" ;;
    esac
  done
}

check() {
  local file files
  mapfile -t files < <(shell_scripts "$1")
  [ ${#files[@]} -gt 0 ] || return 0
  for file in "${files[@]}"; do
    bash -n "$1/$file" 2>&1 || true
  done
  (cd "$1" && shellcheck --severity=warning --format=gcc --external-sources --source-path=SCRIPTDIR \
    "${files[@]}") || true
}

lint_finds run <<<'#!/bin/bash
if true; then'
lint_finds x.sh <<<'#!/bin/bash
cd /nowhere
rm -rf $HOME/$1 $unset_variable'
lint_passes x.sh <<<'#!/bin/bash
echo "$1"'
lint_tree
