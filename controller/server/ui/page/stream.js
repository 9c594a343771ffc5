// The stream from the controller. A browser connects again by itself after most breaks; this sees to the rest, and to a
// connection that is open and dead, as after a laptop's sleep.

/** SILENCE is after how many ms without a message a stream counts as broken; the server says something every 5 s. */
const SILENCE = 15000;
const RETRY = 3000;

/** refusal is what the controller says where it does not serve a stream; an EventSource does not tell. */
async function refusal() {
  const question = new AbortController();
  try {
    const answer = await fetch("/stream", { signal: question.signal });
    return answer.ok ? "" : (await answer.text()).trim();
  } catch {
    return "";
  } finally {
    question.abort();
  }
}

/** follow calls message for each message, and link with true or false when the controller is reached or lost, and why. */
export function follow(message, link) {
  let source;
  let heard;

  function open() {
    source?.close();
    heard = Date.now();
    source = new EventSource("/stream");
    source.addEventListener("message", (e) => {
      heard = Date.now();
      link(true, "");
      message(JSON.parse(e.data));
    });
    const asked = source;
    source.addEventListener("error", async () => {
      link(false, "");
      if (asked.readyState !== EventSource.CLOSED) return;
      const why = await refusal();
      if (asked === source && asked.readyState === EventSource.CLOSED) link(false, why);
    });
  }

  function check() {
    const silent = Date.now() - heard;
    // The controller refused, and said so: a browser gives up then.
    const refused = source.readyState === EventSource.CLOSED && silent > RETRY;
    if (silent > SILENCE) link(false, "");
    if (silent > SILENCE || refused) open();
  }

  open();
  setInterval(check, 1000);
  addEventListener("online", check);
  addEventListener("pageshow", check);
}
