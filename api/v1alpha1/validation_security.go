package v1alpha1

import (
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// CapabilityAll stands for every capability; it can be dropped, not added.
const CapabilityAll = "ALL"

// privilegedCapabilities amount to privileged mode: each reaches the host's kernel, devices, memory or file system.
var privilegedCapabilities = []string{
	CapabilityAll, "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "DAC_READ_SEARCH", "BPF", "PERFMON",
}

var (
	capabilityPattern = regexp.MustCompile(`^[A-Z]+(_[A-Z]+)*$`)
	userPattern       = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$`)
)

// NormalizeCapability returns a capability as Docker names it in its documentation: upper case, without CAP_.
func NormalizeCapability(name string) string {
	return strings.TrimPrefix(strings.ToUpper(name), "CAP_")
}

func validateSecurity(s *SecurityContext, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	if u := s.User; u != "" && !userPattern.MatchString(u) {
		errs = append(errs, field.Invalid(p.Child("user"), u, "must be user or user:group, by name or number, such as 1000:1000"))
	}
	caps := p.Child("capabilities")
	errs = append(errs, validateCapabilities(s.Capabilities.Add, caps.Child("add"))...)
	errs = append(errs, validateCapabilities(s.Capabilities.Drop, caps.Child("drop"))...)

	dropped := map[string]bool{}
	for _, name := range s.Capabilities.Drop {
		dropped[NormalizeCapability(name)] = true
	}
	for i, name := range s.Capabilities.Add {
		at := caps.Child("add").Index(i)
		switch n := NormalizeCapability(name); {
		case slices.Contains(privilegedCapabilities, n):
			errs = append(errs, field.Forbidden(at, name+" amounts to privileged mode, which a workspace cannot have"))
		case dropped[n]:
			errs = append(errs, field.Invalid(at, name, "is in drop as well; keep one of them"))
		}
	}
	return errs
}

func validateCapabilities(names []string, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := map[string]bool{}
	for i, name := range names {
		n := NormalizeCapability(name)
		switch {
		case !capabilityPattern.MatchString(name):
			errs = append(errs, field.Invalid(p.Index(i), name, "must be a Linux capability in upper case, such as NET_ADMIN"))
		case seen[n]:
			errs = append(errs, field.Duplicate(p.Index(i), name))
		}
		seen[n] = true
	}
	return errs
}
