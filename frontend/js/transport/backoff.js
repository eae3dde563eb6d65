/**
 * How long to wait before connecting again: full jitter, which spreads a crowd of clients best
 * (Brooker, "Exponential Backoff And Jitter", 2015). The first attempt after a cut comes within
 * half a second, the first two within a second and a half.
 */

export const MIN_MS = 500;
export const MAX_MS = 20_000;

/**
 * @param {number} attempt 0 for the first one after a cut
 * @param {() => number} random uniform in [0, 1)
 * @returns {number} milliseconds
 */
export function retryDelay(attempt, random) {
  return random() * Math.min(MAX_MS, MIN_MS * 2 ** attempt);
}

const GREETING_MS = 5000;

/**
 * How long to wait for the greeting: doubled by each failure, so that a gateway to which a crowd comes
 * back at once is not left with handshakes that nobody waits for any more: 5,000 were back in 14 s
 * instead of 37 (`bench/reconnect.py`).
 * @param {number} attempt as above
 * @returns {number} milliseconds
 */
export function greetingDeadline(attempt) {
  return Math.min(MAX_MS, GREETING_MS * 2 ** attempt);
}
