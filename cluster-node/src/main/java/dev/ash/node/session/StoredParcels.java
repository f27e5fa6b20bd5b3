package dev.ash.node.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.node.session.SessionReply.InParcel;
import dev.ash.persistence.table.ParcelTable;
import dev.ash.persistence.table.ParcelTable.Parcel;
import java.time.InstantSource;
import java.util.Base64;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializers;

/** Parcels as rows of the shared database, in the form that messages between nodes have. */
final class StoredParcels implements Parcels {
  /** Of a parcel that is a text and no message. */
  private static final int TEXT = 0;

  /** Besides the path of a file or the text of a line. */
  private static final int ENTRY = 80;

  private final ParcelTable table;
  private final Serialization serialization;
  private final Supplier<UUID> ids;
  private final InstantSource clock;

  StoredParcels(ParcelTable table, ActorSystem<?> system, Supplier<UUID> ids, InstantSource clock) {
    this.table = table;
    this.serialization = SerializationExtension.get(Adapter.toClassic(system));
    this.ids = ids;
    this.clock = clock;
  }

  @Override
  public SessionReply packed(SessionReply reply, ActorRef<SessionReply> to) {
    if (to.path().address().hasLocalScope() || size(reply) <= LARGEST) {
      return reply;
    }
    var serializer = serialization.findSerializerFor(reply);
    return new InParcel(
        put(
            new Parcel(
                serializer.identifier(),
                Serializers.manifestFor(serializer, reply),
                encoded(serializer.toBinary(reply)))));
  }

  @Override
  public SessionReply unpacked(SessionReply reply) {
    if (!(reply instanceof InParcel(var id))) {
      return reply;
    }
    var parcel = get(id);
    return (SessionReply)
        serialization.deserialize(decoded(parcel), parcel.serializer(), parcel.manifest()).get();
  }

  @Override
  public String pack(String text) {
    return put(new Parcel(TEXT, "", encoded(text.getBytes(UTF_8))));
  }

  @Override
  public String text(String parcel) {
    return new String(decoded(get(parcel)), UTF_8);
  }

  private static String encoded(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] decoded(Parcel parcel) {
    return Base64.getDecoder().decode(parcel.body());
  }

  private String put(Parcel parcel) {
    var id = ids.get().toString();
    table.put(id, parcel, clock.instant());
    return id;
  }

  private Parcel get(String id) {
    return table
        .get(id)
        .orElseThrow(() -> new IllegalStateException("parcel " + id + " is not there any more"));
  }

  /** About what an answer takes; only those that a sandbox fills can be large. */
  private static long size(SessionReply reply) {
    return switch (reply) {
      case SessionReply.Executed(_, var out, var err) -> Utf8.size(out) + Utf8.size(err);
      case SessionReply.Listed(var files) ->
          files.stream().mapToLong(file -> Utf8.size(file.path()) + ENTRY).sum();
      case SessionReply.Logged(var lines) ->
          lines.stream().mapToLong(line -> Utf8.size(line.text()) + ENTRY).sum();
      case SessionReply.Shown _,
          SessionReply.TurnTaken _,
          SessionReply.Interrupted _,
          SessionReply.Refused _,
          SessionReply.Stale _,
          SessionReply.Batch _,
          SessionReply.Behind _,
          SessionReply.Part _,
          SessionReply.FileDone _,
          SessionReply.NotLive _,
          InParcel _ ->
          0;
    };
  }
}
