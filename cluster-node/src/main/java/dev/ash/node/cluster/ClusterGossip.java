package dev.ash.node.cluster;

/** Marks what the nodes tell one another; lives for seconds and is never stored. */
interface ClusterGossip {}
