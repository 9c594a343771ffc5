package ui

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// policy permits the page its own files and its own data, and nothing else. No script may turn text into markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

var headers = map[string]string{
	"Content-Security-Policy":      policy,
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	// The page is not cached either: after an upgrade an old page must not get new data.
	"Cache-Control": "no-store",
}

// guard passes on the requests that a browser makes for its user. With DNS rebinding, another site's name for this address, the
// Host is a foreign one; for a page of another site, or of another port of this machine, the Origin is.
func guard(listening net.Addr, next http.Handler) http.Handler {
	hosts := hostsOf(listening)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		if refusal := refused(hosts, r); refusal != "" {
			http.Error(w, refusal, http.StatusForbidden)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this page only shows: GET and HEAD are all there is", http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refused returns why a request is refused; empty if it is not.
func refused(hosts []string, r *http.Request) string {
	host := strings.ToLower(r.Host)
	if !slices.Contains(hosts, host) {
		return "this page answers at http://" + hosts[0] + "/ only"
	}
	for _, origin := range r.Header.Values("Origin") {
		if !strings.EqualFold(origin, "http://"+host) {
			return "a page of another origin asks, and this one is for nobody but itself"
		}
	}
	// A browser sends here which site caused the request. None is the user, with the address bar or a bookmark.
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" {
			return "another site's page sent the browser here: type the address to open it"
		}
	}
	return ""
}

// hostsOf returns the Host headers that are accepted at a listener's address; the first one is shown in messages.
func hostsOf(listening net.Addr) []string {
	ip, port, err := net.SplitHostPort(listening.String())
	if err != nil {
		return []string{strings.ToLower(listening.String())}
	}
	var hosts []string
	for _, name := range []string{ip, "localhost", "127.0.0.1", "::1"} {
		host := net.JoinHostPort(name, port)
		if slices.Contains(hosts, host) {
			continue
		}
		hosts = append(hosts, host)
		// Browsers omit HTTP's default port.
		if port == strconv.Itoa(httpPort) {
			hosts = append(hosts, strings.TrimSuffix(host, ":"+port))
		}
	}
	return hosts
}

const httpPort = 80
