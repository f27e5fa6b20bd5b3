# Runs in a sandbox and tries to get out: escapes FOLDER PID NAME PORT
#   FOLDER  the node's folder of sandboxes   PID NAME  the node's process and its name
#   PORT    on which the node listens on the loopback interface
# Prints "check NAME blocked|open" for each attempt and "done" at the end.
folder=$1 pid=$2 name=$3 port=$4

try() {
  if (eval "$2") >/dev/null 2>&1 </dev/null; then echo "check $1 open"; else echo "check $1 blocked"; fi
}
# In a pid namespace the node's number may be one of our own, but then not its name.
node() { [ "$(cat "/proc/$pid/comm")" = "$name" ]; }
tcp() { timeout 0.3 bash -c "exec 3<>/dev/tcp/$1/$2"; }
status() { grep -q "^$1:[[:space:]]*$2\$" /proc/self/status; }

try read-shadow 'read -r line </etc/shadow'
try read-root-home 'ls /root/.[!.]* /root/*'
try read-homes 'ls -d /home/[!a]*'
try read-data-folder '[ -e "$folder" ]'
try read-var 'ls /var/*'
try read-sys 'ls /sys/*'
try see-host-process node
try read-host-environment 'node && read -r line <"/proc/$pid/environ"'
try kill-host-process 'node && kill -0 "$pid"'
try own-environment 'tr "\0" "\n" </proc/1/environ | grep -Ev "^(PATH|PWD|OLDPWD|SHLVL|_)="'
try inherited-descriptors '[ -e /proc/self/fd/8 ] || [ -e /proc/self/fd/9 ]'
try connect-loopback 'tcp 127.0.0.1 "$port"'
try connect-outside 'tcp 1.1.1.1 53'
try connect-metadata 'tcp 169.254.169.254 80'
try list-interfaces 'grep : /proc/net/dev | grep -v "^ *lo:"'
try list-routes '[ "$(grep -c . /proc/net/route)" -gt 1 ]'
try list-host-sockets 'grep -q "@" /proc/net/unix'
try mount-tmpfs 'mount -t tmpfs none /tmp'
try mount-bind 'mount --bind /workspace /home/agent'
try remount-root 'mount -o remount,rw /'
try unmount-proc 'umount /proc'
try new-user-namespace 'unshare --user true'
try new-mount-namespace 'unshare --mount true'
try new-net-namespace 'unshare --net true'
try enter-namespace 'nsenter --target 1 --mount true'
try change-root 'chroot / /bin/true'
try become-root 'setpriv --reuid 0 true'
try make-device 'mknod /tmp/device c 1 1'
try raw-devices 'ls /dev/mem /dev/kmem /dev/kmsg /dev/port /dev/vd* /dev/sd* /dev/nvme*'
try write-root ': >/ash-escape'
try write-usr ': >/usr/ash-escape'
try write-etc ': >/etc/ash-escape'
try write-opt ': >/opt/jdk/ash-escape || : >/opt/bridge/ash-escape'
try write-dev ': >/dev/ash-escape'
# opened for appending and left alone: if it works, nothing must happen
try write-core-pattern ': >>/proc/sys/kernel/core_pattern'
try write-sysrq ': >>/proc/sysrq-trigger'
try set-hostname 'hostname ash-escape'
try kernel-log 'dmesg'
try raise-open-files 'ulimit -Hn $(($(ulimit -Hn) + 1))'
try without-system-call-filter '! status Seccomp 2'
try with-capabilities '! status CapEff 0000000000000000 || ! status CapBnd 0000000000000000'
try gain-privileges '! status NoNewPrivs 1'
try reach-terminal ': </dev/tty'
echo done
