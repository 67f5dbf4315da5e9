// Writes how the Go types of k8s.io/api stand in protobuf: each field's name in JSON, its number, and what it is.
// Run by hand in a module that requires the server's version of k8s.io/api; the output is src/sandbox/apiserver/protobuf/messages.json.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	apps "k8s.io/api/apps/v1"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
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

// By the version and kind that stand in an envelope.
var roots = map[string]any{
	"v1/Pod": core.Pod{}, "v1/Service": core.Service{}, "v1/Endpoints": core.Endpoints{}, "v1/ConfigMap": core.ConfigMap{}, "v1/Secret": core.Secret{},
	"v1/Namespace": core.Namespace{}, "v1/Node": core.Node{}, "v1/Event": core.Event{}, "v1/ServiceAccount": core.ServiceAccount{}, "v1/Binding": core.Binding{},
	"v1/PersistentVolumeClaim": core.PersistentVolumeClaim{}, "v1/LimitRange": core.LimitRange{}, "v1/ResourceQuota": core.ResourceQuota{},
	"v1/ReplicationController": core.ReplicationController{}, "v1/PodTemplate": core.PodTemplate{}, "v1/DeleteOptions": meta.DeleteOptions{},
	"apps/v1/Deployment": apps.Deployment{}, "apps/v1/ReplicaSet": apps.ReplicaSet{}, "apps/v1/StatefulSet": apps.StatefulSet{},
	"apps/v1/DaemonSet": apps.DaemonSet{}, "apps/v1/ControllerRevision": apps.ControllerRevision{},
	"batch/v1/Job": batch.Job{}, "batch/v1/CronJob": batch.CronJob{}, "discovery.k8s.io/v1/EndpointSlice": discovery.EndpointSlice{},
	"networking.k8s.io/v1/Ingress": networking.Ingress{}, "networking.k8s.io/v1/IngressClass": networking.IngressClass{},
	"networking.k8s.io/v1/NetworkPolicy": networking.NetworkPolicy{}, "coordination.k8s.io/v1/Lease": coordination.Lease{},
	"events.k8s.io/v1/Event":            events.Event{},
	"rbac.authorization.k8s.io/v1/Role": rbac.Role{}, "rbac.authorization.k8s.io/v1/RoleBinding": rbac.RoleBinding{},
	"rbac.authorization.k8s.io/v1/ClusterRole": rbac.ClusterRole{}, "rbac.authorization.k8s.io/v1/ClusterRoleBinding": rbac.ClusterRoleBinding{},
	"autoscaling/v1/HorizontalPodAutoscaler": autoscaling1.HorizontalPodAutoscaler{}, "autoscaling/v2/HorizontalPodAutoscaler": autoscaling2.HorizontalPodAutoscaler{},
	"autoscaling/v1/Scale": autoscaling1.Scale{}, "policy/v1/PodDisruptionBudget": policy.PodDisruptionBudget{}, "policy/v1/Eviction": policy.Eviction{},
	"scheduling.k8s.io/v1/PriorityClass":    scheduling.PriorityClass{},
	"authentication.k8s.io/v1/TokenRequest": authentication.TokenRequest{}, "authentication.k8s.io/v1/TokenReview": authentication.TokenReview{},
	"authentication.k8s.io/v1/SelfSubjectReview":       authentication.SelfSubjectReview{},
	"authorization.k8s.io/v1/SubjectAccessReview":      authorization.SubjectAccessReview{},
	"authorization.k8s.io/v1/LocalSubjectAccessReview": authorization.LocalSubjectAccessReview{},
	"authorization.k8s.io/v1/SelfSubjectAccessReview":  authorization.SelfSubjectAccessReview{},
	"authorization.k8s.io/v1/SelfSubjectRulesReview":   authorization.SelfSubjectRulesReview{},
}

type marshaler interface{ Marshal() ([]byte, error) }

var messages = map[string]string{}
var types = map[string]reflect.Type{}

// Names of types that two groups have are told apart by their group.
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
	case reflect.Int32, reflect.Int64:
		return "i"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "y"
		}
		// A list with a name of its own is a message around it.
		if _, ok := reflect.New(t).Interface().(marshaler); ok {
			return "e"
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
	if was, ok := types[name]; ok {
		if was != t {
			panic("two types are " + name)
		}
		return
	}
	types[name] = t
	fields := []string{}
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		wire := strings.Split(field.Tag.Get("protobuf"), ",")
		if len(wire) < 2 || field.Tag.Get("json") == "-" {
			continue
		}
		names := strings.Split(field.Tag.Get("json"), ",")
		kind, mark := field.Type, ""
		if kind.Kind() == reflect.Pointer {
			kind, mark = kind.Elem(), "*"
		} else if strings.Contains(field.Tag.Get("json"), "omitempty") {
			mark = "?"
		}
		if names[0] == "" {
			names[0], mark = "-", ""
		}
		fields = append(fields, fmt.Sprintf("%s %s %s%s", names[0], wire[1], mark, codeOf(kind)))
	}
	messages[name] = strings.Join(fields, ", ")
}

func main() {
	kinds := map[string]string{}
	for kind, root := range roots {
		visit(reflect.TypeOf(root))
		kinds[kind] = nameOf(reflect.TypeOf(root))
	}
	text, err := json.MarshalIndent(map[string]any{"kinds": kinds, "messages": messages}, "", " ")
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stdout, string(text))
}
