package dev.ash.node.telemetry;

import dev.ash.node.model.Stats;
import dev.ash.node.sandbox.Places;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import kamon.Kamon;
import kamon.metric.Counter;
import kamon.metric.Gauge;
import kamon.metric.MeasurementUnit;
import kamon.metric.Metric;

/** Numbers that others keep and that are read before every scrape could want them. */
final class Readings {
  private static final MeasurementUnit BYTES = MeasurementUnit.information().bytes();

  private Readings() {}

  static void begin(Supplier<Stats> model, Places places) {
    model(model);
    var sandboxes = Kamon.gauge(Names.SANDBOXES, "Sandboxes by state.");
    for (var state : Places.State.values()) {
      update(
          sandboxes.withTag("state", state.name().toLowerCase(Locale.ROOT)),
          () -> places.count(state));
    }
    jvm();
  }

  private static void model(Supplier<Stats> model) {
    counter(
        Kamon.counter(Names.MODEL_CALLS, "Model calls that were forwarded."), model, Stats::calls);
    counter(
        Kamon.counter(Names.MODEL_REFUSED, "Model calls the node answered itself."),
        model,
        Stats::refused);
    counter(
        Kamon.counter(
            Names.MODEL_FAILED, "Model calls without an answer, or whose answer broke off."),
        model,
        Stats::failed);
    counter(
        Kamon.counter(Names.MODEL_CANCELLED, "Model calls whose sandbox left before the end."),
        model,
        Stats::cancelled);
    counter(
        Kamon.counter(Names.MODEL_REQUEST_SIZE, "Bytes sent to the model server.", BYTES),
        model,
        Stats::requestBytes);
    counter(
        Kamon.counter(Names.MODEL_RESPONSE_SIZE, "Bytes that came from the model server.", BYTES),
        model,
        Stats::responseBytes);
    gauge(Kamon.gauge(Names.MODEL_OPEN, "Model calls under way now."), () -> model.get().open());
    gauge(
        Kamon.gauge(Names.MODEL_CONNECTIONS, "Connections of sandboxes to the model proxy."),
        () -> model.get().connections());
  }

  private static void jvm() {
    var memory = ManagementFactory.getMemoryMXBean();
    gauge(
        Kamon.gauge(Names.HEAP_USED, "Heap in use.", BYTES),
        () -> memory.getHeapMemoryUsage().getUsed());
    gauge(
        Kamon.gauge(Names.HEAP_MAX, "Heap that may be used.", BYTES),
        () -> memory.getHeapMemoryUsage().getMax());
    var threads = ManagementFactory.getThreadMXBean();
    gauge(Kamon.gauge(Names.THREADS, "Platform threads of the node."), threads::getThreadCount);
    var collections = Kamon.counter(Names.COLLECTIONS, "Garbage collections, by collector.");
    var time = Kamon.counter(Names.COLLECTION_TIME, "Time of garbage collections, by collector.");
    for (var collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      collected(collections, collector, GarbageCollectorMXBean::getCollectionCount);
      collected(time, collector, GarbageCollectorMXBean::getCollectionTime);
    }
  }

  private static void collected(
      Metric.Counter counter,
      GarbageCollectorMXBean collector,
      ToLongFunction<GarbageCollectorMXBean> value) {
    follow(counter.withTag("collector", collector.getName()), () -> value.applyAsLong(collector));
  }

  private static void counter(
      Metric.Counter counter, Supplier<Stats> model, ToLongFunction<Stats> value) {
    follow(counter.withoutTags(), () -> value.applyAsLong(model.get()));
  }

  private static void gauge(Metric.Gauge gauge, DoubleSupplier value) {
    update(gauge.withoutTags(), value);
  }

  private static void update(Gauge gauge, DoubleSupplier value) {
    Consumer<Gauge> update = g -> g.update(value.getAsDouble());
    gauge.autoUpdate(update);
  }

  private static void follow(Counter counter, Supplier<Object> total) {
    counter.autoUpdate(Counter.delta(total));
  }
}
