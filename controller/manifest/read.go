package manifest

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// contents is what one read of a file found.
type contents struct {
	text string
	// st is the file's after the read.
	st stamp
	// unstable says that the file was written to during the read; open, that somebody has it open for writing.
	unstable, open bool
	racy           bool
}

// readFile reads a regular file of at most limit bytes.
func readFile(path string, limit int64) (contents, error) {
	// O_NONBLOCK: a FIFO that took the file's place since the last look must not hang us.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return contents{}, cause(err)
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	before, err := statFD(f.Fd())
	if err != nil {
		return contents{}, err
	}
	if !before.isRegular() {
		return contents{}, errNotRegular
	}
	if before.size > limit {
		return contents{st: before}, fmt.Errorf("the file has %d bytes, more than the %d that are read", before.size, limit)
	}
	// Asked on both sides of the read: a writer that comes or goes meanwhile is seen by one of them.
	open := beingWritten(f.Fd())
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return contents{}, cause(err)
	}
	after, err := statFD(f.Fd())
	if err != nil {
		return contents{}, err
	}
	open = beingWritten(f.Fd()) || open
	// Wall time, not the loader's clock: it is compared with the file system's.
	return contents{
		text: string(data), st: after, unstable: after != before || int64(len(data)) != after.size, open: open,
		racy: after.racy(time.Now()),
	}, nil
}
