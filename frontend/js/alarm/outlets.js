/** The browser's sound and notifications. Both need a person's leave; without it they do nothing. */

/** Hertz and seconds: a soft third upwards, and for what is urgent once more. */
const NOTES = [[659, 0], [831, 0.18]];
const AGAIN = 0.6;
/** Milliseconds for which the other tabs keep quiet about the same. */
const TURN_MS = 3000;

/** @type {AudioContext | null} */
let audio = null;

/** A page may make a sound once somebody has touched it. */
function listenForTouch() {
  for (const touch of ["pointerdown", "keydown"]) {
    window.addEventListener(touch, () => {
      audio ??= new AudioContext();
      audio.resume();
    }, { once: true });
  }
}

/** @returns {import("./alarm.js").Outlets} */
export function browserOutlets() {
  listenForTouch();
  return {
    ring: (urgent) => {
      for (const [frequency, after] of NOTES) play(frequency, after);
      if (urgent) for (const [frequency, after] of NOTES) play(frequency, after + AGAIN);
    },
    notify,
    once: (what, run) => {
      navigator.locks.request(`iaqverse.alarm.${what}`, { ifAvailable: true }, async (turn) => {
        if (turn === null) return;
        run();
        await new Promise((done) => setTimeout(done, TURN_MS));
      });
    },
  };
}

/** Ask for leave to notify; call it when somebody has pressed something. */
export async function askLeave() {
  if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
}

/** @param {number} frequency @param {number} after seconds */
function play(frequency, after) {
  if (audio?.state !== "running") return;
  const [tone, volume, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + after];
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.2, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.5);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.5);
}

/** @param {string} title @param {string} body @param {string} tag */
async function notify(title, body, tag) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const options = { body, tag, icon: "/icons/icon-192.png" };
  // A page on Android may not make one by itself; a worker that is being installed cannot yet.
  const worker = await navigator.serviceWorker?.getRegistration();
  if (worker?.active) await worker.showNotification(title, options);
  else new Notification(title, options);
}
