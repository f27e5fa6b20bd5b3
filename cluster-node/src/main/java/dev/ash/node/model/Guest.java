package dev.ash.node.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.persistence.table.ModelCall.Party;
import java.util.HashSet;
import java.util.Set;

/** A session that may call: its account and the turn it is in. Any thread. */
final class Guest {
  /** More in one turn say nothing new, and every one is stored. */
  private static final int NOTICES_A_TURN = 20;

  private final Account account;
  private final Set<String> told = new HashSet<>();
  private long turn;
  private int notices;

  Guest(Account account) {
    this.account = account;
  }

  Account account() {
    return account;
  }

  synchronized void turn(long number) {
    if (number != turn) {
      turn = number;
      notices = 0;
      told.clear();
    }
  }

  synchronized Party party() {
    return new Party(account.tenant(), account.team(), account.agent(), account.session(), turn);
  }

  void tell(String kind, ObjectNode data) {
    ModelNotice notice;
    synchronized (this) {
      if (turn == 0 || notices == NOTICES_A_TURN) {
        return;
      }
      notices++;
      notice = new ModelNotice(turn, kind, data.toString());
    }
    account.notices().accept(notice);
  }

  /** The same once more in a turn is not told. */
  void tellOnce(String kind, String what, ObjectNode data) {
    synchronized (this) {
      if (!told.add(kind + " " + what)) {
        return;
      }
    }
    tell(kind, data);
  }
}
