#!/bin/sh
# Runs once inside a fresh tree (chroot): what all machines of the lab have in common.
set -eu

# Each machine brings its own identity; a shared one would make three machines look like one.
rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id /etc/hostname
mkdir -p /var/log/journal

useradd --create-home --shell /bin/bash noc
useradd --create-home --shell /bin/bash guard
echo 'guard:correct horse' | chpasswd

# Without it PAM complains in the journal at every login, and the journal probe would rightly tell.
touch /etc/default/locale

chmod 0755 /usr/local/bin/clavitor-push
chmod 0440 /etc/sudoers.d/lab
chown -R root:root /etc/clavitor /etc/ssh/sshd_config.d /etc/sudoers.d /etc/systemd/system /usr/local/bin

systemctl disable lighttpd.service
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
  systemd-networkd-wait-online.service getty@tty1.service console-getty.service
systemctl enable ssh.service clavitor.service clavitor-push.timer wg-quick@wg0.service
rm -rf /var/cache/apt/archives/*.deb /var/lib/apt/lists/*
