package dev.ash.node.contract;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Every row of the contract, as rows.txt lists them: one id a line; {@code id ! reason} for a row
 * that a walk cannot do; {@code #} begins a section.
 *
 * @param walked ids that a walk has to do
 * @param excused the reasons for not doing the others
 */
record RowList(List<String> walked, Map<String, String> excused) {
  RowList {
    walked = List.copyOf(walked);
    excused = Map.copyOf(excused);
  }

  static RowList read() {
    var walked = new ArrayList<String>();
    var excused = new LinkedHashMap<String, String>();
    read("/contract/rows.txt", walked, excused);
    return new RowList(walked, excused);
  }

  private static void read(String file, List<String> walked, Map<String, String> excused) {
    try (var lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(RowList.class.getResourceAsStream(file), file),
                StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        var bang = line.indexOf(" ! ");
        if (bang > 0) {
          excused.put(line.substring(0, bang).strip(), line.substring(bang + 3).strip());
        } else if (!line.isBlank() && !line.startsWith("#")) {
          walked.add(line.strip());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
