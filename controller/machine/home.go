package machine

import (
	"os"
	"os/user"
)

// homeOfCaller is the home directory of the person behind sudo, so that both have the same id; empty where there is none.
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
