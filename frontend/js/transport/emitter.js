/** Named events for a closed set of names. */

/** @typedef {(detail: any) => void} Listener */

export class Emitter {
  /** @type {Map<string, Set<Listener>>} */ #listeners;

  /** @param {Iterable<string>} names */
  constructor(names) {
    this.#listeners = new Map([...names].map((name) => [name, new Set()]));
  }

  /**
   * @param {string} name
   * @param {Listener} listener
   * @throws {RangeError} for a name that is never emitted: a typing error would stay silent
   */
  on(name, listener) {
    this.#of(name).add(listener);
  }

  /** @param {string} name @param {Listener} listener */
  off(name, listener) {
    this.#of(name).delete(listener);
  }

  /**
   * A listener that throws does not keep the others from being called.
   * @param {string} name
   * @param {unknown} [detail]
   */
  emit(name, detail) {
    for (const listener of [...this.#of(name)]) {
      try {
        listener(detail);
      } catch (error) {
        console.error(error);
      }
    }
  }

  /** @param {string} name */
  #of(name) {
    const listeners = this.#listeners.get(name);
    if (!listeners) throw new RangeError(`no such event: ${name}`);
    return listeners;
  }
}
