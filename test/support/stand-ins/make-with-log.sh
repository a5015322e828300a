#!/bin/sh
# Stands in for builder v1's scripts/make-with-log update-repo-REPO.
cd "$(dirname "$0")/.." || exit 1
echo "make-with-log $* vm=$DISTS_VM dom0=$DIST_DOM0 components=$COMPONENTS makerepo=$MAKEREPO upload=$UPLOAD" >>calls
case $1 in update-repo-current-testing | update-repo-current | update-repo-security-testing) ;; *) exit 2 ;; esac
[ "$#" = 1 ] || exit 2
