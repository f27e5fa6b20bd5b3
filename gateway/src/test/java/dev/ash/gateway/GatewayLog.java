package dev.ash.gateway;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What the gateway's own log says meanwhile. */
final class GatewayLog implements AutoCloseable {
  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.ash.gateway");
  private final ListAppender<ILoggingEvent> said = new ListAppender<>();

  GatewayLog() {
    // The gateway's threads write while a test reads.
    said.list = new CopyOnWriteArrayList<>();
    said.start();
    logger.addAppender(said);
  }

  long lines(String text) {
    return said.list.stream().filter(e -> e.getFormattedMessage().contains(text)).count();
  }

  @Override
  public void close() {
    logger.detachAppender(said);
  }
}
