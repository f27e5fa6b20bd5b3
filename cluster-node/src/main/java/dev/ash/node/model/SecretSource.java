package dev.ash.node.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Gives a secret when it is needed, as it is then. */
interface SecretSource {
  CompletionStage<String> get();

  /**
   * The value was refused by whom it was shown to.
   *
   * @return whether another one may come of asking again
   */
  boolean refused(String value);

  /** There is none now. The message names no secret. */
  final class NoSecretException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoSecretException(String message) {
      super(message);
    }
  }

  /** Always the same. */
  record Fixed(String value) implements SecretSource {
    @Override
    public CompletionStage<String> get() {
      return CompletableFuture.completedStage(value);
    }

    @Override
    public boolean refused(String refused) {
      return false;
    }

    @Override
    public String toString() {
      return "***";
    }
  }

  /** Read anew each time: whoever replaces the file need tell nobody. */
  final class InFile implements SecretSource {
    private static final int LARGEST = 64 << 10;
    private final Path path;
    private final Executor threads;
    private final Refusal refusal = new Refusal(System::nanoTime);

    InFile(Path path, Executor threads) {
      this.path = path;
      this.threads = threads;
    }

    @Override
    public CompletionStage<String> get() {
      return CompletableFuture.supplyAsync(this::read, threads);
    }

    private String read() {
      try (var in = Files.newInputStream(path)) {
        var text = new String(in.readNBytes(LARGEST), StandardCharsets.UTF_8).strip();
        if (text.isEmpty()) {
          throw new NoSecretException(path + " is empty");
        }
        refusal.read(text);
        return text;
      } catch (IOException e) {
        throw new NoSecretException(path + " cannot be read: " + e.getClass().getSimpleName());
      }
    }

    /** It may have been replaced between the reading and the refusal. */
    @Override
    public boolean refused(String value) {
      return refusal.of(value);
    }
  }
}
