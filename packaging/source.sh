# shellcheck shell=bash
# What both kinds of package are made of. To be sourced at the top of the tree.

# package_version, package_time (seconds since 1970): of the newest entry of the one changelog
package_version() {
  dpkg-parsechangelog --file packaging/debian/changelog --show-field Version
}
package_time() {
  dpkg-parsechangelog --file packaging/debian/changelog --show-field Timestamp
}

# package_source DIRECTORY: the tree as git knows it, all of one time, so that the same tree gives the
# same package
package_source() {
  rm -rf "$(dirname "$1")"
  mkdir -p "$1"
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
      [ ! -e "$file" ] || printf '%s\0' "$file"
    done | tar --null --files-from=- --create | tar --extract --directory "$1"
  else
    tar --exclude=./build --create . | tar --extract --directory "$1"
  fi
  find "$1" -exec touch --no-dereference --date="@$(package_time)" {} +
}

# package_rpm_changelog: the same changelog as a spec has it
package_rpm_changelog() {
  dpkg-parsechangelog --file packaging/debian/changelog --format rfc822 --all |
    awk '
      /^Version:/ { version = $2 }
      /^Maintainer:/ { sub(/^Maintainer: /, ""); maintainer = $0 }
      /^Date:/ { date = $2 " " $4 " " sprintf("%02d", $3) " " $5; sub(",", "", date)
                 print "* " date " " maintainer " - " version "-1" }
      /^   \* / { sub(/^   \* /, "- "); print }
      /^     / { sub(/^ +/, "  "); print }'
}
