package specdiff

import (
	"cmp"
	"encoding/json"
	"math/big"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// Changes returns what differs between the recorded spec and the wanted one of the workspace name, sorted by field.
// Both are defaulted by this version and compared by meaning: 2 is 2000m, busybox is docker.io/library/busybox:latest,
// the order of variables, mounts and capabilities does not count, and what is empty is what is absent.
func Changes(old, new LastApplied, name string) []Change {
	var changes []Change
	before, after := describe(old, name), describe(new, name)
	if c, ok := probeChange(old.LivenessProbe, new.LivenessProbe); ok {
		before.drop("spec.livenessProbe")
		after.drop("spec.livenessProbe")
		changes = append(changes, c)
	}
	for f, b := range before {
		a, ok := after[f]
		if !ok {
			a = value{shown: unset}
		} else if a.key == b.key {
			continue
		}
		changes = append(changes, Change{Field: f, Old: b.shown, New: a.shown, Class: classOf(f)})
	}
	for f, a := range after {
		if _, ok := before[f]; !ok {
			changes = append(changes, Change{Field: f, Old: unset, New: a.shown, Class: classOf(f)})
		}
	}
	for i, c := range changes {
		changes[i].Field = shownField(c.Field)
		if c.Field == "spec.envFrom" {
			changes[i].Old, changes[i].New = contentChanged, contentChanged
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Field, b.Field) })
	return changes
}

// probeChange is a probe that came or went: one change, not one for each of its fields.
func probeChange(old, new *v1alpha1.Probe) (Change, bool) {
	c := Change{Field: "spec.livenessProbe", Old: unset, New: unset, Class: Controller}
	if old != nil {
		c.Old = hidden
	}
	if new != nil {
		c.New = hidden
	}
	return c, (old == nil) != (new == nil)
}

func classOf(field string) Class {
	switch field {
	case "spec.state":
		return State
	case "spec.imagePullPolicy", "spec.imageUpdatePolicy", "spec.sourceChangePolicy", "spec.restartPolicy", "spec.setupTimeoutSeconds",
		"spec.terminationGracePeriodSeconds", "spec.volumeReclaimPolicy":
		return Controller
	}
	switch {
	case strings.HasPrefix(field, "spec.resources.limits."):
		return InPlace
	case strings.HasPrefix(field, "spec.livenessProbe"):
		return Controller
	}
	return Recreate
}

// value of a field. Values with the same key mean the same.
type value struct{ key, shown string }

type fields map[string]value

// set leaves out what is unset: an absent field equals an empty one.
func (f fields) set(name, shown string) { f.setKeyed(name, shown, shown) }

// setKeyed says of a secret field that it changed, and not what it is.
func (f fields) setKeyed(name, key, shown string) {
	if key == "" {
		return
	}
	if SecretField(name) {
		shown = hidden
	}
	f[name] = value{key, shown}
}

// variable is a field of its own.
func (f fields) variable(e v1alpha1.EnvVar) {
	// The prefix tells a variable that is set to nothing from one that is not set.
	f["spec.env["+e.Name+"]"] = value{"=" + e.Value, hidden}
}

// shownField is a field as messages have it.
func shownField(field string) string {
	if name, ok := strings.CutPrefix(field, "spec.env["); ok {
		return "spec.env[" + v1alpha1.ShownName(strings.TrimSuffix(name, "]")) + "]"
	}
	return field
}

func (f fields) drop(prefix string) {
	for name := range f {
		if strings.HasPrefix(name, prefix+".") {
			delete(f, name)
		}
	}
}

// flag leaves out false, which every flag of the API has for its default but init and allowPrivilegeEscalation.
func (f fields) flag(name string, on bool) {
	if on {
		f.set(name, "true")
	}
}

