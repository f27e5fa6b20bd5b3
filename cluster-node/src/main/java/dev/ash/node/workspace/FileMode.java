package dev.ash.node.workspace;

import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Permission bits as a number, which is how trees are stored, and as Java's file API has them. */
public final class FileMode {
  private static final int OWNER_READ = 0400;

  private FileMode() {}

  public static int of(Set<PosixFilePermission> permissions) {
    var mode = 0;
    var bit = OWNER_READ;
    for (var permission : PosixFilePermission.values()) {
      mode |= permissions.contains(permission) ? bit : 0;
      bit >>= 1;
    }
    return mode;
  }

  public static Set<PosixFilePermission> permissions(int mode) {
    var permissions = EnumSet.noneOf(PosixFilePermission.class);
    var bit = OWNER_READ;
    for (var permission : PosixFilePermission.values()) {
      if ((mode & bit) != 0) {
        permissions.add(permission);
      }
      bit >>= 1;
    }
    return permissions;
  }
}
