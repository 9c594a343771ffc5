package docker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// An engine sends stdout and stderr over one connection in frames. A frame has a header of eight bytes, of which the first is the
// stream and the last four are the length, and then the data.
const (
	frameHeader = 8
	streamErr   = 2
	streamFault = 3
)

// readHeader returns io.EOF at the end of the stream.
func readHeader(src io.Reader) (stream byte, length int, err error) {
	var header [frameHeader]byte
	if _, err := io.ReadFull(src, header[:]); err != nil {
		return 0, 0, err
	}
	if header[0] > streamFault {
		return 0, 0, fmt.Errorf("the engine sent a frame of the unknown stream %d", header[0])
	}
	return header[0], int(binary.BigEndian.Uint32(header[4:])), nil
}

// demux copies frame by frame without holding a whole frame: a slow reader slows the command down and does not use memory.
func demux(src io.Reader, out, stderr io.Writer) error {
	buf := make([]byte, streamBuffer/2)
	for {
		stream, length, err := readHeader(src)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		frame := io.LimitReader(src, int64(length))
		switch stream {
		case streamFault:
			text, _ := io.ReadAll(frame)
			return errors.New(string(text))
		case streamErr:
			err = copyFrame(stderr, frame, buf, length)
		default:
			err = copyFrame(out, frame, buf, length)
		}
		if err != nil {
			return err
		}
	}
}

func copyFrame(dst io.Writer, frame io.Reader, buf []byte, length int) error {
	n, err := io.CopyBuffer(sink{dst}, onlyReader{frame}, buf)
	if err == nil && n < int64(length) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// sink marks a failed write as the caller's, which an EPIPE would not show, and hides ReadFrom.
type sink struct{ w io.Writer }

func (s sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		return n, &engine.OutputError{Err: err}
	}
	return n, nil
}

// onlyReader hides WriteTo, which would bypass the sink.
type onlyReader struct{ io.Reader }
