// Watches Pods, ConfigMaps and Deployments as controllers written in Go do: through client-go's shared informers. It prints what they tell, one JSON object
// a line, until its input ends, and then what they hold. Lists are replaced by watches where KUBE_FEATURE_WatchListClient=true. When they know all there is,
// it creates a Deployment of its own, changes and reads it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"os"
	"sync"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	typed "k8s.io/client-go/kubernetes/typed/apps/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/retry"
)

// Line is all that is ever printed; Event is added, updated, deleted, synced, failed or held.
type Line struct {
	Event    string `json:"event"`
	Resource string `json:"resource"`
	Name     string `json:"name,omitempty"`
	Version  string `json:"version,omitempty"`
	// Object is there for what is held in the end.
	Object runtime.Object `json:"object,omitempty"`
	// Initial: the informer had not been told of everything yet.
	Initial bool   `json:"initial,omitempty"`
	Error   string `json:"error,omitempty"`
}

var printing sync.Mutex

func printLine(line Line) {
	printing.Lock()
	defer printing.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		log.Fatal(err)
	}
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "path of the kubeconfig")
	namespace := flag.String("namespace", "default", "namespace that is watched")
	contentType := flag.String("content-type", "application/json", "what is sent, and asked for first")
	flag.Parse()

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	config.ContentType = *contentType
	config.AcceptContentTypes = *contentType + ",application/json"
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	factory := informers.NewSharedInformerFactoryWithOptions(clients, 0, informers.WithNamespace(*namespace))
	watched := map[string]cache.SharedIndexInformer{
		"pods":        factory.Core().V1().Pods().Informer(),
		"configmaps":  factory.Core().V1().ConfigMaps().Informer(),
		"deployments": factory.Apps().V1().Deployments().Informer(),
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for resource, informer := range watched {
		follow(ctx, resource, informer)
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	write(ctx, clients.AppsV1().Deployments(*namespace))

	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		log.Fatal(err)
	}
	cancel()
	factory.Shutdown()
	for resource, informer := range watched {
		for _, object := range informer.GetStore().List() {
			printLine(describe("held", resource, object))
		}
	}
}

func follow(ctx context.Context, resource string, informer cache.SharedIndexInformer) {
	err := informer.SetWatchErrorHandler(func(_ *cache.Reflector, err error) {
		printLine(Line{Event: "failed", Resource: resource, Error: err.Error()})
	})
	if err != nil {
		log.Fatal(err)
	}
	registration, err := informer.AddEventHandler(cache.ResourceEventHandlerDetailedFuncs{
		AddFunc: func(object any, isInInitialList bool) {
			line := describe("added", resource, object)
			line.Initial, line.Object = isInInitialList, nil
			printLine(line)
		},
		UpdateFunc: func(_, object any) {
			line := describe("updated", resource, object)
			line.Object = nil
			printLine(line)
		},
		DeleteFunc: func(object any) {
			if unseen, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = unseen.Obj
			}
			line := describe("deleted", resource, object)
			line.Object = nil
			printLine(line)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		if cache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
			printLine(Line{Event: "synced", Resource: resource})
		}
	}()
}

func write(ctx context.Context, deployments typed.DeploymentInterface) {
	labels := map[string]string{"app": "own"}
	replicas := int32(2)
	own := &apps.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "own", Labels: labels},
		Spec: apps.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: core.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: core.PodSpec{Containers: []core.Container{{
					Name:      "shop",
					Image:     "shop:1",
					Ports:     []core.ContainerPort{{Name: "http", ContainerPort: 8080}},
					Resources: core.ResourceRequirements{Requests: core.ResourceList{core.ResourceCPU: resource.MustParse("100m")}},
				}}},
			},
		},
	}
	if _, err := deployments.Create(ctx, own, metav1.CreateOptions{}); err != nil {
		log.Fatal(err)
	}
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		found, err := deployments.Get(ctx, "own", metav1.GetOptions{})
		if err != nil {
			return err
		}
		found.Spec.Template.Spec.Containers[0].Image = "shop:2"
		_, err = deployments.Update(ctx, found, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}

func describe(event, resource string, object any) Line {
	is, err := meta.Accessor(object)
	if err != nil {
		log.Fatal(err)
	}
	return Line{Event: event, Resource: resource, Name: is.GetName(), Version: is.GetResourceVersion(), Object: object.(runtime.Object)}
}
