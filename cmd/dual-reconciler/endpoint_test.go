package main

import (
	"net"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller"
)

func TestMetricsAddress(t *testing.T) {
	for _, c := range []struct {
		addr   string
		remote bool
		// want is the address, or words of the error.
		want, refused string
	}{
		{addr: ""},
		{addr: "localhost:9090", want: "127.0.0.1:9090"},
		{addr: "127.0.0.1:0", want: "127.0.0.1:0"},
		{addr: "127.3.2.1:9090", want: "127.3.2.1:9090"},
		{addr: "[::1]:9090", want: "[::1]:9090"},
		{addr: ":9090", refused: "use localhost:9090, or allow it with --metrics-allow-remote"},
		{addr: "0.0.0.0:9090", refused: "use localhost:9090"},
		{addr: "[::]:9090", refused: "use localhost:9090"},
		{addr: "[::ffff:10.0.0.1]:9090", refused: "use localhost:9090"},
		{addr: "10.0.0.1:9090", refused: "other machines reach that"},
		{addr: ":9090", remote: true, want: ":9090"},
		{addr: "10.0.0.1:9090", remote: true, want: "10.0.0.1:9090"},
		{addr: "9090", refused: "want host:port"},
		{addr: "9090", remote: true, refused: "want host:port"},
		{addr: "localhost:none", refused: "want host:port"},
	} {
		f := metricsEndpoint()
		f.addr, f.allowRemote = c.addr, c.remote
		a, err := f.address()
		got := ""
		if a != nil {
			got = a.String()
		}
		switch {
		case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
			t.Errorf("%+v: error %v, want %q in it", c, err, c.refused)
		case c.refused == "" && (err != nil || got != c.want):
			t.Errorf("%+v = %s, %v, want %s", c, got, err, c.want)
		}
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	f := metricsEndpoint()
	f.addr = l.Addr().String()
	if err := f.open(); err == nil || f.listener != nil || !strings.Contains(err.Error(), "--metrics-addr "+f.addr) {
		t.Fatalf("open of a port in use = %v", err)
	}
	var o controller.Options
	if measure(&o, f) != nil || o.Metrics != nil {
		t.Error("a controller is measured although nothing is served")
	}
}
