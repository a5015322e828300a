#!/bin/sh
# Stands in for builder v1: answers `make -s -C DIR get-var` from DIR/builder.conf's plain assignments, strictly.
if [ "$#" != 5 ] || [ "$1" != -s ] || [ "$2" != -C ] || [ "$4" != get-var ]; then
  echo "make: *** bad arguments: $*" >&2
  exit 2
fi
case $5 in GET_VAR=*) name=${5#GET_VAR=} ;; *) exit 2 ;; esac
conf=$3/builder.conf
[ -f "$conf" ] || { echo "make: *** $3: no builder" >&2; exit 2; }
if [ "$name" = .VARIABLES ]; then
  sed -n 's/^\([A-Za-z0-9_]*\) *=.*/\1/p' "$conf" | tr '\n' ' '
  echo
else
  sed -n "s/^$name *= *//p" "$conf" | tail -n 1
fi
