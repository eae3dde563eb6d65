/** Asks again and again while somebody looks; hidden, it does nothing, and shown again it asks at once. */

const EVERY_MS = 3000;

/**
 * @param {(signal: AbortSignal) => Promise<void>} ask does not reject; what it was asked before is given up
 * @param {EventTarget & {hidden: boolean}} [page]
 * @returns {{now: () => Promise<void>, end: () => void}}
 */
export function refreshing(ask, page = document) {
  let asking = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  let ended = false;

  async function now() {
    clearTimeout(timer);
    asking.abort();
    if (ended || page.hidden) return; // what was done on a page may be answered when it has been left
    const mine = (asking = new AbortController());
    await ask(mine.signal);
    if (!mine.signal.aborted) timer = setTimeout(now, EVERY_MS);
  }

  page.addEventListener("visibilitychange", now);
  now();
  return {
    now,
    end() {
      ended = true;
      page.removeEventListener("visibilitychange", now);
      clearTimeout(timer);
      asking.abort();
    },
  };
}
