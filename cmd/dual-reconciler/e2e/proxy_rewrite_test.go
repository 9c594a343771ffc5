package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
)

// rewrites are a proxy's lies.
type rewrites struct {
	create   func(name string, request map[string]any)
	response []responseRewrite
}

type responseRewrite struct {
	call    *regexp.Regexp
	rewrite func(body map[string]any)
}

// OnCreate changes the JSON of each creation of a container before the engine gets it.
func (p *proxy) OnCreate(rewrite func(name string, request map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rewrites.create = rewrite
}

// OnResponse changes the JSON of the answers to the calls that match, before the program gets it.
func (p *proxy) OnResponse(call string, rewrite func(body map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rewrites.response = append(p.rewrites.response, responseRewrite{regexp.MustCompile(call), rewrite})
}

func (p *proxy) rewriteRequest(call string, r *http.Request) error {
	p.mu.Lock()
	create := p.rewrites.create
	p.mu.Unlock()
	if create == nil || call != "POST /containers/create" {
		return nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	body, err := changed(r.Body, func(m map[string]any) { create(query.Get("name"), m) })
	if err != nil {
		return err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// rewriteResponse leaves alone all that is not asked for: streams must go on as they come.
func (p *proxy) rewriteResponse(call string, r *http.Response) error {
	p.mu.Lock()
	response := p.rewrites.response
	p.mu.Unlock()
	for _, x := range response {
		if !x.call.MatchString(call) || r.StatusCode != http.StatusOK {
			continue
		}
		body, err := changed(r.Body, x.rewrite)
		if err != nil {
			return err
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.TransferEncoding = nil
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return nil
}

func changed(from io.ReadCloser, change func(map[string]any)) ([]byte, error) {
	defer func() { _ = from.Close() }()
	var m map[string]any
	decoder := json.NewDecoder(from)
	decoder.UseNumber() // Large numbers stay what they are.
	if err := decoder.Decode(&m); err != nil {
		return nil, err
	}
	change(m)
	return json.Marshal(m)
}
