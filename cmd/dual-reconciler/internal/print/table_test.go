package print

import (
	"strings"
	"testing"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// The plain table fits into 80 columns, and keeps the end of an image's name: the tag tells images apart.
func TestTableFits(t *testing.T) {
	ws := v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: "shop-feat-auth"}}
	ws.Spec.Image = "registry.example.com/a/very/long/name/of/an/image:v22"
	ws.Status.IP = "172.17.0.12"
	ws.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: "False", Reason: v1alpha1.ReasonCrashLoopBackOff}}
	var plain, wide strings.Builder
	if err := Table(&plain, []v1alpha1.Workspace{ws}, false); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(plain.String(), "\n") {
		if n := utf8.RuneCountInString(line); n > terminalWidth {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if !strings.Contains(plain.String(), ":v22") || strings.Contains(plain.String(), "registry") {
		t.Errorf("the image is not cut in front:\n%s", plain.String())
	}
	if err := Table(&wide, []v1alpha1.Workspace{ws}, true); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(wide.String(), ws.Spec.Image) {
		t.Errorf("-o wide cuts:\n%s", wide.String())
	}
}
