package dev.ash.node.session;

import org.apache.pekko.actor.typed.ActorRef;

/**
 * Takes what is too large for a message between nodes by way of the database they share. A message
 * that stays on its node is never packed. Blocks where something is packed or unpacked.
 */
interface Parcels {
  /** Below the largest frame, with room for what else is in a message. */
  int LARGEST = 700 << 10;

  /** The answer itself, or the parcel it is in. */
  SessionReply packed(SessionReply reply, ActorRef<SessionReply> to);

  /** What an answer says, wherever it is. */
  SessionReply unpacked(SessionReply reply);

  /** Packs a text; its parcel's id. */
  String pack(String text);

  /** The text that was packed. */
  String text(String parcel);

  /** Of a node that is alone: nothing leaves it. */
  static Parcels none() {
    return new Parcels() {
      @Override
      public SessionReply packed(SessionReply reply, ActorRef<SessionReply> to) {
        return reply;
      }

      @Override
      public SessionReply unpacked(SessionReply reply) {
        return reply;
      }

      @Override
      public String pack(String text) {
        throw new IllegalStateException("there is no other node");
      }

      @Override
      public String text(String parcel) {
        throw new IllegalStateException("there is no other node");
      }
    };
  }
}
