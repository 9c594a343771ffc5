/** WORDS are the kinds of states as people read them. */
export const WORDS = { ready: "Ready", working: "Working", waiting: "Waiting", failing: "Failing", paused: "Paused" };
