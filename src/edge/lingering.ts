/** How long a client's connection goes on in cases that no timeout of the configuration is for. */

/** After the last response: how long, and how many bytes, a client may still send before it is cut off. Closing at once would let the kernel reset
 * the connection and destroy the response on its way (RFC 9112 §9.6). */
export const lingerMs = 2000
export const lingerBytes = 65_536
/** A client that closes its side while it waits has most likely gone; one that only half-closed gets its answer if it comes within this time. */
export const halfClosedMs = 1000
/** An upstream that ignores `Expect: 100-continue` would keep both waiting: after this time the edge says 100 itself. */
export const continueMs = 1000
