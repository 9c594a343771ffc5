package machine

import (
	"os"
	"os/user"
)

// homeOfCaller returns the home directory of the user who called sudo, so that both users have the same id; empty if unknown.
func homeOfCaller() string {
	if uid := os.Getenv("SUDO_UID"); uid != "" && os.Geteuid() == 0 {
		if u, err := user.LookupId(uid); err == nil && u.HomeDir != "" {
			return u.HomeDir
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return home
}
