package hostfile

// Mount says what a container has mounted, compared with what is at a path of the host now.
type Mount string

// The answers.
const (
	// MountUnknown: the kernel does not tell us.
	MountUnknown Mount = ""
	// MountSame: it is what is at the path.
	MountSame Mount = "same"
	// MountOther: it is something else, which still exists.
	MountOther Mount = "other"
	// MountDeleted: it was deleted.
	MountDeleted Mount = "deleted"
)
