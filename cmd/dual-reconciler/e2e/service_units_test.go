package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// directives are those of systemd 252 that a unit of ours may have, by section.
var directives = map[string]string{
	"Unit": "Description Documentation After Before Wants StartLimitIntervalSec StartLimitBurst ConditionPathExists",
	"Service": `Type User Group SupplementaryGroups Environment EnvironmentFile WorkingDirectory ExecStart ExecStartPre ExecReload Restart RestartSec
		WatchdogSec TimeoutStartSec TimeoutStopSec KillMode NotifyAccess StateDirectory StateDirectoryMode UMask ProtectSystem ProtectHome
		ReadWritePaths PrivateTmp PrivateDevices NoNewPrivileges CapabilityBoundingSet AmbientCapabilities RestrictAddressFamilies
		RestrictNamespaces RestrictRealtime RestrictSUIDSGID LockPersonality MemoryDenyWriteExecute ProtectClock ProtectControlGroups
		ProtectHostname ProtectKernelLogs ProtectKernelModules ProtectKernelTunables SystemCallArchitectures SystemCallFilter
		SystemCallErrorNumber LimitNOFILE`,
	"Install": "WantedBy",
}

// unit is a unit file: the values of each directive, by Section.Directive.
type unit map[string][]string

func parseUnit(t *testing.T, path string) unit {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	u, section := unit{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch key, value, isValue := strings.Cut(line, "="); {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
		case !isValue || !slices.Contains(strings.Fields(directives[section]), key):
			t.Errorf("%s: [%s] has no directive %s", path, section, line)
		default:
			u[section+"."+key] = append(u[section+"."+key], value)
		}
	}
	return u
}

// takes fails unless the program accepts these arguments.
func takes(t *testing.T, args []string) {
	t.Helper()
	if out, err := exec.Command(binary, append(slices.Clone(args), "--help")...).CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", args, err, out)
	}
	help, err := exec.Command(binary, "run", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	if len(args) == 0 || args[0] != "run" {
		t.Errorf("%v does not run the controller", args)
	}
	for _, arg := range args {
		if name, _, _ := strings.Cut(arg, "="); strings.HasPrefix(name, "-") && !strings.Contains(string(help), name+" ") {
			t.Errorf("run has no flag %s", name)
		}
	}
}

func TestSystemdUnits(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"user", "system"} {
		path := filepath.Join("../../../docs/systemd", kind, "dual-reconciler.service")
		u := parseUnit(t, path)
		start := strings.Fields(strings.Join(u["Service.ExecStart"], " "))
		if filepath.Base(start[0]) != "dual-reconciler" {
			t.Errorf("%s starts %s", path, start[0])
		}
		takes(t, start[1:])
		for directive, want := range map[string]string{
			"Service.Type": "notify", "Service.Restart": "on-failure", "Service.ExecReload": "/bin/kill -HUP $MAINPID",
			"Service.NoNewPrivileges": "yes",
		} {
			if got := u[directive]; !slices.Equal(got, []string{want}) {
				t.Errorf("%s: %s is %q, want %s", path, directive, got, want)
			}
		}
		if len(u["Service.WatchdogSec"]) != 1 {
			t.Errorf("%s has no watchdog", path)
		}
		// Where the user's verbs look for the controller's socket is not where systemd puts a user's StateDirectory.
		if has := len(u["Service.StateDirectory"]) > 0; has != (kind == "system") {
			t.Errorf("%s: StateDirectory: %v", path, has)
		}
		verify(t, kind, path, start[0])
	}
}

// verify asks systemd itself, where it is installed, with the program under test in the place of the installed one.
func verify(t *testing.T, kind, path, program string) {
	t.Helper()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("no systemd-analyze on this machine: the units were checked against the list of directives only")
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	copied := filepath.Join(dir, "dual-reconciler.service")
	if err := os.WriteFile(copied, []byte(strings.Replace(string(text), program, binary, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(analyze, "verify", "--"+kind, "--man=no", copied)
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify %s: %v\n%s", path, err, out)
	}
}

// TestStateDirectoryOfTheService runs the controller as the system's unit does, without --state-dir.
func TestStateDirectoryOfTheService(t *testing.T) {
	b := newBench(t)
	cmd := exec.Command(binary, "get", "--help")
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "$STATE_DIRECTORY") {
		t.Errorf("the help does not name $STATE_DIRECTORY: %v %s", err, out)
	}
	other := filepath.Join(b.State, "other")
	b.Write("a.yaml", b.sleeper("a"))
	run := exec.Command(binary, "apply", "--manifests", b.Dir, "--instance", b.Instance)
	run.Env = append(os.Environ(), "STATE_DIRECTORY="+b.State+":"+other)
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("apply: %v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(b.State, b.Instance, "lock")); err != nil {
		t.Errorf("the state is not in the first of $STATE_DIRECTORY: %v", err)
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("state in the second of $STATE_DIRECTORY")
	}
}
