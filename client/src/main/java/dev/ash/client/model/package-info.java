/**
 * What the API answers and what it is asked for. Answers are records whose unknown fields are
 * dropped and whose optional ones are {@code Optional}; requests are immutable and start at a
 * static {@code of}. Times are UTC, sizes are bytes, durations say their unit.
 */
@NullMarked
package dev.ash.client.model;

import org.jspecify.annotations.NullMarked;
