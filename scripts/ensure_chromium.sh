#!/bin/sh
# The browser tests drive a real Chromium. Finds one, or installs it with the system's package manager where that is possible.
set -eu
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium for the browser tests."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
    exit 0
fi
echo "No Chromium was found. The browser tests need one: install it (Debian: sudo apt install chromium; macOS: brew install --cask chromium)" >&2
echo "or set CHROMIUM to its path, then run make test again." >&2
exit 1
