/** Colours of the style sheet as a canvas can use them. */

/** @param {string[]} names custom properties, e.g. `--ink` @returns {Record<string, string>} */
export function colours(names) {
  // Only a property that is used is resolved (`light-dark()`), so an element wears each in turn.
  const probe = document.createElement("i");
  document.body.append(probe);
  const resolved = names.map((name) => {
    probe.style.color = `var(${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(resolved);
}
