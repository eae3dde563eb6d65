/** Words, numbers and times in the reader's language: French first, English too. */

/** @typedef {Record<string, string | {one: string, other: string}>} Dictionary */

const CODES = ["fr", "en"];

/** @param {readonly string[]} preferred as `navigator.languages` @returns {string} */
export function chooseLanguage(preferred) {
  const known = preferred.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => CODES.includes(tag));
  return known ?? "fr";
}

/** The reader's own alone is loaded. @param {string} code `fr` or `en` @returns {Promise<Language>} */
export async function loadLanguage(code) {
  const answer = await fetch(new URL(`./${code}.json`, import.meta.url));
  return new Language(code, await answer.json());
}

export class Language {
  /** @param {string} code `fr` or `en` @param {Dictionary} dictionary */
  constructor(code, dictionary) {
    this.code = code;
    const locale = code === "en" ? "en-GB" : "fr-FR";
    this.#dictionary = dictionary;
    this.#plural = new Intl.PluralRules(locale);
    this.#age = new Intl.RelativeTimeFormat(locale, { style: "short" });
    this.#numbers = [0, 1, 2].map((digits) => new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }));
    this.#percent = new Intl.NumberFormat(locale, { style: "percent" });
    this.#list = new Intl.ListFormat(locale, { type: "conjunction" });
    this.#clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
    this.#minutes = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
    this.#moment = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "medium" });
    this.#day = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric" });
    this.#date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
    this.#calendar = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
    this.#month = new Intl.DateTimeFormat(locale, { month: "short" });
    this.compare = new Intl.Collator(locale, { numeric: true }).compare;
  }

  #dictionary;
  #plural;
  #age;
  #numbers;
  #percent;
  #list;
  #clock;
  #minutes;
  #moment;
  #day;
  #date;
  #calendar;
  #month;

  /**
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   * @throws {RangeError} for a key without words
   */
  t(key, values = {}) {
    const entry = this.#dictionary[key];
    if (entry === undefined) throw new RangeError(`no words for ${key}`);
    const text = typeof entry === "string" ? entry : this.#pluralForm(entry, Number(values.count));
    return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  }

  /**
   * Words that a service may have made up: ours where we have some, its own otherwise.
   * @param {string} prefix
   * @param {string} word e.g. `open_window`
   */
  name(prefix, word) {
    const key = `${prefix}.${word.toLowerCase().replaceAll(" ", "_")}`;
    return Object.hasOwn(this.#dictionary, key) ? this.t(key) : word.replaceAll("_", " ");
  }

  /** @param {number} value @param {0 | 1 | 2 | number} digits */
  number(value, digits) {
    return this.#numbers[digits].format(value);
  }

  /** @param {number} share 0 to 1 */
  percent(share) {
    return this.#percent.format(share);
  }

  /** @param {number} seconds e.g. "il y a 4 s" */
  age(seconds) {
    if (seconds < 2) return this.t("age.now");
    if (seconds < 60) return this.#age.format(-Math.floor(seconds), "second");
    if (seconds < 3600) return this.#age.format(-Math.floor(seconds / 60), "minute");
    if (seconds < 86_400) return this.#age.format(-Math.floor(seconds / 3600), "hour");
    return this.#age.format(-Math.floor(seconds / 86_400), "day");
  }

  /** @param {string[]} items */
  list(items) {
    return this.#list.format(items);
  }

  /** @param {number} seconds since the epoch */
  clock(seconds) {
    return this.#clock.format(seconds * 1000);
  }

  /** @param {number} seconds since the epoch */
  hourAndMinute(seconds) {
    return this.#minutes.format(seconds * 1000);
  }

  /** @param {number} seconds since the epoch */
  moment(seconds) {
    return this.#moment.format(seconds * 1000);
  }

  /** @param {number} seconds since the epoch */
  day(seconds) {
    return this.#day.format(seconds * 1000);
  }

  /** @param {number} seconds since the epoch */
  date(seconds) {
    return this.#date.format(seconds * 1000);
  }

  /** With its year. @param {number} seconds since the epoch */
  calendar(seconds) {
    return this.#calendar.format(seconds * 1000);
  }

  /** @param {number} seconds since the epoch */
  month(seconds) {
    return this.#month.format(seconds * 1000);
  }

  /** @param {{one: string, other: string}} forms @param {number} count */
  #pluralForm(forms, count) {
    return this.#plural.select(count) === "one" ? forms.one : forms.other;
  }
}
