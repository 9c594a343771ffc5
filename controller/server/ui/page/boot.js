// Chromium on Linux gives up what it is about to load when a network interface comes or goes (ERR_NETWORK_CHANGED), and each
// container that starts brings one. Whoever opens the page meanwhile must not be left with half of it.
const TRIES = "dual-reconciler tries";
const tries = Number(sessionStorage.getItem(TRIES));

function again() {
  // What never loads is another fault, and loading for ever would hide it.
  if (tries >= 10) return;
  sessionStorage.setItem(TRIES, tries + 1);
  setTimeout(() => location.reload(), 500);
}

addEventListener("error", (e) => {
  if (e.target instanceof HTMLLinkElement && e.target.rel === "stylesheet") again();
}, true);
import("/page.js").then(() => sessionStorage.removeItem(TRIES), again);
