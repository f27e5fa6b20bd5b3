package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Namespaces, a read-only system, no capabilities and the system call filter, by bubblewrap.
 *
 * <p>The arguments go through a file: the command line of process 1 can be read inside, and on the
 * host by everybody.
 */
record Bubblewrap(Host host) implements Confinement {
  private static final Path JAVA = Path.of("/opt/jdk");
  private static final Path BRIDGE = Path.of("/opt/bridge");
  private static final Path SOCKET = Path.of("/run/host/bridge.sock");
  static final Path CLAUDE = Path.of("/opt/claude/claude");

  /** Where sources are mounted that the sandbox's user cannot reach; the first that is free. */
  private static final List<Path> STAGES =
      List.of(Path.of("/mnt"), Path.of("/media"), Path.of("/srv"), Path.of("/tmp"));

  private static final List<String> ETC =
      List.of(
          "alternatives",
          "ca-certificates",
          "ld.so.cache",
          "localtime",
          "mime.types",
          "pki/ca-trust/extracted",
          "pki/tls/certs",
          "ssl/certs",
          "ssl/openssl.cnf");

  @Override
  public String level() {
    return "bwrap";
  }

  @Override
  public boolean suitsOtherUsers(SandboxFolder folder) {
    return true;
  }

  /** Sources of this sandbox by their role, and where bubblewrap finds them. */
  private record Sources(Map<String, Path> paths, List<String> staging) {
    Path of(String role) {
      var path = paths.get(role);
      if (path == null) {
        throw new IllegalArgumentException("role: " + role + " (expected: one of the sources)");
      }
      return path;
    }
  }

