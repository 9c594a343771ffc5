package instance

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// claims are the ways to claim an instance: the system's own, and that of systems without a namespace for sockets.
func claims(t *testing.T) map[string]func(engine, instance string, me Holder) (func(), error) {
	dir := t.TempDir()
	return map[string]func(engine, instance string, me Holder) (func(), error){
		"of this system": Claim,
		"by a file": func(engine, instance string, me Holder) (func(), error) {
			return claimFile(dir, engine, instance, me)
		},
	}
}

func TestClaimIsOneAnEngineAndInstance(t *testing.T) {
	for name, claim := range claims(t) {
		engine := fmt.Sprintf("engine of test %d", os.Getpid())
		me := Self("/state of me", "/manifests")
		release, err := claim(engine, "default", me)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, err = claim(engine, "default", Self("/another", "/m"))
		var held *HeldError
		if !errors.As(err, &held) || held.Holder != me {
			t.Errorf("%s: the second claim: %v, want the holder %+v", name, err, me)
			continue
		}
		for _, word := range []string{fmt.Sprint(os.Getpid()), "/state of me", "/manifests", "--state-dir", me.User} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not say %s", name, err, word)
			}
		}
		for _, other := range [][2]string{{engine, "other"}, {engine + "2", "default"}} {
			free, err := claim(other[0], other[1], me)
			if err != nil {
				t.Errorf("%s: another claim: %v", name, err)
				continue
			}
			free()
		}
		release()
		again, err := claim(engine, "default", me)
		if err != nil {
			t.Errorf("%s: after the release: %v", name, err)
			continue
		}
		again()
	}
}
