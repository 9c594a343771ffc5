package uitest

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// faint lists the visible texts whose contrast is below what WCAG 2 asks of small text.
const faint = `(() => {
  const rgb = (c) => c.match(/[\d.]+/g).map(Number);
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  let seen = 0;
  const faint = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || e.matches("svg.icon");
    if (!own || !e.checkVisibility() || e.closest(".unseen")) continue;
    seen++;
    const [a, b] = [light(rgb(getComputedStyle(e).color).slice(0, 3)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.push(ratio.toFixed(2) + " " + e.tagName + "." + (e.getAttribute("class") ?? "") + " " + e.textContent.slice(0, 20));
  }
  return seen < 50 ? "only " + seen + " texts were looked at" : faint.join("\n");
})()`

// everyKind is a world with something of everything.
func everyKind() *world {
	pulling := workspace("checkout-redesign", v1alpha1.ReasonPulling, "pulling ghcr.io/acme/checkout-dev:2026-03", also(v1alpha1.ConditionReconciling),
		func(ws *v1alpha1.Workspace) { ws.Spec.Image = "ghcr.io/acme/checkout-dev:2026-03" })
	dirty := running("shop-feat-auth")
	dirty.Status.Revision = &v1alpha1.Revision{Branch: "feat/auth", Commit: strings.Repeat("9f", 20), Dirty: true}
	crashing := failing("api-gateway", v1alpha1.ReasonCrashLoopBackOff,
		"exited with code 1, 7 times in a row; next try at 14:32:10:\nError: connect ECONNREFUSED 127.0.0.1:5432\n    at TCPConnectWrap.afterConnect [as oncomplete]")
	next := metav1.NewTime(time.Now().Add(48 * time.Second))
	crashing.Status.NextRetryTime, crashing.Status.RestartCount = &next, 7
	long := running("a-name-of-fifty-three-characters-which-is-the-longest")
	long.Spec.Image = "registry.example.com:5000/team/" + strings.Repeat("very-", 8) + "long@sha256:" + strings.Repeat("ab", 32)
	w := newWorld(
		crashing, pulling, dirty, long, running("blog"), running("docs"),
		failing("billing", v1alpha1.ReasonInvalidManifest, "billing.yaml:9:3: spec.imgae: unknown field: did you mean image? The last good spec stays in force"),
		workspace("search", v1alpha1.ReasonPaused, "paused by the annotation dual.dev/reconcile"),
		workspace("worker", v1alpha1.ReasonPending, "waiting to be created", func(ws *v1alpha1.Workspace) { ws.Status = v1alpha1.WorkspaceStatus{Conditions: ws.Status.Conditions} }),
		workspace("old-prototype", v1alpha1.ReasonStopped, "stopped, as spec.state asks"),
	)
	w.problems = []string{"billing.yaml:9:3: spec.imgae: unknown field: did you mean image?"}
	w.happen(26*time.Hour, status.EventNormal, "old-prototype", "Stopped", "stopped: spec.state Running → Stopped (workspaces/old.yaml:1)", 1)
	w.happen(90*time.Minute, status.EventNormal, "shop-feat-auth", "Recreated", "recreated: spec.image node:20 → node:22 (workspaces/shop.yaml:12)", 1)
	w.happen(4*time.Minute, status.EventNormal, "api-gateway", "Created", "created: a manifest asks for it (workspaces/api.yaml:1)", 1)
	w.happen(70*time.Second, status.EventWarning, "billing", "InvalidManifest", "billing.yaml:9:3: spec.imgae: unknown field: did you mean image?", 1)
	w.happen(40*time.Second, status.EventWarning, "", "Held", "removals wait: billing.yaml cannot be read", 1)
	w.happen(12*time.Second, status.EventWarning, "api-gateway", "CrashLoopBackOff", "exited with code 1; next try at 14:32:10", 7)
	return w
}

func TestPageInLightAndDark(t *testing.T) {
	p := show(t, everyKind())
	p.Becomes("document.title", "5/10 ready")
	p.Resize(1280, 900)
	Ask[string](p, `location.hash = "api-gateway"`)
	p.Shows(".detail .events", "CrashLoopBackOff")
	backgrounds := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		p.Prefers("prefers-color-scheme", scheme)
		p.Becomes(faint, "")
		p.Picture(scheme)
		background := Ask[string](p, `getComputedStyle(document.body).backgroundColor`)
		if light := Ask[bool](p, `getComputedStyle(document.body).backgroundColor.match(/\d+/g).every((v) => v > 200)`); light != (scheme == "light") {
			t.Errorf("%s: the background is %s", scheme, background)
		}
		backgrounds[background] = true
	}
	if len(backgrounds) != 2 {
		t.Errorf("backgrounds: %v", backgrounds)
	}
}

func TestPageHoldsStillForThoseWhoAskForIt(t *testing.T) {
	p := show(t, everyKind())
	const moving = `String(document.getAnimations().length > 0)`
	p.Becomes(moving, "true")
	p.Prefers("prefers-reduced-motion", "reduce")
	p.Becomes(moving, "false")
}

func TestPageFitsNarrowAndWideWindows(t *testing.T) {
	p := show(t, everyKind())
	p.Becomes("document.title", "5/10 ready")
	for _, hash := range []string{"", "api-gateway"} {
		Ask[string](p, `location.hash = "`+hash+`"`)
		for name, width := range map[string]int64{"narrow": 360, "middle": 800, "wide": 1600} {
			p.Resize(width, 900)
			p.Becomes(`String(document.documentElement.scrollWidth - innerWidth)`, "0")
			p.Becomes(`[...document.querySelectorAll("main *")].filter((e) => e.checkVisibility() && !e.closest(".unseen") && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + e.textContent.slice(0, 30)).join("; ")`, "")
			p.Picture(name + hash)
		}
	}
}

// The state is a word and a shape, and a table is a table, to those who hear it.
func TestPageMeansWhatItShows(t *testing.T) {
	p := show(t, everyKind())
	p.Becomes("document.title", "5/10 ready")
	words := Ask[string](p, `[...new Set([...document.querySelectorAll("#list .word")].map((e) => e.textContent))].sort().join(" ")`)
	if words != "Failing Paused Ready Waiting Working" {
		t.Errorf("words: %s", words)
	}
	if shapes := Ask[int](p, `new Set([...document.querySelectorAll("#list .icon path")].map((e) => e.getAttribute("d"))).size`); shapes != 5 {
		t.Errorf("%d shapes of five kinds", shapes)
	}
	for what, script := range map[string]string{
		"a caption":            `document.querySelector("#list caption").textContent`,
		"scopes of columns":    `[...document.querySelectorAll("#list > thead th")].every((th) => th.scope === "col") ? "yes" : ""`,
		"scopes of rows":       `[...document.querySelectorAll("#list > tbody th")].every((th) => th.scope === "row") ? "yes" : ""`,
		"a label":              `document.querySelector("label[for=filter]").textContent`,
		"a language":           `document.documentElement.lang`,
		"names of all buttons": `[...document.querySelectorAll("button")].every((b) => b.textContent) ? "yes" : ""`,
	} {
		if Ask[string](p, script) == "" {
			t.Errorf("the page lacks %s", what)
		}
	}
}
