package v1alpha1

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// A client of an API server encodes and decodes by a scheme.
func TestSchemeRoundTrip(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	ws := &Workspace{TypeMeta: metav1.TypeMeta{APIVersion: APIVersion, Kind: Kind}, ObjectMeta: metav1.ObjectMeta{Name: "shop"}}
	ws.Spec = fullSpec(t)
	ws.Status = WorkspaceStatus{RestartCount: 2, Manifest: ManifestPosition{File: "shop.yaml", Line: 1}}
	list := &WorkspaceList{TypeMeta: metav1.TypeMeta{APIVersion: APIVersion, Kind: "WorkspaceList"}, Items: []Workspace{*ws}}
	codecs := serializer.NewCodecFactory(scheme)
	for _, object := range []runtime.Object{ws, list} {
		data, err := runtime.Encode(codecs.LegacyCodec(SchemeGroupVersion), object)
		if err != nil {
			t.Fatal(err)
		}
		back, err := runtime.Decode(codecs.UniversalDeserializer(), data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(object, back); diff != "" {
			t.Errorf("-encoded +decoded:\n%s", diff)
		}
	}
}
