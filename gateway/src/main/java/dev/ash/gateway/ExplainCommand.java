package dev.ash.gateway;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Findings;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "explain",
    description = {
      "Shows what a gateway's file says, and what in it has no effect or a wrong one.",
      "Exit code: 0 all is understood, 1 something is not."
    },
    mixinStandardHelpOptions = true)
final class ExplainCommand implements Callable<Integer> {
  private final Surroundings world;

  @Mixin private Source source = new Source();

  ExplainCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call() throws ConfigException, IOException {
    var read = source.read(world);
    var config = read.config();
    var out = world.out();
    config
        .upstreams()
        .forEach(
            u ->
                out.println(
                    "upstream "
                        + u.name()
                        + ": "
                        + u.url()
                        + u.credential().map(c -> ", with " + c.header()).orElse("")));
    config.routes().forEach(r -> out.println("route: " + r));
    config.headers().forEach(h -> out.println("header: " + h.action() + " " + h.name()));
    config
        .access()
        .consumers()
        .forEach(
            c ->
                out.println(
                    "consumer " + c.name() + ": " + c.keys().size() + " keys, " + c.allowance()));
    if (config.access().open()) {
      out.println("open: everybody may call");
    }
    config
        .limits()
        .shared()
        .ifPresent(
            shared ->
                out.println(
                    "limits: counted together in "
                        + shared.address()
                        + ", without it "
                        + shared.onFailure().name().toLowerCase(Locale.ROOT)));
    out.println("time-outs: " + config.timeouts());
    read.findings().all().forEach(out::println);
    return read.findings().all().stream()
            .anyMatch(
                f ->
                    f.kind() == Findings.Kind.NOT_UNDERSTOOD
                        || f.kind() == Findings.Kind.WRONG_AT_VENDOR)
        ? 1
        : 0;
  }
}
