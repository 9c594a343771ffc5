package docker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// maxEntry is far more than engines write at once. A greater length is no frame of a log.
const maxEntry = 64 << 20

// Logs always asks for timestamps: a caller that continues after an interruption needs them.
func (e *Engine) Logs(ctx context.Context, id string, o engine.LogOptions, each func(engine.LogEntry) error) error {
	doing := "read logs of container " + engine.ShortID(id)
	options := container.LogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true, Follow: o.Follow, Tail: "all"}
	if o.Tail >= 0 {
		options.Tail = strconv.Itoa(o.Tail)
	}
	if !o.Since.IsZero() {
		options.Since = unixNano(o.Since)
	}
	body, err := ask(ctx, e, doing, func(cli *connection) (io.ReadCloser, error) { return cli.ContainerLogs(ctx, id, options) })
	if err != nil {
		return err
	}
	defer body.Close()
	var mine *engine.OutputError
	switch err := entries(bufio.NewReaderSize(body, streamBuffer), each); {
	case errors.As(err, &mine):
		return mine.Err
	default:
		return e.translate(ctx, doing, err)
	}
}

// entries reads frames. Each begins with its timestamp, even if it continues a line.
func entries(src io.Reader, each func(engine.LogEntry) error) error {
	var buf bytes.Buffer
	for {
		stream, length, err := readHeader(src)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if length > maxEntry {
			return fmt.Errorf("the engine sent a log entry of %d bytes", length)
		}
		buf.Reset()
		if _, err := io.CopyN(&buf, src, int64(length)); err != nil {
			return errors.Join(io.ErrUnexpectedEOF, err)
		}
		if stream == streamFault {
			return errors.New(buf.String())
		}
		stamp, text, _ := bytes.Cut(buf.Bytes(), []byte(" "))
		at, err := time.Parse(time.RFC3339Nano, string(stamp))
		if err != nil {
			return fmt.Errorf("the engine sent a log entry without a time: %w", err)
		}
		if err := each(engine.LogEntry{Time: at, Stderr: stream == streamErr, Text: text}); err != nil {
			return &engine.OutputError{Err: err}
		}
	}
}
