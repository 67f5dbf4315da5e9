// Writes how the Go types of k8s.io/api stand in JSON: which fields are left out when empty, and which are always there.
// Run by hand in a module that requires the server's version of k8s.io/api; the output is the text in src/sandbox/apiserver/kinds/wireShapes.ts.
package main

import (
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	apps "k8s.io/api/apps/v1"
	autoscaling1 "k8s.io/api/autoscaling/v1"
	autoscaling2 "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	events "k8s.io/api/events/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	scheduling "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var roots = []any{
	core.Pod{}, core.Service{}, core.Endpoints{}, core.ConfigMap{}, core.Secret{}, core.Namespace{}, core.Node{}, core.Event{}, core.ServiceAccount{},
	core.PersistentVolumeClaim{}, core.LimitRange{}, core.ResourceQuota{}, core.ReplicationController{}, core.PodTemplate{},
	apps.Deployment{}, apps.ReplicaSet{}, apps.StatefulSet{}, apps.DaemonSet{}, apps.ControllerRevision{},
	batch.Job{}, batch.CronJob{}, discovery.EndpointSlice{}, networking.Ingress{}, networking.IngressClass{}, networking.NetworkPolicy{},
	coordination.Lease{}, events.Event{}, rbac.Role{}, rbac.RoleBinding{}, rbac.ClusterRole{}, rbac.ClusterRoleBinding{},
	autoscaling1.HorizontalPodAutoscaler{}, autoscaling2.HorizontalPodAutoscaler{}, policy.PodDisruptionBudget{}, scheduling.PriorityClass{},
	autoscaling1.Scale{},
}

// Names of types that two groups have are told apart by their group.
var shapes = map[string][]string{}
var named = map[string]reflect.Type{}

func nameOf(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	group, version := parts[len(parts)-2], parts[len(parts)-1]
	if group == "core" || group == "meta" {
		return t.Name()
	}
	if group == "autoscaling" {
		group += version
	}
	return group + "." + t.Name()
}

func codeOf(t reflect.Type) string {
	switch t {
	case reflect.TypeOf(meta.Time{}):
		return "t"
	case reflect.TypeOf(meta.MicroTime{}):
		return "u"
	case reflect.TypeOf(resource.Quantity{}):
		return "q"
	case reflect.TypeOf(intstr.IntOrString{}):
		return "o"
	case reflect.TypeOf(runtime.RawExtension{}), reflect.TypeOf(meta.FieldsV1{}):
		return "x"
	}
	switch t.Kind() {
	case reflect.String:
		return "s"
	case reflect.Bool:
		return "b"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Float64:
		return "i"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "y"
		}
		return "[" + codeOf(t.Elem())
	case reflect.Map:
		return "{" + codeOf(t.Elem())
	case reflect.Struct:
		visit(t)
		return "#" + nameOf(t)
	}
	panic(fmt.Sprint("no code for ", t))
}

func visit(t reflect.Type) {
	name := nameOf(t)
	if was, ok := named[name]; ok {
		if was != t {
			panic("two types are " + name)
		}
		return
	}
	named[name] = t
	shapes[name] = fieldsOf(t)
}

func fieldsOf(t reflect.Type) []string {
	fields := []string{}
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		tag := strings.Split(field.Tag.Get("json"), ",")
		has := func(option string) bool {
			for _, each := range tag[1:] {
				if each == option {
					return true
				}
			}
			return false
		}
		if has("inline") || (tag[0] == "" && field.Anonymous) {
			fields = append(fields, fieldsOf(field.Type)...)
			continue
		}
		kind, pointer := field.Type, ""
		if kind.Kind() == reflect.Pointer {
			kind, pointer = kind.Elem(), "*"
		}
		always := ""
		if !has("omitempty") && !has("omitzero") {
			always = "!"
		}
		if has("omitzero") && pointer == "" && kind.Kind() == reflect.Struct {
			pointer = "*"
		}
		fields = append(fields, fmt.Sprintf("%s %s%s%s", tag[0], pointer, codeOf(kind), always))
	}
	return fields
}

func main() {
	for _, root := range roots {
		visit(reflect.TypeOf(root))
	}
	names := []string{}
	for name := range shapes {
		names = append(names, name)
	}
	sort.Strings(names)
	lines := []string{}
	for _, name := range names {
		lines = append(lines, fmt.Sprintf("%s: %s", name, strings.Join(shapes[name], ", ")))
	}
	fmt.Fprint(os.Stdout, strings.Join(lines, "\n"), "\n")
}
