package server

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// uiPolicy lets the page load its own files and its own data, and nothing else; no script may make markup out of text.
const uiPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

var uiHeaders = map[string]string{
	"Content-Security-Policy":      uiPolicy,
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	// The page too: after an upgrade the old one must not meet the new data.
	"Cache-Control": "no-store",
}

// guard lets through what a browser asks that was sent here by its user. A name that somebody else points at this address
// (DNS rebinding) is a foreign Host, and another site's page, one on another port of this machine too, a foreign Origin.
func guard(listening net.Addr, next http.Handler) http.Handler {
	hosts := hostsOf(listening)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range uiHeaders {
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

// refused says why a request is not answered, or nothing.
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
	// A browser says here who caused the request: none is the user, by the address bar or a bookmark.
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" {
			return "another site's page sent the browser here: type the address to open it"
		}
	}
	return ""
}

// hostsOf are the Host headers by which a listener's address may be asked, the best one to show first.
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
		// Browsers leave HTTP's own port out.
		if port == strconv.Itoa(httpPort) {
			hosts = append(hosts, strings.TrimSuffix(host, ":"+port))
		}
	}
	return hosts
}

const httpPort = 80
