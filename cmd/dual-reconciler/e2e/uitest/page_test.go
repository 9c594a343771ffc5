package uitest

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func TestPageListsWorkspaces(t *testing.T) {
	w := newWorld(running("shop"), failing("api", v1alpha1.ReasonCrashLoopBackOff, "exited with code 1"))
	w.workspaces["api"].Status.RestartCount = 7
	w.workspaces["api"].Status.Revision.Dirty = true
	w.happen(5*time.Second, status.EventWarning, "api", "CrashLoopBackOff", "exited with code 1", 7)
	p := show(t, w)
	p.Becomes("document.title", "1/2 ready")
	p.Shows("#sums", "1 of 2 ready")
	p.Shows("#sums", "1 failing")
	p.Shows("#about", "instance default on /home/ada/workspaces")
	row := Ask[string](p, `document.querySelector("#list tbody tr").innerText.replace(/\s+/g, " ")`)
	if row != "api Failing CrashLoopBackOff exited with code 1 7 90m node:22 main@1a2b3c4 dirty" {
		t.Errorf("the row of api: %q", row)
	}
	p.Shows("#list tbody tr:nth-child(2)", "Running")
	p.Shows("#events", "CrashLoopBackOff exited with code 1 ×7")
}

func TestPageFollowsChangesWithoutAReload(t *testing.T) {
	w := newWorld(running("a"), running("b"))
	p := show(t, w)
	p.Becomes("document.title", "2/2 ready")
	Ask[int](p, `window.stillHere = 1`)
	w.put(failing("b", v1alpha1.ReasonImagePullFailed, "no such image"))
	p.Becomes("document.title", "1/2 ready")
	p.Shows("#list tbody tr:nth-child(2)", "ImagePullFailed")
	// Told once and politely, for those who do not see it.
	p.Becomes(`document.querySelector("[aria-live=polite]").textContent`, "b: Failing, ImagePullFailed.")
	w.put(workspace("c", v1alpha1.ReasonPulling, "pulling", also(v1alpha1.ConditionReconciling)))
	p.Shows("#list tbody tr:nth-child(3)", "Pulling")
	w.remove("a")
	p.Becomes("document.title", "0/2 ready")
	w.happen(0, status.EventNormal, "a", "Removed", "no manifest asks for it any more", 1)
	p.Shows("#events li:first-child", "no manifest asks for it any more")
	for _, name := range []string{"b", "c"} {
		w.remove(name)
	}
	p.Shows("#empty", "No workspaces. A manifest in /home/ada/workspaces makes one.")
	if Ask[int](p, `window.stillHere ?? 0`) != 1 {
		t.Error("the page was loaded again")
	}
}

func TestPageAgesTick(t *testing.T) {
	ws := running("a")
	ws.Status.CreationTime.Time = time.Now().Add(-3 * time.Second)
	p := show(t, newWorld(ws))
	const script = `document.querySelector("#list tbody time").textContent`
	p.Becomes(script, "s")
	before := Ask[string](p, script)
	p.Becomes(`(document.querySelector("#list tbody time").textContent !== "`+before+`").toString()`, "true")
}

const focused = `document.activeElement?.textContent || document.activeElement?.id || ""`