  @Override
  public Launch launch(SandboxFolder folder, int uid, List<Path> cgroupFiles, Program program)
      throws IOException {
    var sources = sources(folder, uid);
    Files.writeString(folder.arguments(), String.join("\0", arguments(sources)) + "\0");
    var words = new ArrayList<String>();
    if (!sources.staging().isEmpty()) {
      words.addAll(List.of("unshare", "--mount", "--propagation", "private", "--"));
    }
    words.addAll(List.of("/bin/sh", host.launcher().toString()));
    words.addAll(List.of(folder.arguments().toString(), host.filter().toString()));
    words.addAll(Confinement.joins(cgroupFiles));
    words.addAll(sources.staging());
    words.add("--");
    words.addAll(Confinement.guards(host, uid));
    words.addAll(List.of(host.config().bubblewrap().toString(), "--args", "8", "--"));
    if (uid == Uids.OWN && Host.countsByNamespace()) {
      // set inside, where only the sandbox's processes are counted and not all of the node's user
      var pids = host.config().pids();
      words.addAll(List.of("prlimit", "--nproc=" + pids + ":" + pids));
    }
    words.addAll(program.command(new Program.Layout(JAVA.resolve("bin/java"), BRIDGE, SOCKET)));
    // what bwrap itself inherits can be read inside as the environment of process 1
    return new Launch(words, Path.of("/"), Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), true);
  }

  private Sources sources(SandboxFolder folder, int uid) {
    var paths = new LinkedHashMap<String, Path>();
    paths.put("box", folder.root());
    paths.put("jdk", host.javaHome());
    paths.put("bridge", host.bridgeHome());
    host.claude().ifPresent(claude -> paths.put("claude", claude));
    var staging = new ArrayList<String>();
    if (uid != Uids.OWN) {
      Path stage = null;
      for (var source : paths.entrySet()) {
        if (!reachable(source.getValue())) {
          if (stage == null) {
            stage = stage(paths.values());
            staging.addAll(List.of("stage", stage.toString()));
          }
          var target = stage.resolve(source.getKey());
          staging.addAll(List.of("bind", source.getValue().toString(), target.toString()));
          source.setValue(target);
        }
      }
    }
    return new Sources(paths, staging);
  }

  private static Path stage(Iterable<Path> sources) {
    for (var candidate : STAGES) {
      var free = Files.isDirectory(candidate, LinkOption.NOFOLLOW_LINKS);
      for (var source : sources) {
        free &= !source.startsWith(candidate);
      }
      if (free) {
        return candidate;
      }
    }
    throw new IllegalStateException("no folder to mount on (expected: one of " + STAGES + ")");
  }

  /** Whether every user can get to a path; a root's home or a private data folder bars the way. */
  static boolean reachable(Path path) {
    for (var p = path.getParent(); p != null; p = p.getParent()) {
      try {
        if (!Files.getPosixFilePermissions(p).contains(PosixFilePermission.OTHERS_EXECUTE)) {
          return false;
        }
      } catch (IOException e) {
        return false;
      }
    }
    return true;
  }

  private List<String> arguments(Sources sources) {
    var box = new SandboxFolder(sources.of("box"), sources.of("box"));
    var a = new ArrayList<String>();
    add(a, "--unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup");
    add(a, "--unshare-net --disable-userns --uid 1000 --gid 1000 --hostname sandbox");
    add(a, "--die-with-parent --new-session --cap-drop ALL");
    // without a size a tmpfs may grow to half of the machine's memory
    add(a, "--ro-bind /usr /usr");
    for (var name : List.of("bin", "sbin", "lib", "lib32", "lib64", "libx32")) {
      system(a, Path.of("/", name), name);
    }
    add(a, "--dir /etc");
    for (var name : ETC) {
      readable(a, Path.of("/etc", name), Path.of("/etc", name));
    }
    for (var settings : host.javaSettings()) {
      readable(a, settings, settings);
    }
    for (var name : List.of("passwd", "group", "hosts", "nsswitch.conf")) {
      a.addAll(List.of("--ro-bind", box.etc().resolve(name).toString(), "/etc/" + name));
    }
    add(a, "--proc /proc --dev /dev --size 16777216 --tmpfs /dev/shm");
    add(a, "--size " + host.config().tmpBytes() + " --tmpfs /tmp --size 1048576 --tmpfs /run");
    a.addAll(List.of("--ro-bind", sources.of("jdk").toString(), JAVA.toString()));
    a.addAll(List.of("--ro-bind", sources.of("bridge").toString(), BRIDGE.toString()));
    if (host.claude().isPresent()) {
      a.addAll(List.of("--ro-bind", sources.of("claude").toString(), CLAUDE.toString()));
    }
    a.addAll(List.of("--bind", box.hostDirectory().toString(), "/run/host"));
    a.addAll(List.of("--bind", box.home().toString(), "/home/agent"));
    a.addAll(List.of("--bind", box.workspace().toString(), "/workspace"));
    add(a, "--chdir /workspace --remount-ro /dev --remount-ro / --clearenv");
    add(a, "--setenv PATH /usr/local/bin:/usr/bin:/bin --setenv HOME /home/agent");
    add(a, "--setenv LANG C.UTF-8 --setenv TMPDIR /tmp --setenv USER agent");
    add(a, "--setenv SHELL /bin/sh --seccomp 9");
    return a;
  }

  private static void add(List<String> arguments, String words) {
    arguments.addAll(List.of(words.split(" ", -1)));
  }

  /** A top folder: a link into /usr on most systems, a folder of its own on old ones. */
  private static void system(List<String> arguments, Path path, String name) {
    if (Files.isSymbolicLink(path)) {
      arguments.addAll(List.of("--symlink", "usr/" + name, path.toString()));
    } else {
      readable(arguments, path, path);
    }
  }

  private static void readable(List<String> arguments, Path source, Path target) {
    if (Files.exists(source)) {
      arguments.addAll(List.of("--ro-bind", source.toString(), target.toString()));
    }
  }

  @Override
  public Sandboxes.Inside inside(SandboxFolder folder) {
    return new Sandboxes.Inside("/workspace", "/home/agent", "/run/host", CLAUDE.toString());
  }
}
