#!/bin/sh
# Stands in for builder v1's scripts/auto-build: one component, the distributions in the environment.
cd "$(dirname "$0")/.." || exit 1
echo "auto-build $* vm=$DISTS_VM dom0=$DIST_DOM0 components=$COMPONENTS" >>calls
[ "$#" = 1 ] || exit 2
[ -n "$DISTS_VM$DIST_DOM0" ] || exit 3
echo "Building $1"
[ ! -f fail ] || { echo "it does not compile"; exit 1; }
