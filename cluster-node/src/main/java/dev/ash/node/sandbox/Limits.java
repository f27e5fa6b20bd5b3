package dev.ash.node.sandbox;

/** What one sandbox may use. */
record Limits(long memoryBytes, int cpuPercent, int pids) {}
