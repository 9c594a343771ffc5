package main

import (
	"strings"
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
