package docker

import (
	"bytes"
	"context"

	"github.com/moby/sys/user"
)

// identity is a user of a container.
type identity struct{ uid, gid int }

// identity resolves user[:group], by name or number, in a container's own files, as its runtime does. It is nil where they do
// not know it: then the start fails, and says so.
func (e *Engine) identity(ctx context.Context, id, spec string) (*identity, error) {
	if spec == "" {
		return nil, nil
	}
	passwd, err := e.file(ctx, id, "/etc/passwd")
	if err != nil {
		return nil, err
	}
	group, err := e.file(ctx, id, "/etc/group")
	if err != nil {
		return nil, err
	}
	found, err := user.GetExecUser(spec, &user.ExecUser{}, bytes.NewReader(passwd), bytes.NewReader(group))
	if err != nil {
		return nil, nil
	}
	return &identity{found.Uid, found.Gid}, nil
}
