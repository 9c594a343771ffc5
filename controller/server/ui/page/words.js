/** WORDS are the kinds of states as people read them. */
export const WORDS = { ready: "Ready", working: "Working", waiting: "Waiting", failing: "Failing", paused: "Paused" };

/** number is a number of things: 1 workspace, 2 workspaces. */
export const number = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;
