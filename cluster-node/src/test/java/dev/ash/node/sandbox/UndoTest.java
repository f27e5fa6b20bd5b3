package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

final class UndoTest {
  @Test
  void aStepThatFailsKeepsNoOtherFromBeingDone() {
    var done = new ArrayList<String>();
    var undo = new Undo();
    undo.add(() -> done.add("first"));
    undo.add(
        () -> {
          throw new InternalError("no thread to spare");
        });
    undo.add(
        () -> {
          throw new IOException("no such file");
        });
    undo.add(() -> done.add("last"));

    undo.run();

    assertThat(done).containsExactly("last", "first");
  }
}
