package dev.ash.node.sandbox;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Assembles the system call filter as classic BPF, the form the kernel takes and {@code bwrap
 * --seccomp} reads.
 *
 * <p>A list of what is denied, not of what is allowed: agents run compilers and interpreters of
 * every kind. It closes what namespaces leave open (vsock, keyrings, io_uring, new namespaces).
 */
final class SeccompFilter {
  // struct seccomp_data; both architectures are little-endian, so the low word comes first
  private static final int NUMBER = 0;
  private static final int ARCH = 4;

  private static final int LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
  private static final int JUMP_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
  private static final int JUMP_AT_LEAST = 0x35; // BPF_JMP | BPF_JGE | BPF_K
  private static final int JUMP_ANY_BIT = 0x45; // BPF_JMP | BPF_JSET | BPF_K
  private static final int RETURN = 0x06; // BPF_RET | BPF_K

  private static final int KILL_PROCESS = 0x8000_0000;
  private static final int ALLOW = 0x7fff_0000;
  private static final int ERRNO = 0x0005_0000;
  private static final int EPERM = 1;
  private static final int ENOSYS = 38;
  private static final int EAFNOSUPPORT = 97;

  /** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
  private static final int NEW_NAMESPACES = 0x7E02_0000;

  private static final int TIOCSTI = 0x5412;
  private static final int TIOCLINUX = 0x541C;

  private static final int[] SOCKET_FAMILIES = {
    1, // AF_UNIX
    2, // AF_INET
    10, // AF_INET6
    16, // AF_NETLINK
  };

  private record Instruction(int code, String onTrue, String onFalse, int operand) {}

  private static final String NEXT = "";

  private final List<Instruction> program = new ArrayList<>();
  private final Map<String, Integer> labels = new HashMap<>();

  private SeccompFilter() {}

  /** The filter's bytes: an array of struct sock_filter. */
  static byte[] bytes(Syscalls calls) {
    var f = new SeccompFilter();
    f.load(ARCH);
    f.jump(JUMP_EQUAL, calls.audit(), NEXT, "kill");
    f.load(NUMBER);
    if (calls.x32()) {
      f.jump(JUMP_AT_LEAST, Syscalls.X32_BIT, "no such call", NEXT);
    }
    // glibc falls back to clone, whose flags can be seen
    f.jump(JUMP_EQUAL, Syscalls.CLONE3, "no such call", NEXT);
    f.jump(JUMP_EQUAL, calls.fork(), "clone", NEXT);
    f.jump(JUMP_EQUAL, calls.socket(), "socket", NEXT);
    f.jump(JUMP_EQUAL, calls.socketpair(), "socket", NEXT);
    f.jump(JUMP_EQUAL, calls.ioctl(), "ioctl", NEXT);
    for (var number : calls.denied()) {
      f.jump(JUMP_EQUAL, number, "deny", NEXT);
    }
    f.end("allow", ALLOW);
    f.label("clone");
    f.load(argument(0));
    f.jump(JUMP_ANY_BIT, NEW_NAMESPACES, "deny", "allow 2");
    f.label("socket");
    f.load(argument(0));
    for (var family : SOCKET_FAMILIES) {
      f.jump(JUMP_EQUAL, family, "allow 2", NEXT);
    }
    f.end("no such family", ERRNO | EAFNOSUPPORT);
    f.label("ioctl");
    f.load(argument(1));
    f.jump(JUMP_EQUAL, TIOCSTI, "deny", NEXT);
    f.jump(JUMP_EQUAL, TIOCLINUX, "deny", "allow 2");
    f.end("allow 2", ALLOW);
    f.end("deny", ERRNO | EPERM);
    f.end("no such call", ERRNO | ENOSYS);
    f.end("kill", KILL_PROCESS);
    return f.assemble();
  }

  private static int argument(int index) {
    return 16 + 8 * index;
  }

  private void load(int offset) {
    program.add(new Instruction(LOAD, NEXT, NEXT, offset));
  }

  private void jump(int code, int operand, String onTrue, String onFalse) {
    program.add(new Instruction(code, onTrue, onFalse, operand));
  }

  private void end(String label, int verdict) {
    label(label);
    program.add(new Instruction(RETURN, NEXT, NEXT, verdict));
  }

  private void label(String label) {
    labels.put(label, program.size());
  }

  private byte[] assemble() {
    var out = ByteBuffer.allocate(program.size() * 8).order(ByteOrder.LITTLE_ENDIAN);
    for (var at = 0; at < program.size(); at++) {
      var i = program.get(at);
      out.putShort((short) i.code())
          .put(distance(at, i.onTrue()))
          .put(distance(at, i.onFalse()))
          .putInt(i.operand());
    }
    return out.array();
  }

  private byte distance(int from, String label) {
    if (label.equals(NEXT)) {
      return 0;
    }
    var target = labels.get(label);
    var distance = target == null ? -1 : target - from - 1;
    if (distance < 0 || distance > 255) {
      throw new IllegalStateException("jump to " + label + ": " + distance + " (expected: 0..255)");
    }
    return (byte) distance;
  }
}
