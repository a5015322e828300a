#!/bin/sh
# Boots Debian's systemd as the first process of a machine that stands for an AppVM: its root is a template's with a volatile
# layer over it, and only /home, /rw and /usr/local are kept. Runs twice: first as process 1 of new mount, process, ipc and
# host-name namespaces, where it enters a control group of its own; then in a control group namespace that begins there.
#
#   boot-qube.sh outer|inner TEMPLATE QUBE NAME CHECKOUT
#
# QUBE: the qube's directory, with home/, rw/, local/ (kept), run/ (its /run, so that its sockets are reached from outside)
# and qrexec/ (what its qrexec client calls).
set -eu
stage=$1 template=$2 qube=$3 name=$4 checkout=$5

if [ "$stage" = outer ]; then
  mkdir -p "$qube/cgroup"
  mount -t cgroup2 cgroup2 "$qube/cgroup"
  mkdir -p "$qube/cgroup/release-bot-$name"
  echo 0 >"$qube/cgroup/release-bot-$name/cgroup.procs"
  hostname "$name"
  exec unshare --cgroup -- sh "$0" inner "$template" "$qube" "$name" "$checkout"
fi

root=$qube/root
mkdir -p "$qube/volatile" "$root"
mount -t tmpfs -o mode=0755 tmpfs "$qube/volatile"
mkdir "$qube/volatile/upper" "$qube/volatile/work"
mount -t overlay -o "lowerdir=$template,upperdir=$qube/volatile/upper,workdir=$qube/volatile/work" overlay "$root"
for kept in home:home rw:rw local:usr/local run:run; do
  mkdir -p "$root/${kept#*:}"
  mount --bind "$qube/${kept%%:*}" "$root/${kept#*:}"
done
# The lab's broker stands for qrexec: its client is in the checkout, its socket in the qube's directory.
mkdir -p "$root/opt/checkout" "$root/opt/qrexec"
mount --bind "$checkout" "$root/opt/checkout"
mount -o remount,bind,ro "$root/opt/checkout"
mount --bind "$qube/qrexec" "$root/opt/qrexec"

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
# What the kernel has only once is not this machine's to set.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
# A build's walls have a /proc of their own, which the kernel allows only where one without anything over it is to be seen.
mkdir -m 0700 "$root/opt/proc"
mount -t proc -o nosuid,nodev,noexec proc "$root/opt/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=0755,nosuid tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"

cd "$root"
pivot_root . mnt
umount -l /mnt
exec env -i container=release-bot-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --show-status=0
