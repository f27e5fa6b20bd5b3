package dev.ash.node.egress;

import dev.ash.config.EgressConfig.Mode;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * What one session may reach. Pure.
 *
 * @param operator what the node's operator lists; nobody gets beyond mode and this list
 * @param wanted lists of the agent and of the session; each one narrows, none widens
 */
record EgressRules(Mode mode, AllowList operator, List<AllowList> wanted) {
  EgressRules {
    wanted = List.copyOf(wanted);
  }

  /** Why a target is refused, so that it is not even looked up. */
  Optional<String> refusal(Target target) {
    return switch (target.host()) {
      case Host.Name(var name) when AddressKind.isMetadata(name) ->
          Optional.of("it is a metadata service, which is never reached");
      case Host.Address(var address) when AddressKind.of(address) == AddressKind.METADATA ->
          Optional.of("it is a metadata service, which is never reached");
      case Host.Name _, Host.Address _ -> unlisted(target);
    };
  }

  private Optional<String> unlisted(Target target) {
    var permitted =
        switch (mode) {
          case NONE -> false;
          case RESTRICTED -> operator.names(target);
          case FULL -> true;
        };
    if (!permitted) {
      return Optional.of(
          "the node's operator does not list it (ASH_SANDBOX_ALLOW of the node, or"
              + " ASH_SANDBOX_NETWORK=full)");
    }
    return wanted.stream().allMatch(list -> list.names(target))
        ? Optional.empty()
        : Optional.of(
            "the agent or the session does not list it (ASH_SANDBOX_ALLOW in the agent's env or the"
                + " session's extraEnv)");
  }

  /**
   * Why a target that is not refused as such must not be dialled at an address.
   *
   * @param own whether the address is one of this machine's
   */
  Optional<String> refusal(Target target, InetAddress address, boolean own) {
    var kind = AddressKind.of(address);
    if (kind == AddressKind.METADATA) {
      return Optional.of("it leads to a metadata service, which is never reached");
    }
    if (operator.holds(address, target.port())) {
      return Optional.empty();
    }
    return switch (kind) {
      case PUBLIC ->
          own && !operator.namesPrivate(target)
              ? Optional.of("it leads to the node itself" + whatToList(target))
              : Optional.empty();
      case PRIVATE ->
          operator.namesPrivate(target)
              ? Optional.empty()
              : Optional.of("it leads to a private address" + whatToList(target));
      case RESERVED ->
          Optional.of("it leads to a reserved address, which must be listed as an address");
      case METADATA -> Optional.of("it leads to a metadata service, which is never reached");
    };
  }

  private static String whatToList(Target target) {
    return switch (target.host()) {
      case Host.Name _ ->
          ": the node's operator may list " + target + "=private in ASH_SANDBOX_ALLOW";
      case Host.Address _ -> ": the node's operator may list " + target + " in ASH_SANDBOX_ALLOW";
    };
  }
}
