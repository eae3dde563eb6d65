/**
 * What a client does about each close code of the gateway. The same rows as `app/protocol/closes.py`
 * (a test compares the two); a code that is not here, 1006 among them, means: reconnect.
 *
 * `reconnect` with jitter, not sooner than the reason says (`retry_after=<seconds>`) where it does;
 * `renew` the token, then reconnect; `wait` as long as the reason says; `terminal`: a person has to act.
 *
 * @typedef {"reconnect" | "renew" | "wait" | "terminal"} CloseAction
 * @type {Record<string, {name: string, action: CloseAction}>}
 */
export const CLOSES = {
  "1001": {"name": "going_away", "action": "reconnect"},
  "1002": {"name": "protocol_error", "action": "reconnect"},
  "1003": {"name": "unsupported_data", "action": "reconnect"},
  "1007": {"name": "invalid_payload", "action": "reconnect"},
  "1008": {"name": "policy_violation", "action": "reconnect"},
  "1009": {"name": "message_too_big", "action": "reconnect"},
  "1011": {"name": "internal_error", "action": "reconnect"},
  "1012": {"name": "restart", "action": "reconnect"},
  "4400": {"name": "bad_commands", "action": "terminal"},
  "4401": {"name": "token_ended", "action": "renew"},
  "4403": {"name": "disabled", "action": "terminal"},
  "4408": {"name": "idle", "action": "reconnect"},
  "4409": {"name": "too_slow", "action": "reconnect"},
  "4410": {"name": "kicked", "action": "terminal"},
  "4429": {"name": "too_many_messages", "action": "wait"}
};
