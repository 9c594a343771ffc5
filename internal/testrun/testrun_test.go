package testrun

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain is also the program of the runs that the tests look at: they are processes of their own, to be killed.
func TestMain(m *testing.M) {
	switch os.Getenv("TESTRUN_ROLE") {
	case "":
		os.Exit(m.Run())
	case "litters":
		r := litter()
		fmt.Println(r.Name)
		select {} // Until it is killed.
	case "ends":
		endWithin = 0
		fmt.Println(strings.Join(litter().End(), "\n"))
	case "tidy":
		r, err := Begin(true)
		if err != nil {
			panic(err)
		}
		fmt.Println(r.Name + strings.Join(r.End(), "\n"))
	}
}

// litter begins a run that leaves something of every kind.
func litter() *Run {
	r, err := Begin(true)
	if err != nil {
		panic(err)
	}
	for _, command := range []string{
		"docker run -d --name dual-%s-1-a busybox sleep 1000000",
		"docker run -d --label dual.dev/e2e=%s-2 busybox sleep 1000000",
		"docker volume create %s-3-data",
		"docker network create %s-4",
		"docker tag busybox dual-volume:%s-5",
		// A container that goes and leaves its anonymous volume.
		"docker run --name %[1]s-6 -v /data busybox true && docker rm %[1]s-6",
		"sleep 1000000 2>/dev/null >&2 & : %s",
	} {
		if out, err := exec.Command("sh", "-c", fmt.Sprintf(command, r.Name)+" >/dev/null").CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%s: %v: %s", command, err, out))
		}
	}
	if err := os.WriteFile(r.Dir+"/file", nil, 0o600); err != nil {
		panic(err)
	}
	return r
}

func role(name string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "TESTRUN_ROLE="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

// traces are what there is of a run.
func traces(t *testing.T, run string) (all []string) {
	t.Helper()
	for _, k := range kinds {
		things, err := k.things()
		if err != nil {
			t.Fatal(err)
		}
		for _, thing := range things {
			if thing.run == run {
				all = append(all, thing.String())
			}
		}
	}
	for _, p := range running(func(name string) bool { return name == run }) {
		all = append(all, p.String())
	}
	files, err := os.ReadDir(temporary())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if Of(f.Name()) == run {
			all = append(all, f.Name())
		}
	}
	return all
}

func TestNextRunRemovesWhatAKilledRunLeft(t *testing.T) {
	killed := role("litters")
	out, err := killed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	run := strings.TrimSpace(line)
	tidy := func() {
		t.Helper()
		if out, err := role("tidy").Output(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	const kindsOfTraces = 7 // Two containers, a volume, a network, an image, at least two processes, and a directory.
	tidy()
	if left := traces(t, run); len(left) < kindsOfTraces {
		t.Errorf("the run is under way, and another one removed something of it: %q", left)
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	if left := traces(t, run); len(left) < kindsOfTraces {
		t.Errorf("the killed run left too little to test anything: %q", left)
	}
	tidy()
	if left := traces(t, run); len(left) > 0 {
		t.Errorf("the next run left %q", left)
	}
}

func TestRunSaysWhatItLeaves(t *testing.T) {
	cmd := role("ends")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := ""
	for _, want := range []string{"-1-a", "-2", "-3-data", "-4", "dual-volume:", "of a container of this run", "process "} {
		found := false
		for line := range strings.Lines(string(out)) {
			found = found || strings.Contains(line, want)
			if name := Of(line); name != "" {
				run = name
			}
		}
		if !found {
			t.Errorf("nothing about %q in:\n%s", want, out)
		}
	}
	if left := traces(t, run); run == "" || len(left) > 0 {
		t.Errorf("of run %q is left: %q", run, left)
	}
}

func TestNamesOfRuns(t *testing.T) {
	own := name(os.Getpid())
	for text, want := range map[string]string{
		own:                               own,
		"dual-" + own + "-12-a":           own,
		"dual.dev/instance=" + own + "-3": own,
		"127.0.0.1:5000/" + own + "/app":  own,
		"e2e-3fa9c1-a":                    "",
		"default":                         "",
	} {
		if got := Of(text); got != want {
			t.Errorf("Of(%q) = %q, want %q", text, got, want)
		}
	}
	if dead(own) {
		t.Error("this run is said to be dead")
	}
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	other := []byte(own)
	other[len(other)-1] ^= 1 // The same PID, of a process that started at another time.
	if name(cmd.Process.Pid) != "" || !dead(string(other)) {
		t.Error("an ended process, or an earlier one of the same PID, is said to run")
	}
	elsewhere := prefix + "zzzzz" + own[len(prefix)+placeLength:]
	if dead(elsewhere) {
		t.Error("a run of another machine is judged")
	}
}
