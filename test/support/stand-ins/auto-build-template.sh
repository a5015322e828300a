#!/bin/sh
# Stands in for builder v1's scripts/auto-build-template DIST TIMESTAMP.
cd "$(dirname "$0")/.." || exit 1
echo "auto-build-template $*" >>calls
[ "$#" = 2 ] || exit 2
case $2 in [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]) ;; *) exit 2 ;; esac
echo "Building template $1"
