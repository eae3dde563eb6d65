/** The socket's language (docs/protocol.md): frames in, frames out, closes. Pure. */

import { CLOSES } from "./closes.js";

/** The subprotocol; the token travels beside it as `bearer.<jwt>` and is never echoed. */
export const SUBPROTOCOL = "iaqverse.v1";

export const TOPICS = ["measurements", "predictions", "actions", "alerts", "modules", "all"];

/** @type {Record<string, string>} */
const TOPIC_OF_TYPE = {
  measurement: "measurements",
  prediction: "predictions",
  action: "actions",
  alert: "alerts",
  module: "modules",
};

/** Characters of `?topics=`: what does not fit is subscribed to after the greeting. */
const MAX_QUERY = 1500;

/**
 * @typedef {Record<string, any> & {type: string}} Message
 * @typedef {{kind: "publication", topic: string, message: Message}
 *   | {kind: "greeting" | "topics" | "expiring" | "authenticated" | "error" | "lagged" | "pong" | "other",
 *      message: Message}} Frame
 */

/**
 * @param {unknown} data what a `message` event carries
 * @returns {Frame | null} null for what is no JSON object with a `type`
 */
export function parseFrame(data) {
  const message = parseObject(data);
  if (!message) return null;
  const topic = topicOf(message);
  if (topic) return { kind: "publication", topic, message };
  switch (message.type) {
    case "connection":
      return { kind: "greeting", message };
    case "subscribed":
    case "unsubscribed":
      return { kind: "topics", message };
    case "token_expiring":
      return { kind: "expiring", message };
    case "authenticated":
    case "error":
    case "lagged":
    case "pong":
      return { kind: message.type, message };
    default:
      return { kind: "other", message };
  }
}

/** @param {unknown} data @returns {Message | null} */
function parseObject(data) {
  if (typeof data !== "string") return null;
  try {
    const value = JSON.parse(data);
    return typeof value?.type === "string" ? value : null;
  } catch {
    return null;
  }
}

/** @param {Message} message @returns {string | undefined} the topic of a publication */
export function topicOf(message) {
  return Object.hasOwn(TOPIC_OF_TYPE, message.type) ? TOPIC_OF_TYPE[message.type] : undefined;
}

/**
 * @param {"subscribe" | "unsubscribe"} type
 * @param {Iterable<string>} topics
 * @param {number} id echoed in the answer
 * @param {string} [after] a position: first what came after it
 */
export function topicsCommand(type, topics, id, after) {
  return JSON.stringify({ type, topics: [...topics], id, after });
}

/** @param {string} token @param {string} id echoed in the answer */
export function authCommand(token, id) {
  return JSON.stringify({ type: "auth", token, id });
}

export const PING = JSON.stringify({ type: "ping" });

/**
 * A topic as the gateway spells it: parts percent-encoded. What does not decode stays as it is and
 * is refused there.
 * @param {string} topic
 */
export function canonicalTopic(topic) {
  const colon = topic.indexOf(":");
  if (colon < 0) return topic;
  try {
    const parts = topic.slice(colon + 1).split("/");
    const encoded = parts.map((part) => encodeURIComponent(decodeURIComponent(part)));
    return `${topic.slice(0, colon)}:${encoded.join("/")}`;
  } catch {
    return topic;
  }
}

/**
 * @param {string} url
 * @param {Iterable<string>} topics
 * @returns {string} the address with as many of the topics as an address may carry; none means none
 */
export function socketUrl(url, topics) {
  let list = "";
  for (const topic of topics) {
    const longer = list ? `${list},${topic}` : topic;
    if (longer.length > MAX_QUERY) break;
    list = longer;
  }
  return `${url}?topics=${encodeURIComponent(list)}`;
}

/**
 * @param {number} code
 * @returns {{name: string, action: import("./closes.js").CloseAction}}
 */
export function closeRow(code) {
  return CLOSES[code] ?? { name: "lost", action: "reconnect" };
}

/**
 * @param {import("./closes.js").CloseAction} action of the close
 * @param {string} reason
 * @returns {number} milliseconds to wait at least; where the reason says nothing a second for `wait`
 *   and none for the others; an hour at most
 */
export function retryAfterMs(action, reason) {
  const said = /(?:^|\s)retry_after=(\d+(?:\.\d+)?)/.exec(reason)?.[1];
  const seconds = Number(said ?? (action === "wait" ? 1 : 0));
  return Math.min(seconds, 3600) * 1000;
}
