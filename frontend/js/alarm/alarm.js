/** Calls for a person when an alert is raised: by sound and, where the browser may, by a notification. */

import { eventWords } from "../events/event-words.js";

/** Seconds; what was raised before is news to nobody. */
const NEWS = 60;

/**
 * @typedef {import("../transport/protocol.js").Message} Message
 * @typedef {object} Outlets
 * @property {(urgent: boolean) => void} ring
 * @property {(title: string, body: string, tag: string) => void} notify
 * @property {(what: string, run: () => void) => void} once of several tabs that hear of the same one runs it
 */

export class Alarm {
  #outlets;
  #now;
  on;
  language;

  /**
   * @param {object} options
   * @param {Outlets} options.outlets
   * @param {() => number} options.now seconds since the epoch, by the gateway's clock
   * @param {boolean} options.on
   * @param {import("../i18n/language.js").Language} options.language
   */
  constructor({ outlets, now, on, language }) {
    this.#outlets = outlets;
    this.#now = now;
    this.on = on;
    this.language = language;
  }

  /** @param {Message} alert */
  hear(alert) {
    const news = this.#now() - Date.parse(alert.received_at ?? alert.timestamp) / 1000 < NEWS;
    if (!this.on || !news || alert.state !== "raised" || alert.severity === "info") return;
    const { title, note } = eventWords(this.language, alert);
    const place = [alert.salle, alert.enseigne].filter(Boolean).join(", ");
    const what = String(alert.alert_id ?? alert.position);
    this.#outlets.once(what, () => {
      this.#outlets.ring(alert.severity === "critical");
      this.#outlets.notify(place, [title, note].filter(Boolean).join("\n"), what);
    });
  }
}
