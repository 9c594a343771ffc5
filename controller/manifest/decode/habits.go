package decode

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/internal/suggest"
)

const (
	noPorts      = "workspaces publish no ports: each has its own network namespace; reach one with exec or at its IP"
	noPrivileged = "a workspace cannot be privileged, and there is no way to ask for it"
	noNamespaces = "a workspace cannot share the host's namespaces"
	noDevices    = "a workspace has no way to the host's devices"
	oneContainer = "a workspace is one container; write its image, command and env directly under spec"
)

// habits of Compose, Docker and Kubernetes, by the field's name in lower case.
var habits = map[string]string{
	"ports": noPorts, "port": noPorts, "expose": noPorts, "publish": noPorts, "containerport": noPorts, "hostport": noPorts,
	"privileged": noPrivileged,
	"pid":        noNamespaces, "ipc": noNamespaces, "uts": noNamespaces, "hostpid": noNamespaces, "hostipc": noNamespaces,
	"userns_mode": noNamespaces, "hostnetwork": noNamespaces, "cgroupparent": noNamespaces, "cgroup_parent": noNamespaces,
	"devices": noDevices, "device_cgroup_rules": noDevices, "gpus": noDevices,
	"containers": oneContainer, "initcontainers": "write what prepares the workspace as spec.setup", "template": oneContainer,
	"services":     "this reads like a Compose file; write one Workspace per service",
	"volumes":      "write spec.mounts with type, name or source, and target",
	"volumemounts": "write spec.mounts with type, name or source, and target",
	"tmpfs":        "write spec.mounts with type: tmpfs and target",
	"mountpath":    "write target", "hostpath": "write type: bind and source", "destination": "write target",
	"environment": "write spec.env as a list of name and value", "env_file": "write spec.envFrom as a list of file",
	"envfile": "write spec.envFrom as a list of file", "valuefrom": "write spec.envFrom with the file that holds the value",
	"networkmode": "write spec.network", "network_mode": "write spec.network", "networks": "write spec.network: a workspace is on one network",
	"entrypoint": "write spec.command", "cmd": "write spec.args", "working_dir": "write spec.workingDir",
	"container_name": "the container is named after metadata.name", "replicas": "a workspace is one container; write one manifest for each",
	"restart": "write spec.restartPolicy: Always, OnFailure or Never", "healthcheck": "write spec.livenessProbe",
	"readinessprobe": "write spec.livenessProbe", "startupprobe": "write spec.livenessProbe with initialDelaySeconds",
	"runasgroup": "write the group in spec.securityContext.user, as user:group",
	"cap_add":    "write spec.securityContext.capabilities.add", "cap_drop": "write spec.securityContext.capabilities.drop",
	"read_only": "write spec.securityContext.readOnlyRootFilesystem", "security_opt": "write spec.securityContext.allowPrivilegeEscalation: false",
	"stop_grace_period": "write spec.terminationGracePeriodSeconds", "mem_limit": "write spec.resources.limits.memory",
	"cpus": "write spec.resources.limits.cpu", "pids_limit": "write spec.resources.limits.pids",
	"requests": "a workspace has limits only: write spec.resources.limits",
	"build":    "build the image first, and write its name as spec.image", "depends_on": "workspaces do not wait for each other",
	"httpget": "a probe is a command: write exec.command", "tcpsocket": "a probe is a command: write exec.command",
	"grpc": "a probe is a command: write exec.command", "paused": "annotate the workspace with dual.dev/reconcile: disabled",
	"successthreshold": "one success is healthy", "suspend": "annotate the workspace with dual.dev/reconcile: disabled",
}

// renamed are the fields of v1alpha1 that had another name, by that name in lower case.
var renamed = map[string]string{
	"runasuser":       "use user instead, with the same value",
	"nonewprivileges": "use allowPrivilegeEscalation instead, with the value negated: false for true",
}

// unknownField returns what to write instead of a key, and the path of the intended field if that is clear.
func unknownField(t reflect.Type, path, name string) (rest, meant string) {
	fields := fieldNames(fieldsOf(t))
	if t == metaType && slices.Contains(fieldNames(allFields(reflect.TypeFor[metav1.ObjectMeta]())), name) {
		return "; in a manifest metadata takes only name, labels and annotations", ""
	}
	if advice, ok := renamed[strings.ToLower(name)]; ok {
		return "; " + advice, ""
	}
	if at := belongs(path, name); at != "" {
		return fmt.Sprintf(" here; did you mean %s? Check the indentation", at), strings.ReplaceAll(at, "[]", "[0]")
	}
	if advice, ok := habits[strings.ToLower(name)]; ok && !slices.ContainsFunc(fields, func(f string) bool { return strings.EqualFold(f, name) }) {
		return "; " + advice, ""
	}
	if s, ok := suggest.Nearest(name, fields); ok {
		return fmt.Sprintf("; did you mean %q?", s), join(path, s)
	}
	return "; known here: " + strings.Join(fields, ", "), ""
}

var listIndex = regexp.MustCompile(`\[\d+\]`)

// belongs returns the path at which the field would be valid. Wrong indentation is the most common fault.
func belongs(path, name string) string {
	paths := elsewhere(name)
	here := listIndex.ReplaceAllString(path, "[]") + "."
	for _, p := range paths {
		if strings.HasPrefix(p, here) {
			return p
		}
	}
	// Of several, the shallowest is a fair guess only from the outer levels.
	if len(paths) == 1 || len(paths) > 1 && (path == "" || path == "spec") {
		return paths[0]
	}
	return ""
}
