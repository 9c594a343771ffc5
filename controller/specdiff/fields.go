package specdiff

import (
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

// value of a field. Values with the same key mean the same.
type value struct {
	key, shown string
	class      Class
	// content is set if messages name a change of the content only.
	content bool
}

// fields are the values of a spec by path. An unset field is not in it: an absent field equals an empty one.
type fields map[string]value

func (f fields) set(name string, class Class, shown string) { f.setKeyed(name, class, shown, shown) }

// setKeyed hides the value of a secret field: messages contain that it changed, and not the value.
func (f fields) setKeyed(name string, class Class, key, shown string) {
	if key == "" {
		return
	}
	if SecretField(name) {
		shown = hidden
	}
	f[name] = value{key: key, shown: shown, class: class}
}

// flag leaves out false, the default of the flags that it is used for.
func (f fields) flag(name string, class Class, on bool) {
	if on {
		f.set(name, class, "true")
	}
}

func (f fields) seconds(name string, class Class, n int64) {
	f.set(name, class, strconv.FormatInt(n, 10))
}

// variable is a field of its own. The prefix of the key tells a variable that is empty from one that is not set.
func (f fields) variable(e v1alpha1.EnvVar) {
	f["spec.env["+e.Name+"]"] = value{key: "=" + e.Value, shown: hidden, class: Recreate}
}

// collapse makes the fields below a path one field.
func (f fields) collapse(path string) {
	for name, v := range f {
		if strings.HasPrefix(name, path+".") {
			delete(f, name)
			f[path] = value{key: hidden, shown: hidden, class: v.class}
		}
	}
}

// describe returns the fields of a spec, each with its class. Each field of WorkspaceSpec must be in it: a test changes
// every one of them.
func describe(a LastApplied, name string) fields {
	s := a.WorkspaceSpec.DeepCopy()
	v1alpha1.SetDefaults(s, name)
	f := fields{}
	f.setKeyed("spec.image", Recreate, imageKey(s.Image), s.Image)
	f.set("spec.imagePullPolicy", Controller, string(s.ImagePullPolicy))
	f.set("spec.imageUpdatePolicy", Controller, string(s.ImageUpdatePolicy))
	f.set("spec.sourceChangePolicy", Controller, string(s.SourceChangePolicy))
	f.set("spec.state", State, string(s.State))
	f.set("spec.command", Recreate, words(s.Command))
	f.set("spec.args", Recreate, words(s.Args))
	f.set("spec.workingDir", Recreate, clean(s.WorkingDir))
	f.set("spec.hostname", Recreate, s.Hostname)
	for _, e := range s.Env {
		f.variable(e)
	}
	if a.EnvFromHash != "" {
		f["spec.envFrom"] = value{key: a.EnvFromHash, class: Recreate, content: true}
	}
	if s.Source != nil {
		f.set("spec.source.path", Recreate, clean(s.Source.Path))
	}
	for _, m := range s.Mounts {
		key, shown := describeMount(m)
		f.setKeyed("spec.mounts["+clean(m.Target)+"]", Recreate, key, shown)
	}
	f.set("spec.setup", Recreate, s.Setup)
	f.seconds("spec.setupTimeoutSeconds", Controller, int64(s.SetupTimeoutSeconds))
	f.set("spec.restartPolicy", Controller, string(s.RestartPolicy))
	f.quantity("spec.resources.limits.cpu", InPlace, s.Resources.Limits.CPU)
	f.quantity("spec.resources.limits.memory", InPlace, s.Resources.Limits.Memory)
	if n := s.Resources.Limits.PIDs; n != nil {
		f.set("spec.resources.limits.pids", InPlace, strconv.FormatInt(*n, 10))
	}
	f.set("spec.network", Recreate, s.Network)
	f.set("spec.init", Recreate, strconv.FormatBool(*s.Init))
	f.seconds("spec.terminationGracePeriodSeconds", Controller, *s.TerminationGracePeriodSeconds)
	f.set("spec.volumeReclaimPolicy", Controller, string(s.VolumeReclaimPolicy))
	f.security(&s.SecurityContext)
	f.probe(s.LivenessProbe)
	return f
}

func (f fields) security(s *v1alpha1.SecurityContext) {
	f.set("spec.securityContext.user", Recreate, s.User)
	f.set("spec.securityContext.capabilities.add", Recreate, capabilitySet(s.Capabilities.Add))
	f.set("spec.securityContext.capabilities.drop", Recreate, capabilitySet(s.Capabilities.Drop))
	f.flag("spec.securityContext.readOnlyRootFilesystem", Recreate, s.ReadOnlyRootFilesystem)
	f.set("spec.securityContext.allowPrivilegeEscalation", Recreate, strconv.FormatBool(*s.AllowPrivilegeEscalation))
}

func (f fields) probe(p *v1alpha1.Probe) {
	if p == nil {
		return
	}
	f.set("spec.livenessProbe.exec.command", Controller, words(p.Exec.Command))
	f.seconds("spec.livenessProbe.initialDelaySeconds", Controller, int64(p.InitialDelaySeconds))
	f.seconds("spec.livenessProbe.periodSeconds", Controller, int64(p.PeriodSeconds))
	f.seconds("spec.livenessProbe.timeoutSeconds", Controller, int64(p.TimeoutSeconds))
	f.set("spec.livenessProbe.failureThreshold", Controller, strconv.Itoa(int(p.FailureThreshold)))
}

func (f fields) quantity(name string, class Class, q *resource.Quantity) {
	if q != nil {
		f.setKeyed(name, class, quantityKey(q), q.String())
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

// describeMount returns what identifies a mount, and how a user reads it: a size of 1024Mi is one of 1Gi.
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
