package docker_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// attached answers the start of a command with this stream.
func attached(stream string) http.HandlerFunc {
	over := make(chan struct{})
	close(over)
	return attachedUntil(stream, over)
}

// attachedUntil is attached with a stream that ends when over is closed.
func attachedUntil(stream string, over <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// A connection that is closed with unread bytes in it is reset, and the stream lost with it.
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"+stream)
		<-over
		_ = conn.Close()
	}
}

// frame is what engines send for a write.
func frame(stream byte, text string) string {
	n := len(text)
	return string([]byte{stream, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) + text
}

func ended(code, pid int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"ID": "e", "Running": false, "ExitCode": code, "Pid": pid})
	}
}

func running(w http.ResponseWriter, _ *http.Request) {
	answer(w, 200, map[string]any{"ID": "e", "Running": true})
}

var execCreated = func(w http.ResponseWriter, _ *http.Request) { answer(w, 201, map[string]string{"Id": "e"}) }

func TestExecOutcome(t *testing.T) {
	oci := func(cause string) string { return "OCI runtime exec failed: exec failed: " + cause + ": unknown\r\n" }
	for _, tt := range []struct {
		name             string
		stream           string
		end              http.HandlerFunc
		result           engine.ExecResult
		out, err, failed string
		class            error
	}{
		{name: "both streams", stream: frame(1, "a") + frame(2, "b") + frame(1, "c"), end: ended(3, 9), result: engine.ExecResult{ExitCode: 3}, out: "ac", err: "b"},
		{name: "booked late", end: inOrder(running, running, ended(4, 9)), result: engine.ExecResult{ExitCode: 4}},
		{
			name: "an old engine's missing program", stream: frame(1, oci(`exec: "x": executable file not found in $PATH`)), end: ended(126, 0),
			result: engine.ExecResult{ExitCode: 127, Failure: `exec: "x": executable file not found in $PATH`},
		},
		{
			name: "a new engine's", stream: frame(1, oci(`exec: "x": executable file not found in $PATH`)), end: ended(127, 0),
			result: engine.ExecResult{ExitCode: 127, Failure: `exec: "x": executable file not found in $PATH`},
		},
		{
			name: "a missing directory", stream: frame(1, oci(`chdir to cwd ("/x") set in config.json failed: no such file or directory`)), end: ended(126, 0),
			result: engine.ExecResult{ExitCode: 126, Failure: `chdir to cwd ("/x") set in config.json failed: no such file or directory`},
		},
		{name: "a command that says the same", stream: frame(1, oci("mine")), end: ended(126, 9), result: engine.ExecResult{ExitCode: 126}, out: oci("mine")},
		{name: "a command that goes on", stream: frame(1, oci("mine")) + frame(1, "more"), end: ended(0, 9), out: oci("mine") + "more"},
		{name: "a greeting is not held back", stream: frame(1, "220 hello\r\n"), end: ended(0, 9), out: "220 hello\r\n"},
		{name: "a command that speaks as the runtime", stream: frame(2, "exec /s: no such file or directory\n"), end: ended(1, 9), result: engine.ExecResult{ExitCode: 1}, err: "exec /s: no such file or directory\n"},
		{name: "one that says so on stdout", stream: frame(1, "exec failed: no such file or directory\n"), end: ended(1, 9), result: engine.ExecResult{ExitCode: 1}, out: "exec failed: no such file or directory\n"},
		{name: "a held write, cut off", stream: frame(1, oci("mine")) + "\x01\x00", end: ended(0, 9), class: engine.ErrUnavailable, out: oci("mine")},
		{name: "cut off", stream: frame(1, "abc")[:9], end: ended(0, 9), class: engine.ErrUnavailable, out: "a"},
		{name: "cut off in a header", stream: "\x01\x00", end: ended(0, 9), class: engine.ErrUnavailable},
		{name: "no stream", stream: "\x09\x00\x00\x00\x00\x00\x00\x00", end: ended(0, 9), failed: "unknown stream 9"},
		{name: "an engine's fault", stream: frame(3, "out of order"), end: ended(0, 9), failed: "out of order"},
		{name: "the container went", end: refuse(404, "No such exec instance: e"), class: engine.ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := serve(t, fake{"POST /containers/x/exec": execCreated, "POST /exec/e/start": attached(tt.stream), "GET /exec/e/json": tt.end})
			var out, stderr bytes.Buffer
			p, err := e.Exec(t.Context(), "x", engine.ExecOptions{Command: []string{"c"}}, engine.Streams{Out: &out, Err: &stderr})
			if err != nil {
				t.Fatal(err)
			}
			result, err := p.Wait(t.Context())
			if tt.class != nil || tt.failed != "" {
				says(t, err, tt.class, tt.failed)
			} else if err != nil || result != tt.result {
				t.Errorf("Wait = %+v, %v, want %+v", result, err, tt.result)
			}
			if out.String() != tt.out || stderr.String() != tt.err {
				t.Errorf("out %q, err %q, want %q, %q", &out, &stderr, tt.out, tt.err)
			}
		})
	}
}

