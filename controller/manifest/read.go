package manifest

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// contents is the result of one read of a file.
type contents struct {
	text string
	// st is the stamp of the file after the read.
	st stat.Stamp
	// unstable is set if the file was written to during the read, open if a process has it open for writing.
	unstable, open bool
	racy           bool
}

// readFile reads a regular file of at most limit bytes.
func readFile(path string, limit int64) (contents, error) {
	// O_NONBLOCK: a FIFO that took the file's place must not block the read.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return contents{}, stat.Cause(err)
	}
	defer func() { _ = f.Close() }()
	before, err := stat.FD(f.Fd())
	if err != nil {
		return contents{}, err
	}
	if !before.IsRegular() {
		return contents{}, errNotRegular
	}
	if before.Size > limit {
		return contents{st: before}, fmt.Errorf("the file has %d bytes, more than the %d that are read", before.Size, limit)
	}
	// Check before and after the read, to detect a writer that opens or closes the file meanwhile.
	open := beingWritten(f.Fd())
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return contents{}, stat.Cause(err)
	}
	after, err := stat.FD(f.Fd())
	if err != nil {
		return contents{}, err
	}
	open = beingWritten(f.Fd()) || open
	// Wall time instead of the loader's clock, because it is compared with the clock of the file system.
	return contents{
		text: string(data), st: after, unstable: after != before || int64(len(data)) != after.Size, open: open,
		racy: after.Racy(time.Now()),
	}, nil
}
