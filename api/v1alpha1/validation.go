package v1alpha1

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/dual-dev/dual-reconciler/internal/suggest"
)

// Validate returns every fault of a workspace as written, before or after SetDefaults. What host paths resolve to is
// not known here: see controller/hostpath. No message carries the value of an environment variable.
func Validate(ws *Workspace) field.ErrorList {
	errs := validateType(ws.TypeMeta)
	errs = append(errs, validateMetadata(&ws.ObjectMeta, field.NewPath("metadata"))...)
	errs = append(errs, validateSpec(&ws.Spec, field.NewPath("spec"))...)
	if !reflect.ValueOf(ws.Status).IsZero() {
		errs = append(errs, ForbiddenStatus())
	}
	return errs
}

// ForbiddenStatus is the fault of a manifest that has a status.
func ForbiddenStatus() *field.Error {
	return field.Forbidden(field.NewPath("status"),
		"status is what the controller observes and is never read from a manifest; remove it")
}

func validateType(t metav1.TypeMeta) field.ErrorList {
	var errs field.ErrorList
	errs = append(errs, known(field.NewPath("apiVersion"), t.APIVersion, APIVersion)...)
	return append(errs, known(field.NewPath("kind"), t.Kind, Kind)...)
}

func known(p *field.Path, value, want string) field.ErrorList {
	switch value {
	case want:
		return nil
	case "":
		return field.ErrorList{field.Required(p, "write "+p.String()+": "+want)}
	}
	return field.ErrorList{notSupported(p, value, want)}
}

// notSupported lists the allowed values and, for a near miss, names the one that was meant.
func notSupported[T ~string](p *field.Path, value T, allowed ...T) *field.Error {
	err := field.NotSupported(p, value, allowed)
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	if s, ok := suggest.Nearest(string(value), words); ok {
		err.Detail += fmt.Sprintf("; did you mean %q?", s)
	}
	return err
}

// enum allows the empty value: it stands for the default.
func enum[T ~string](p *field.Path, value T, allowed ...T) field.ErrorList {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return field.ErrorList{notSupported(p, value, allowed...)}
}

func validateMetadata(m *metav1.ObjectMeta, p *field.Path) field.ErrorList {
	errs := validateName(m.Name, p.Child("name"))
	errs = append(errs, validateLabels(m.Labels, p.Child("labels"))...)
	errs = append(errs, validateAnnotations(m.Annotations, p.Child("annotations"))...)

	rest := *m
	rest.Name, rest.Labels, rest.Annotations = "", nil, nil
	if !reflect.ValueOf(rest).IsZero() {
		errs = append(errs, field.Forbidden(p, "takes only name, labels and annotations"))
	}
	return errs
}

func validateName(name string, p *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(p, "every workspace needs a name, unique in the instance")}
	}
	var errs field.ErrorList
	for _, msg := range validation.IsDNS1123Label(name) {
		if len(name) > validation.DNS1123LabelMaxLength && strings.HasPrefix(msg, "must be no more") {
			continue // Said below, with the bound that holds here.
		}
		errs = append(errs, field.Invalid(p, name, msg))
	}
	if len(name) > MaxNameLength {
		errs = append(errs, field.Invalid(p, name, fmt.Sprintf("must be no more than %d characters, has %d", MaxNameLength, len(name))))
	}
	return errs
}

// reservedPrefix is that of the labels by which a container is ours: a manifest that could write them could make
// foreign containers ours, or ours foreign.
const reservedPrefix = "dual.dev/"

func validateLabels(labels map[string]string, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, key := range sortedKeys(labels) {
		at := p.Key(key)
		for _, msg := range validation.IsQualifiedName(key) {
			errs = append(errs, field.Invalid(at, key, msg))
		}
		for _, msg := range validation.IsValidLabelValue(labels[key]) {
			errs = append(errs, field.Invalid(at, labels[key], msg))
		}
		if strings.HasPrefix(key, reservedPrefix) {
			errs = append(errs, field.Forbidden(at, "labels that begin with "+reservedPrefix+" are the controller's own; choose another prefix"))
		}
	}
	return errs
}

func validateAnnotations(annotations map[string]string, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, key := range sortedKeys(annotations) {
		// Kubernetes compares the syntax of annotation keys without case.
		for _, msg := range validation.IsQualifiedName(strings.ToLower(key)) {
			errs = append(errs, field.Invalid(p.Key(key), key, msg))
		}
		if key == AnnotationReconcile {
			if v := annotations[key]; v != ReconcileDisabled && v != ReconcileEnabled {
				errs = append(errs, notSupported(p.Key(key), v, ReconcileDisabled, ReconcileEnabled))
			}
		} else if strings.HasPrefix(key, reservedPrefix) {
			errs = append(errs, notSupported(p, key, AnnotationReconcile))
		}
	}
	return errs
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