func TestExecNotStarted(t *testing.T) {
	for name, tt := range map[string]struct {
		create, start http.HandlerFunc
		class         error
	}{
		"gone":                {absent, nil, engine.ErrNotFound},
		"not running":         {refuse(409, "Container x is not running"), nil, engine.ErrNotRunning},
		"stopped in between":  {execCreated, refuse(409, "Container x is not running"), engine.ErrNotRunning},
		"gone in between":     {execCreated, refuse(404, "No such exec instance"), engine.ErrNotFound},
		"engine is not there": {hangUp, nil, engine.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			e := serve(t, fake{"POST /containers/x/exec": tt.create, "POST /exec/e/start": tt.start})
			_, err := e.Exec(t.Context(), "x", engine.ExecOptions{Command: []string{"c"}}, engine.Streams{Out: io.Discard, Err: io.Discard})
			if !errors.Is(err, tt.class) {
				t.Errorf("Exec = %v, want %v", err, tt.class)
			}
		})
	}
}

// TestExecOutputLost: a reader that goes away is not an engine that does, though both are a broken pipe.
func TestExecOutputLost(t *testing.T) {
	e := serve(t, fake{"POST /containers/x/exec": execCreated, "POST /exec/e/start": attached(frame(1, "text"))})
	r, w := io.Pipe()
	_ = r.Close()
	p, err := e.Exec(t.Context(), "x", engine.ExecOptions{Command: []string{"c"}}, engine.Streams{Out: w, Err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Wait(t.Context())
	var lost *engine.OutputError
	if !errors.As(err, &lost) || !errors.Is(err, io.ErrClosedPipe) || errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("Wait = %v, want an OutputError", err)
	}
}

func TestLogEntries(t *testing.T) {
	const at = "2026-01-31T09:00:00.000000001Z "
	body := frame(1, at+"one\n") + frame(2, at+"two\n") + frame(1, at)
	e := serve(t, fake{"GET /containers/x/logs": func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("timestamps") != "1" || q.Get("tail") != "7" || q.Get("follow") != "1" {
			t.Errorf("logs asked for with %v", q)
		}
		_, _ = io.WriteString(w, body)
	}})
	var got []string
	err := e.Logs(t.Context(), "x", engine.LogOptions{Follow: true, Tail: 7}, func(l engine.LogEntry) error {
		got = append(got, fmt.Sprintf("%d %t %q", l.Time.Nanosecond(), l.Stderr, l.Text))
		return nil
	})
	if want := `1 false "one\n",1 true "two\n",1 false ""`; err != nil || strings.Join(got, ",") != want {
		t.Errorf("Logs: %v, %v, want %s", got, err, want)
	}
	mine := errors.New("mine")
	if err := e.Logs(t.Context(), "x", engine.LogOptions{Follow: true, Tail: 7}, func(engine.LogEntry) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("Logs = %v, want the callback's error", err)
	}
	body = frame(1, "no time\n")
	says(t, e.Logs(t.Context(), "x", engine.LogOptions{Follow: true, Tail: 7}, nil), nil, "without a time")
	body = frame(1, at+"cut")[:20]
	says(t, e.Logs(t.Context(), "x", engine.LogOptions{Follow: true, Tail: 7}, nil), engine.ErrUnavailable, "")
}

// TestExecHeldWriteIsShown: a command that speaks as the engine does, and then waits, is shown as soon as the engine has a process.
func TestExecHeldWriteIsShown(t *testing.T) {
	const text = "OCI runtime exec failed: or so\r\n"
	over := make(chan struct{})
	e := serve(t, fake{
		"POST /containers/x/exec": execCreated,
		"POST /exec/e/start":      attachedUntil(frame(1, text), over),
		"GET /exec/e/json": inOrder(running, running, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-over:
				ended(0, 9)(w, r)
			default:
				answer(w, 200, map[string]any{"ID": "e", "Running": true, "Pid": 9})
			}
		}),
	})
	r, w := io.Pipe()
	p, err := e.Exec(t.Context(), "x", engine.ExecOptions{Command: []string{"c"}}, engine.Streams{Out: w, Err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan error, 1)
	go func() {
		_, err := p.Wait(t.Context())
		waited <- err
	}()
	got := make([]byte, len(text))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != text {
		t.Errorf("shown %q, %v", got, err)
	}
	close(over)
	if err := <-waited; err != nil {
		t.Error(err)
	}
}
