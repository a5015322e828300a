#!/bin/sh
# Runs inside new mount, network, process, ipc and host-name namespaces, as their root, and turns into the command
# behind walls: it makes a new file tree that holds only what is listed here, becomes another user without any
# capability, and executes the command as process 1, so that the kernel ends all that it starts when it ends.
#
#   wall.sh ROOT BUILD UID DIRECTORY COMMAND ARGUMENT...
#
# ROOT: an empty directory for the new tree; BUILD: the build's own directory, the only one that can be written and
# outlives the command; DIRECTORY: where below /build the command begins. Everything is an argument; nothing is put together from text.
set -eu
# The tree that is made here is read by another user than who made it, whatever the agent's own mask is.
umask 022
root=$1
build=$2
uid=$3
directory_inside=$4
shift 4

mount --make-rprivate /
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs "$root"
for directory in usr bin sbin lib lib32 lib64 libx32 etc; do
  if [ -h "/$directory" ]; then
    ln -s "$(readlink "/$directory")" "$root/$directory"
  elif [ -d "/$directory" ]; then
    mkdir "$root/$directory"
    # Without root a tree with mounts in it can be had only whole.
    mount --bind "/$directory" "$root/$directory" 2>/dev/null || mount --rbind "/$directory" "$root/$directory"
    mount -o remount,bind,ro,nosuid,nodev "$root/$directory"
  fi
done
# Services of this qube listen below /usr/local: a socket in the file tree is reached across network namespaces.
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs "$root/usr/local"
# The packages' data bases: what a recipe needs is looked up there.
mkdir -p "$root/var/lib" "$root/var/tmp" "$root/proc" "$root/dev/shm" "$root/tmp" "$root/build" "$root/run" "$root/old"
for directory in var/lib/dpkg var/lib/rpm var/lib/pacman; do
  [ -d "/$directory" ] || continue
  mkdir "$root/$directory"
  mount --bind "/$directory" "$root/$directory"
  mount -o remount,bind,ro,nosuid,nodev "$root/$directory"
done
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
for device in null zero full random urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
for directory in tmp var/tmp dev/shm; do
  mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/$directory"
done
# The agent's own account, and who else there is, is nobody's business here; accounts come without their secrets.
printf 'root:x:0:0:root:/:/bin/sh\nbuilder:x:%s:%s:builder:/build/home:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' "$uid" "$uid" >"$root/run/passwd"
printf 'root:x:0:\nbuilder:x:%s:\nnogroup:x:65534:\n' "$uid" >"$root/run/group"
: >"$root/run/empty"
chmod 0444 "$root/run/passwd" "$root/run/group"
chmod 0000 "$root/run/empty"
mount --bind "$root/run/passwd" "$root/etc/passwd"
mount --bind "$root/run/group" "$root/etc/group"
for secret in shadow gshadow shadow- gshadow-; do
  if [ -e "/etc/$secret" ]; then mount --bind "$root/run/empty" "$root/etc/$secret"; fi
done
mount --bind "$build" "$root/build"
mount -o remount,bind,nosuid,nodev "$root/build"
chown -hR "$uid:$uid" "$root/build"
hostname builder

cd "$root"
pivot_root . old
cd "/build/$directory_inside"
umount -l /old
rmdir /old
mount -o remount,ro /
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@"
