package dev.ash.client.model;

import dev.ash.client.http.Content;

/** A file to send, with the path it gets there: relative, with slashes. */
public record FileUpload(String path, Content content) {}
