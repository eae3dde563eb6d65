/** Keeps the screen on while a page is seen, where the browser can. */

export class Wakefulness {
  /** @type {WakeLockSentinel | null} */ #lock = null;
  #ended = false;
  #seen = () => this.#ask();

  constructor() {
    document.addEventListener("visibilitychange", this.#seen);
    this.#ask();
  }

  end() {
    this.#ended = true;
    document.removeEventListener("visibilitychange", this.#seen);
    this.#lock?.release();
  }

  /** The browser takes it back whenever the page is hidden. */
  async #ask() {
    if (document.hidden) return;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
      if (this.#ended) this.#lock.release();
    } catch {
      // not here, or not with so little battery: then the screen does as it is set
    }
  }
}
