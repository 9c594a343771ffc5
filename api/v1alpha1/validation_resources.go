package v1alpha1

import (
	"math"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The engine's own bounds: below them it refuses the container, above them its integers overflow.
var (
	minCPU    = resource.MustParse("10m")
	maxCPU    = resource.MustParse("1M")
	minMemory = resource.MustParse("6Mi")
	maxBytes  = *resource.NewQuantity(math.MaxInt64, resource.BinarySI)
)

func validateLimits(l Limits, p *field.Path) field.ErrorList {
	errs := validateQuantity(l.CPU, p.Child("cpu"), bounds{
		least: minCPU, most: maxCPU, scale: resource.Milli,
		tooLittle: "must be at least 10m, a hundredth of a core",
		tooFine:   "must be a multiple of 1m, a thousandth of a core",
	})
	errs = append(errs, validateQuantity(l.Memory, p.Child("memory"), bounds{
		least: minMemory, most: maxBytes, scale: 0,
		tooLittle: "must be at least 6Mi, the least that Docker accepts; mind the unit: Mi and Gi are bytes, m is a thousandth",
		tooFine:   "must be a whole number of bytes",
	})...)
	if n := l.PIDs; n != nil && *n < 1 {
		errs = append(errs, field.Invalid(p.Child("pids"), *n, "must be at least 1; leave it out for no limit"))
	}
	return errs
}

type bounds struct {
	least, most resource.Quantity
	// scale of the finest step, as a power of ten.
	scale              resource.Scale
	tooLittle, tooFine string
}

func validateQuantity(q *resource.Quantity, p *field.Path, b bounds) field.ErrorList {
	if q == nil {
		return nil
	}
	switch rounded := q.DeepCopy(); {
	case q.Cmp(b.least) < 0:
		return field.ErrorList{field.Invalid(p, q.String(), b.tooLittle)}
	case q.Cmp(b.most) > 0:
		return field.ErrorList{field.Invalid(p, q.String(), "is out of range; leave it out for no limit")}
	case !rounded.RoundUp(b.scale):
		return field.ErrorList{field.Invalid(p, q.String(), b.tooFine)}
	}
	return nil
}
