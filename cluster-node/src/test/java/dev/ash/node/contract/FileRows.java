package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Files of sessions (section 2.8). */
final class FileRows {
  private static final String FILES = "/api/sessions/{session}/files";
  private static final String NOBODY = "/api/sessions/{unknown}/files";
  private static final String UPLOAD = "{'files':[{'path':'x','content':'eA=='}]}";

  private static final Map<String, String> TYPES = new LinkedHashMap<>();

  static {
    types("text/html", "html", "htm");
    types("text/css", "css");
    types("application/javascript", "js", "mjs");
    types("application/json", "json");
    types("application/xml", "xml");
    types("text/csv", "csv");
    types("text/plain", "txt", "toml");
    types("text/markdown", "md");
    types("text/yaml", "yaml", "yml");
    types("text/typescript", "ts", "tsx");
    types("text/javascript", "jsx");
    types("text/x-python", "py");
    types("text/x-ruby", "rb");
    types("text/x-rust", "rs");
    types("text/x-go", "go");
    types("text/x-java", "java");
    types("text/x-c", "c", "h");
    types("text/x-c++", "cpp");
    types("text/x-shellscript", "sh", "bash", "zsh");
    types("text/x-sql", "sql");
    types("image/svg+xml", "svg");
    types("image/png", "png");
    types("image/gif", "gif");
    types("image/webp", "webp");
    types("image/jpeg", "jpg", "jpeg");
    types("image/x-icon", "ico");
    types("application/pdf", "pdf");
    types("application/zip", "zip");
    types("application/gzip", "gz");
    types("application/x-tar", "tar");
    types("application/wasm", "wasm");
    types("video/mp4", "mp4");
    types("video/webm", "webm");
    types("audio/mpeg", "mp3");
    types("audio/wav", "wav");
    types("font/woff", "woff");
    types("font/woff2", "woff2");
    types("font/ttf", "ttf");
    types("font/otf", "otf");
    types("application/octet-stream", "other");
    types("text/html", "HTML");
  }

  static final List<Row> ROWS = rows();

  private FileRows() {}

  private static void types(String type, String... extensions) {
    for (var extension : extensions) {
      TYPES.put(extension, type);
    }
  }

  private static List<Row> rows() {
    var rows = new ArrayList<>(written());
    rows.add(
        row("F2 types are written")
            .post(FILES, "{'targetPath':'types','files':[" + ofAllTypes() + "]}")
            .answers(200));
    TYPES.forEach(
        (extension, type) ->
            rows.add(
                row("F2 type " + extension)
                    .get(FILES + "/types/f." + extension)
                    .answers(200, "x")
                    .with("content-type", type)));
    rows.addAll(read());
    return rows;
  }

  private static String ofAllTypes() {
    return String.join(
        ",",
        TYPES.keySet().stream()
            .map(extension -> "{'path':'f." + extension + "','content':'eA=='}")
            .toList());
  }

  private static List<Row> written() {
    return List.of(
        row("F3 200")
            .post(
                FILES,
                "{'files':[{'path':'a/b.txt','content':'aGk=','mimeType':'text/plain'},"
                    + "{'path':'.DS_Store','content':'eA=='},{'path':'../c','content':'eA=='},"
                    + "{'path':'.hidden/d','content':'eA=='},{'path':'.cache/e','content':'eA=='}]}")
            .answers(
                200,
                "{'files':[{'path':'a/b.txt','written':true,'size':2},"
                    + "{'path':'.DS_Store','written':false,'error':'Skipped: .DS_Store'},"
                    + "{'path':'../c','written':false,'error':'Invalid file path'},"
                    + "{'path':'.hidden/d','written':true,'size':1},"
                    + "{'path':'.cache/e','written':true,'size':1}]}"),
        row("F3 200 target path")
            .post(FILES, "{'targetPath':'to','files':[{'path':'a..b.txt','content':'eA=='}]}")
            .answers(200, "{'files':[{'path':'<any>a..b.txt','written':true,'size':1}]}"),
        row("F3 404").post(NOBODY, UPLOAD).refuses(404, "Session not found"),
        row("F3 404 other tenant")
            .post(FILES, UPLOAD)
            .by("other")
            .refuses(404, "Session not found"),
        row("F3 400 no files")
            .post(FILES, "{'files':[]}")
            .refusesLong("body/files must NOT have fewer than 1 items"),
        row("F3 400 over 500 files")
            .post(FILES, "{'files':[" + "{'path':'x','content':''},".repeat(500) + "{}]}")
            .answers(400));
  }

  private static List<Row> read() {
    return List.of(
        row("F1 200")
            .get(FILES)
            .answers(
                200,
                "{'files':[<any>{'path':'.cache/e','size':1,'modifiedAt':'<time>'}<any>"
                    + "{'path':'a/b.txt','size':2,'modifiedAt':'<time>'}<any>],'source':'sandbox'}"),
        row("F1 200 without hidden")
            .get(FILES + "?includeHidden=false")
            .answers(200, "{'files':[{'path':'.hidden/d',<any>],'source':'sandbox'}"),
        row("F1 404").get(NOBODY).refuses(404, "Session not found"),
        row("F2 200 raw")
            .get(FILES + "/a/b.txt")
            .answers(200, "hi")
            .with("content-type", "text/plain")
            .with("content-disposition", "attachment; filename*=UTF-8''b.txt")
            .with("content-length", "2")
            .with("x-ash-source", "sandbox"),
        row("F2 200 json")
            .get(FILES + "/a/b.txt?format=json")
            .answers(200, "{'path':'a/b.txt','content':'hi','size':2,'source':'sandbox'}"),
        row("F2 200 encoded slash").get(FILES + "/a%2Fb.txt").answers(200, "hi"),
        // The reference refuses two dots in a row anywhere.
        row("F2 200 two dots in a name").get(FILES + "/to/a..b.txt").answers(200, "x"),
        row("F2 400 no path").get(FILES + "/").refuses(400, "File path required"),
        row("F2 400 bad path").get(FILES + "//etc/passwd").refuses(400, "Invalid file path"),
        row("F2 404 dots are normalised")
            .get(FILES + "/%2e%2e/x")
            .answers(404, GlobalRows.noRoute("GET", "/api/sessions/{session}/x")),
        row("F2 400 directory").get(FILES + "/a").refuses(400, "Path is not a file"),
        row("F2 404 file").get(FILES + "/none").refuses(404, "File not found"),
        row("F2 404 session").get(NOBODY + "/a").refuses(404, "Session not found"),
        row("F2 large files are made")
            .post(
                "/api/sessions/{session}/exec",
                "{'command':'truncate -s 1048577 big; truncate -s 104857601 huge'}")
            .answers(200, "{'exitCode':0,'stdout':'','stderr':''}"),
        row("F2 400 json too large")
            .get(FILES + "/big?format=json")
            .refuses(400, "File too large (1048577 bytes, max 1048576)"),
        row("F2 400 raw too large")
            .get(FILES + "/huge")
            .refuses(400, "File too large (104857601 bytes, max 104857600)"),
        row("F4 200").delete(FILES + "/huge").answers(200, "{'path':'huge','deleted':true}"),
        row("F4 404 file").delete(FILES + "/huge").refuses(404, "File not found"),
        row("F4 404 session").delete(NOBODY + "/a").refuses(404, "Session not found"),
        row("F4 400 no path").delete(FILES + "/").refuses(400, "File path required"),
        row("F4 400 bad path").delete(FILES + "//etc/passwd").refuses(400, "Invalid file path"),
        row("F4 400 directory").delete(FILES + "/a").refuses(400, "Path is not a file"));
  }
}
