/** Which room is shown: the one somebody chose, until then the one that needs attention most. */

export class Choice {
  /** @type {string | null} */ room = null;
  #byHand = false;
  #known = "";

  /** @param {string} room its key */
  choose(room) {
    this.room = room;
    this.#byHand = true;
  }

  forget() {
    this.room = null;
    this.#byHand = false;
    this.#known = "";
  }

  /**
   * Look again when rooms came or went; in between the choice stays, whatever the scores do.
   * @param {import("./rooms-view.js").RoomView[]} rooms
   */
  settle(rooms) {
    const known = JSON.stringify(rooms.map(({ key }) => key));
    const gone = !rooms.some(({ key }) => key === this.room);
    if (gone || (!this.#byHand && known !== this.#known)) {
      this.room = worst(rooms)?.key ?? null;
      this.#byHand = false;
    }
    this.#known = known;
  }
}

/** @param {import("./rooms-view.js").RoomView[]} rooms */
function worst(rooms) {
  const rank = (/** @type {import("./room-state.js").RoomState} */ state) => (state.stale ? 101 : state.score ?? 101);
  return [...rooms].sort((a, b) => rank(a.state) - rank(b.state))[0];
}
