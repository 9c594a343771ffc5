package main

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestSummary(t *testing.T) {
	var b strings.Builder
	s := newSummary(&b)
	s.read(strings.NewReader(`{"Action":"output","Package":"p","Test":"TestGood","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestGood","Elapsed":1.5}
{"Action":"output","Package":"p","Test":"TestBad","Output":"    x_test.go:1: why\n"}
{"Action":"fail","Package":"p","Test":"TestBad","Elapsed":0.1}
{"Action":"output","Package":"p","Test":"TestHangs","Output":"panic: test timed out\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t2.0s\n"}
{"Action":"fail","Package":"p","Elapsed":2.0}
{"Action":"output","Package":"q","Output":"ok  \tq\t3.0s\n"}
{"Action":"pass","Package":"q","Elapsed":3.0}
{"ImportPath":"r","Action":"build-output","Output":"r.go:1:1: expected package\n"}
not JSON`))
	s.end()
	want := `    x_test.go:1: why
FAIL	p	2.0s
panic: test timed out
ok  	q	3.0s
r.go:1:1: expected package
not JSON
Packages:
  fail      2.0s  p
  pass      3.0s  q

Slowest tests:
  pass      1.5s  p TestGood
  fail      0.1s  p TestBad
`
	if got := b.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestModules(t *testing.T) {
	for _, tt := range []struct{ args, dirs, rest string }{
		{"-race ./...", ".", "-race ./..."},
		{"-C . -C sub/module -race ./...", ". sub/module", "-race ./..."},
		{"", ".", ""},
	} {
		dirs, rest := modules(strings.Fields(tt.args))
		if !slices.Equal(dirs, strings.Fields(tt.dirs)) || !slices.Equal(rest, strings.Fields(tt.rest)) {
			t.Errorf("modules(%s) = %v, %v", tt.args, dirs, rest)
		}
	}
}

// Modules are read at the same time; the race detector looks on.
func TestSummaryOfTwoModules(t *testing.T) {
	var b strings.Builder
	s := newSummary(&b)
	var readers sync.WaitGroup
	for _, pkg := range []string{"q", "p"} {
		readers.Go(func() {
			s.read(strings.NewReader(`{"Action":"pass","Package":"` + pkg + `","Elapsed":1}`))
		})
	}
	readers.Wait()
	s.end()
	if got := b.String(); !strings.Contains(got, "  pass      1.0s  p\n  pass      1.0s  q\n") {
		t.Errorf("got:\n%s", got)
	}
}