func TestPageWithoutAMouse(t *testing.T) {
	w := newWorld(running("shop"), running("blog"), failing("api", v1alpha1.ReasonSetupFailed, "setup exited with code 2:\nnpm ERR!"))
	w.happen(time.Minute, status.EventNormal, "api", "Created", "created: a manifest asks for it", 1)
	w.happen(time.Second, status.EventWarning, "api", "SetupFailed", "setup exited with code 2", 3)
	w.happen(time.Second, status.EventNormal, "shop", "Created", "created", 1)
	p := show(t, w)
	p.Becomes("document.title", "2/3 ready")
	p.Press("/")
	p.Becomes(focused, "filter")
	p.Press("sh")
	p.Shows("#shown", "1 of 3")
	p.Press(kb.Escape)
	p.Becomes(`document.getElementById("filter").value`, "")
	p.Press(kb.Tab)
	p.Becomes(focused, "api")
	// The focus is seen.
	if outline := Ask[string](p, `getComputedStyle(document.activeElement).outlineStyle`); outline != "solid" {
		t.Errorf("the focus has the outline %q", outline)
	}
	p.Press(kb.Enter)
	p.Shows(".detail .message", "npm ERR!")
	p.Shows(".detail .conditions", "Stalled\tTrue\tSetupFailed")
	p.Shows(".detail dl", "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d")
	p.Shows(".detail .events", "SetupFailed setup exited with code 2 ×3")
	if events := Ask[int](p, `document.querySelectorAll(".detail .events li").length`); events != 2 {
		t.Errorf("%d events of api, want 2", events)
	}
	if got := Ask[string](p, `document.activeElement.getAttribute("aria-expanded") + location.hash`); got != "true#api" {
		t.Errorf("open: %s", got)
	}
	// What happens to it shows, and the focus stays.
	w.happen(0, status.EventNormal, "api", "SetUp", "set up", 1)
	p.Shows(".detail .events", "SetUp set up")
	w.put(running("api"))
	p.Shows(".detail .message", "container dual-api runs")
	p.Becomes(focused, "api")
	p.Press(kb.ArrowDown)
	p.Becomes(focused, "blog")
	p.Press(kb.Escape)
	p.Becomes(`(document.querySelector(".detail") === null).toString()`, "true")
	p.Press(kb.End)
	p.Becomes(focused, "shop")
	p.Press(" ")
	p.Shows(".detail dl", "172.17.0.4")
	// A row that goes takes the focus nowhere.
	w.remove("shop")
	p.Becomes(focused, "blog")
}

func TestPageOpensWhatTheAddressAsksFor(t *testing.T) {
	w := newWorld(running("shop"), running("api"))
	p := show(t, w)
	p.Becomes("document.title", "2/2 ready")
	Ask[string](p, `location.hash = "shop"`)
	p.Shows(".detail", "shop.yaml:12")
	Ask[string](p, `location.hash = "%"`)
	p.Becomes(`(document.querySelector(".detail") === null).toString()`, "true")
}

func TestPageFilters(t *testing.T) {
	w := newWorld(running("shop"), running("api"), failing("blog", v1alpha1.ReasonUnhealthy, "the probe failed"))
	w.workspaces["api"].Labels = map[string]string{"team": "core"}
	p := show(t, w)
	p.Becomes("document.title", "2/3 ready")
	for filter, want := range map[string]string{
		"failing": "blog", "team=core": "api", "UNHEALTHY": "blog", "web ready": "shop", "probe": "blog", "nothing": "",
	} {
		Ask[bool](p, `(() => { const f = document.getElementById("filter"); f.value = "`+filter+`"; return f.dispatchEvent(new Event("input")) })()`)
		got := Ask[string](p, `[...document.querySelectorAll("#list tbody tr:not([hidden]) button")].map((b) => b.textContent).join(" ")`)
		if got != want {
			t.Errorf("filter %q shows %q, want %q", filter, got, want)
		}
	}
	p.Becomes(`document.querySelector("[aria-live=polite]").textContent`, "workspaces shown.")
}

