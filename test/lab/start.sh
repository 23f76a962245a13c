#!/bin/sh
# start.sh NAME TREE DIRECTORY NSPAWN-ARGUMENT...
# Becomes one booted machine. Runs in a mount namespace of its own, so that the overlay is gone when the machine is,
# and in a control group of its own, since nspawn would otherwise put every machine into the same one.
set -eu
name=$1 tree=$2 directory=$3
shift 3
mount --make-rprivate /
for root in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
  if [ -e "$root/cgroup.procs" ]; then
    mkdir -p "$root/$name"
    echo $$ >"$root/$name/cgroup.procs"
  fi
done
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$directory/upper,workdir=$directory/work" "$directory/root"
# Not `exec`: as PID 1 of the process namespace nspawn would have to do an init's work.
systemd-nspawn --directory="$directory/root" --machine="$name" "$@"
