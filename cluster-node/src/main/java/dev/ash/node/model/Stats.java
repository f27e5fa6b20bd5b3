package dev.ash.node.model;

/**
 * What passed through the proxy since the node started.
 *
 * @param calls that were forwarded
 * @param open calls under way now
 * @param refused calls the node answered itself without forwarding
 * @param failed forwarded calls that the model server did not answer, or whose answer broke off
 * @param cancelled forwarded calls whose sandbox left before the end
 * @param connections of sandboxes that are open now
 */
public record Stats(
    long calls,
    long open,
    long refused,
    long failed,
    long cancelled,
    long requestBytes,
    long responseBytes,
    long connections) {}