// What manifests and engines say is text, whatever it looks like.
func TestPageShowsMarkupAsText(t *testing.T) {
	const attack = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>`
	ws := failing("a", v1alpha1.ReasonCreateFailed, attack)
	ws.Spec.Image, ws.Labels = attack, map[string]string{attack: attack}
	ws.Status.Manifest.File, ws.Status.Revision.Branch, ws.Status.IP = attack, attack, attack
	ws.Status.Conditions[0].Reason = attack
	w := newWorld(ws, running(`b"><img src=x onerror=window.pwned=1>`))
	w.problems, w.notReady = []string{attack}, errors.New(attack)
	w.happen(0, status.EventWarning, "a", attack, attack, 1)
	p := show(t, w)
	Ask[string](p, `location.hash = "a"`)
	p.Shows(".detail .message", attack)
	p.Shows(".detail .events", attack)
	p.Shows("#events", attack)
	p.Shows("#problems", attack)
	p.Shows("#list tbody tr .why", "<img")
	if got := Ask[int](p, `document.querySelectorAll("main img, main script").length + (window.pwned ?? 0)`); got != 0 {
		t.Errorf("%d elements came out of text, or a script ran", got)
	}
}

func TestPageShowsProblems(t *testing.T) {
	w := newWorld(running("a"))
	p := show(t, w)
	p.Becomes("document.title", "1/1 ready")
	if Ask[bool](p, `document.getElementById("problems").checkVisibility()`) {
		t.Error("there are problems where there are none")
	}
	w.mu.Lock()
	w.problems, w.notReady = []string{"a.yaml:3:7: unknown field imgae: did you mean image?"}, errors.New("the engine is not connected")
	w.mu.Unlock()
	w.put(running("a"))
	p.Shows("#problems", "2 problems\nthe engine is not connected\na.yaml:3:7: unknown field imgae: did you mean image?")
}

// brokenOff is what the browser logs of requests that were.
const brokenOff = `ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET`

// A stream that breaks is said at once, what is shown is dated, and the page comes back by itself.
func TestPageSurvivesARestartOfTheController(t *testing.T) {
	w := newWorld(running("a"), running("gone"))
	url, stop := w.serve(t, "127.0.0.1:0", "v1")
	p := Open(t, url)
	p.Expect(brokenOff)
	p.Becomes("document.title", "2/2 ready")
	Ask[int](p, `window.stillHere = 1`)
	stop()
	p.Shows("#link-text", "Disconnected, as of")
	p.Becomes("document.title", "disconnected, 2/2 ready")
	w.remove("gone")
	w.put(failing("a", v1alpha1.ReasonUnhealthy, "the probe failed"))
	addr := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/")
	_, stop = w.serve(t, addr, "v1")
	p.Shows("#link-text", "Live")
	p.Becomes("document.title", "0/1 ready")
	if Ask[int](p, `window.stillHere ?? 0`) != 1 {
		t.Error("the page was loaded again")
	}
	// Another version's data may not fit this page: it is loaded again, once.
	stop()
	w.serve(t, addr, "v2")
	p.Becomes(`String(window.stillHere ?? "loaded again")`, "loaded again")
	p.Shows("#about", "v2")
	p.Becomes("document.title", "0/1 ready")
}

// Requests break where containers come and go: Chromium on Linux gives up what it loads when a network interface changes.
func TestPageComesUpWhereRequestsBreak(t *testing.T) {
	for _, path := range []string{"/page.js", "/said.js", "/style.css", "/stream", "/events"} {
		t.Run(strings.TrimPrefix(path, "/"), func(t *testing.T) {
			w := newWorld(running("a"))
			w.happen(0, status.EventNormal, "a", "Created", "created", 1)
			// More often than a browser tries again by itself.
			left := &atomic.Int32{}
			left.Store(4)
			w.breaks = map[string]*atomic.Int32{path: left}
			url, _ := w.serve(t, "127.0.0.1:0", "v1")
			p := Open(t, url)
			p.Expect(brokenOff)
			p.Becomes("document.title", "1/1 ready")
			// The page may load itself again meanwhile, which loses a hash that is set in between.
			p.Becomes(`(location.hash = "a", String((document.querySelector(".detail .events")?.innerText ?? "").includes("Created")))`, "true")
			p.Becomes(`getComputedStyle(document.querySelector("#list")).tableLayout`, "fixed")
			if left.Load() >= 0 {
				t.Errorf("%d requests were not broken off", left.Load())
			}
		})
	}
}
