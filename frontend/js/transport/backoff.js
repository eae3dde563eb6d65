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
