package dev.ash.node.session;

/** Marks messages that may cross nodes; bound to jackson-cbor in serialization.conf. */
public interface ClusterMessage {}