// describe flattens a spec into its fields. Each field of WorkspaceSpec must appear: a test flips every one of them.
func describe(a LastApplied, name string) fields {
	s := a.WorkspaceSpec.DeepCopy()
	v1alpha1.SetDefaults(s, name)
	f := fields{}
	f.setKeyed("spec.image", imageKey(s.Image), s.Image)
	f.set("spec.imagePullPolicy", string(s.ImagePullPolicy))
	f.set("spec.imageUpdatePolicy", string(s.ImageUpdatePolicy))
	f.set("spec.sourceChangePolicy", string(s.SourceChangePolicy))
	f.set("spec.state", string(s.State))
	f.set("spec.command", words(s.Command))
	f.set("spec.args", words(s.Args))
	f.set("spec.workingDir", clean(s.WorkingDir))
	f.set("spec.hostname", s.Hostname)
	for _, e := range s.Env {
		f.variable(e)
	}
	f.setKeyed("spec.envFrom", a.EnvFromHash, contentChanged)
	if s.Source != nil {
		f.set("spec.source.path", clean(s.Source.Path))
	}
	for _, m := range s.Mounts {
		key, shown := describeMount(m)
		f.setKeyed("spec.mounts["+clean(m.Target)+"]", key, shown)
	}
	f.set("spec.setup", s.Setup)
	f.set("spec.setupTimeoutSeconds", strconv.Itoa(int(s.SetupTimeoutSeconds)))
	f.set("spec.restartPolicy", string(s.RestartPolicy))
	f.quantity("spec.resources.limits.cpu", s.Resources.Limits.CPU)
	f.quantity("spec.resources.limits.memory", s.Resources.Limits.Memory)
	if n := s.Resources.Limits.PIDs; n != nil {
		f.set("spec.resources.limits.pids", strconv.FormatInt(*n, 10))
	}
	f.set("spec.network", s.Network)
	f.set("spec.init", strconv.FormatBool(*s.Init))
	f.set("spec.terminationGracePeriodSeconds", strconv.FormatInt(*s.TerminationGracePeriodSeconds, 10))
	f.set("spec.volumeReclaimPolicy", string(s.VolumeReclaimPolicy))
	f.security(&s.SecurityContext)
	f.probe(s.LivenessProbe)
	return f
}

func (f fields) security(s *v1alpha1.SecurityContext) {
	f.set("spec.securityContext.user", s.User)
	f.set("spec.securityContext.capabilities.add", capabilitySet(s.Capabilities.Add))
	f.set("spec.securityContext.capabilities.drop", capabilitySet(s.Capabilities.Drop))
	f.flag("spec.securityContext.readOnlyRootFilesystem", s.ReadOnlyRootFilesystem)
	f.set("spec.securityContext.allowPrivilegeEscalation", strconv.FormatBool(*s.AllowPrivilegeEscalation))
}

func (f fields) probe(p *v1alpha1.Probe) {
	if p == nil {
		return
	}
	f.set("spec.livenessProbe.exec.command", words(p.Exec.Command))
	f.set("spec.livenessProbe.initialDelaySeconds", strconv.Itoa(int(p.InitialDelaySeconds)))
	f.set("spec.livenessProbe.periodSeconds", strconv.Itoa(int(p.PeriodSeconds)))
	f.set("spec.livenessProbe.timeoutSeconds", strconv.Itoa(int(p.TimeoutSeconds)))
	f.set("spec.livenessProbe.failureThreshold", strconv.Itoa(int(p.FailureThreshold)))
}

func (f fields) quantity(name string, q *resource.Quantity) {
	if q != nil {
		f.setKeyed(name, quantityKey(q), q.String())
	}
}

// quantityKey is the same for quantities of the same value.
func quantityKey(q *resource.Quantity) string {
	// AsDec changes the quantity's form, hence the copy; a rational forgets the scale, so that 2 is 2.0.
	c := q.DeepCopy()
	key := c.AsDec().String()
	if r, ok := new(big.Rat).SetString(key); ok {
		key = r.RatString()
	}
	return key
}

// describeMount returns what identifies a mount, and how a person reads it: a size of 1024Mi is one of 1Gi.
func describeMount(m v1alpha1.Mount) (key, shown string) {
	parts := []string{string(m.Type)}
	switch m.Type {
	case v1alpha1.MountBind:
		parts = append(parts, clean(m.Source))
	case v1alpha1.MountVolume:
		parts = append(parts, m.Name)
	}
	if m.ReadOnly {
		parts = append(parts, "read-only")
	}
	if m.Tmpfs == nil {
		shown = strings.Join(parts, " ")
		return shown, shown
	}
	if e := m.Tmpfs.Exec; e != nil && !*e {
		parts = append(parts, "noexec")
	}
	key, shown = strings.Join(parts, " "), strings.Join(parts, " ")
	if q := m.Tmpfs.Size; q != nil {
		key, shown = key+" size="+quantityKey(q), shown+" size="+q.String()
	}
	return key, shown
}

func imageKey(image string) string {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return image // What a newer version may have accepted is compared as it stands.
	}
	return reference.TagNameOnly(named).String()
}

func capabilitySet(names []string) string {
	set := make([]string, len(names))
	for i, n := range names {
		set[i] = v1alpha1.NormalizeCapability(n)
	}
	slices.Sort(set)
	return strings.Join(slices.Compact(set), ",")
}

// words shows a command as a manifest spells it.
func words(w []string) string {
	if len(w) == 0 {
		return ""
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(w); err != nil {
		return strconv.Quote(strings.Join(w, " ")) // Encoding strings to memory cannot fail.
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// clean leaves the empty path empty.
func clean(p string) string {
	if p == "" {
		return ""
	}
	return path.Clean(p)
}
