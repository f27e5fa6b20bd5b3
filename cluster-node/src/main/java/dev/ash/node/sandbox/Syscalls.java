package dev.ash.node.sandbox;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Numbers of the system calls that the filter knows, for one processor architecture.
 *
 * @param audit what the kernel calls the architecture (AUDIT_ARCH_*)
 * @param x32 whether a second ABI shares the architecture's name, with numbers from {@link
 *     #X32_BIT}
 * @param fork the clone call, by which processes and threads begin
 * @param denied fail with EPERM, whatever the arguments
 */
record Syscalls(
    int audit, boolean x32, int socket, int socketpair, int fork, int ioctl, List<Integer> denied) {

  Syscalls {
    denied = List.copyOf(denied);
  }

  static final int X32_BIT = 0x4000_0000;

  /** Has the same number everywhere; its flags lie in memory, where a filter cannot look. */
  static final int CLONE3 = 435;

  // Numbers from 424 on are the same on every architecture.
  private static final int[] DENIED_EVERYWHERE = {
    425, // io_uring_setup
    426, // io_uring_enter
    427, // io_uring_register
    428, // open_tree
    429, // move_mount
    430, // fsopen
    431, // fsconfig
    432, // fsmount
    433, // fspick
    438, // pidfd_getfd
    440, // process_madvise
    442, // mount_setattr
    443, // quotactl_fd
    467, // open_tree_attr
  };

  private static final int[] DENIED_X86_64 = {
    101, // ptrace
    103, // syslog
    134, // uselib
    153, // vhangup
    154, // modify_ldt
    155, // pivot_root
    156, // _sysctl
    159, // adjtimex
    161, // chroot
    163, // acct
    164, // settimeofday
    165, // mount
    166, // umount2
    167, // swapon
    168, // swapoff
    169, // reboot
    170, // sethostname
    171, // setdomainname
    172, // iopl
    173, // ioperm
    175, // init_module
    176, // delete_module
    179, // quotactl
    180, // nfsservctl
    212, // lookup_dcookie
    227, // clock_settime
    246, // kexec_load
    248, // add_key
    249, // request_key
    250, // keyctl
    256, // migrate_pages
    272, // unshare
    279, // move_pages
    298, // perf_event_open
    300, // fanotify_init
    303, // name_to_handle_at
    304, // open_by_handle_at
    305, // clock_adjtime
    308, // setns
    310, // process_vm_readv
    311, // process_vm_writev
    312, // kcmp
    313, // finit_module
    320, // kexec_file_load
    321, // bpf
    323, // userfaultfd
  };

  private static final int[] DENIED_AARCH64 = {
    18, // lookup_dcookie
    39, // umount2
    40, // mount
    41, // pivot_root
    42, // nfsservctl
    51, // chroot
    58, // vhangup
    60, // quotactl
    89, // acct
    97, // unshare
    104, // kexec_load
    105, // init_module
    106, // delete_module
    112, // clock_settime
    116, // syslog
    117, // ptrace
    142, // reboot
    161, // sethostname
    162, // setdomainname
    170, // settimeofday
    171, // adjtimex
    217, // add_key
    218, // request_key
    219, // keyctl
    224, // swapon
    225, // swapoff
    238, // migrate_pages
    239, // move_pages
    241, // perf_event_open
    262, // fanotify_init
    264, // name_to_handle_at
    265, // open_by_handle_at
    266, // clock_adjtime
    268, // setns
    270, // process_vm_readv
    271, // process_vm_writev
    272, // kcmp
    273, // finit_module
    280, // bpf
    282, // userfaultfd
    294, // kexec_file_load
  };

  static final Syscalls X86_64 =
      new Syscalls(0xC000_003E, true, 41, 53, 56, 16, joined(DENIED_X86_64));
  static final Syscalls AARCH64 =
      new Syscalls(0xC000_00B7, false, 198, 199, 220, 29, joined(DENIED_AARCH64));

  /**
   * The table of a processor.
   *
   * @param arch as in the system property {@code os.arch}
   */
  static Syscalls of(String arch) {
    return switch (arch.toLowerCase(Locale.ROOT)) {
      case "amd64", "x86_64" -> X86_64;
      case "aarch64", "arm64" -> AARCH64;
      default ->
          throw new IllegalArgumentException(
              "processor: " + arch + " (expected: x86_64 or aarch64)");
    };
  }

  private static List<Integer> joined(int[] own) {
    return IntStream.concat(IntStream.of(own), IntStream.of(DENIED_EVERYWHERE)).boxed().toList();
  }
}
