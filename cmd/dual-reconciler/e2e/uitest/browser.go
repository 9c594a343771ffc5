// Package uitest drives the page in a headless Chromium, for tests.
package uitest

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is for a slow and busy machine; nothing is measured by it.
const patience = 5 * time.Minute

// Page is a tab with the page open. At the end of the test it must have asked nothing of others, and have logged no
// complaint that was not expected.
type Page struct {
	*testing.T
	ctx context.Context

	mu         sync.Mutex
	requests   []string
	complaints []string
	expected   *regexp.Regexp
}

// Open shows url, which ends with a slash, in a profile of its own.
func Open(t *testing.T, url string) *Page {
	t.Helper()
	p := &Page{T: t}
	ctx, closeTab := chromedp.NewContext(shared.context(t), chromedp.WithNewBrowserContext(), chromedp.WithListener(p.heard))
	t.Cleanup(closeTab)
	p.ctx = ctx
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	p.collect()
	t.Cleanup(func() { p.judge(url) })
	p.navigate(url)
	return p
}

// networkChanged is what Chromium on Linux says of a request that it gives up because a network interface came or went.
const networkChanged = "net::ERR_NETWORK_CHANGED"

func (p *Page) navigate(url string) {
	p.Helper()
	for deadline := time.Now().Add(patience); ; {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		err := chromedp.Do(ctx, chromedp.Navigate(url))
		cancel()
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), networkChanged) || time.Now().After(deadline) {
			p.Fatalf("open %s: %v", url, err)
		}
	}
}

// heard runs on the goroutine that reads from the browser.
func (p *Page) heard(event any) {
	if e, ok := event.(*network.EventRequestWillBeSent); ok {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.requests = append(p.requests, e.Request.URL)
	}
}

func (p *Page) collect() {
	messages := chromedp.Console(p.ctx)
	ended := make(chan struct{})
	ctx := p.ctx
	go func() {
		defer close(ended)
		for m, err := range messages {
			if err != nil || ctx.Err() != nil {
				return
			}
			p.mu.Lock()
			p.complaints = append(p.complaints, fmt.Sprintf("%s (%s)", m, m.URL))
			p.mu.Unlock()
		}
	}()
	p.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		<-ended
	})
}

// Expect allows complaints that match, in place of none.
func (p *Page) Expect(pattern string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = regexp.MustCompile(pattern)
}

func (p *Page) judge(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.complaints {
		// A container of another test started meanwhile.
		if strings.Contains(c, networkChanged) {
			continue
		}
		if p.expected == nil || !p.expected.MatchString(c) {
			p.Errorf("the browser's console: %s", c)
		}
	}
	if len(p.requests) == 0 {
		p.Error("no request was seen")
	}
	for _, r := range p.requests {
		if !strings.HasPrefix(r, url) {
			p.Errorf("a request leaves the page's origin: %s", r)
		}
	}
}

// Do runs steps in the tab.
func (p *Page) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.Fatalf("the browser: %v", err)
	}
}

// Ask evaluates JavaScript in the page.
func Ask[T any](p *Page, script string) T {
	p.Helper()
	value, err := try[T](p, script)
	if err != nil {
		p.Fatalf("%s: %v", script, err)
	}
	return value
}

func try[T any](p *Page, script string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script))
}

// Becomes waits until JavaScript that makes a string returns one that contains want, or is want where that is empty.
func (p *Page) Becomes(script, want string) {
	p.Helper()
	var got string
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		// A page that is being loaded again answers with an error.
		got, err = try[string](p, script)
		if err == nil && (want == "" && got == "" || want != "" && strings.Contains(got, want)) {
			return
		}
	}
	p.Fatalf("%s: %q, %v, want %q", script, got, err, want)
}

// Shows waits until the visible text of an element contains want.
func (p *Page) Shows(selector, want string) {
	p.Helper()
	p.Becomes(fmt.Sprintf(`document.querySelector(%q)?.innerText ?? "no such element"`, selector), want)
}

// Press presses keys of package kb, one after the other, where the focus is. A key types its character by the browser's own
// doing and not by an event for it, so that a page that keeps it from that is taken at its word.
func (p *Page) Press(keys string) {
	p.Helper()
	for _, r := range keys {
		key, known := kb.Keys[r]
		if !known {
			p.Fatalf("there is no key for %q", r)
		}
		event := input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeRawKeyDown, Key: key.Key, Code: key.Code,
			WindowsVirtualKeyCode: key.Windows, NativeVirtualKeyCode: key.Native,
		}
		if key.Print {
			event.Type, event.Text = input.DispatchKeyEventTypeKeyDown, key.Text
		}
		for range 2 {
			if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, event); err != nil {
				p.Fatal(err)
			}
			event.Type, event.Text = input.DispatchKeyEventTypeKeyUp, ""
		}
	}
}

// Prefers emulates what a user prefers: prefers-color-scheme, prefers-reduced-motion and the like, by pairs.
func (p *Page) Prefers(pairs ...string) {
	p.Helper()
	var params emulation.SetEmulatedMediaParams
	for i := 0; i < len(pairs); i += 2 {
		params.Features = append(params.Features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, params); err != nil {
		p.Fatal(err)
	}
}

// Resize makes the window as wide and as high as this.
func (p *Page) Resize(width, height int64) {
	p.Helper()
	p.Do(chromedp.EmulateViewport(width, height))
}

// Picture keeps a picture of the whole page in the directory that $UI_PICTURES names, for people to look at.
func (p *Page) Picture(name string) {
	p.Helper()
	dir := os.Getenv("UI_PICTURES")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(dir+"/"+name+".png", png, 0o644)
	}
	if err != nil {
		p.Errorf("picture %s: %v", name, err)
	}
}
