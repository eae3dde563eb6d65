/** A password that nobody thinks up: 20 signs of 5 bits, none of which looks like another, in groups. */

const SIGNS = "0123456789abcdefghjkmnpqrstvwxyz";
const IN_GROUP = 5;

/** @returns {string} e.g. `7k3mq-0zv4t-…` */
export function password() {
  const random = crypto.getRandomValues(new Uint8Array(20));
  const signs = Array.from(random, (byte) => SIGNS[byte % SIGNS.length]).join("");
  return (signs.match(new RegExp(`.{${IN_GROUP}}`, "g")) ?? []).join("-");
}
