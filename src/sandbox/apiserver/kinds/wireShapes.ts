/**
 * How the Go types of Kubernetes 1.34 stand in JSON, written by scripts/wireShapes. A line is a type, a part of it a field: its name and its code. `*` is a
 * pointer, `[` a list, `{` a map, `#` a struct, `!` always there; s text, b flag, i number, t and u times, q quantity, o number or text, y bytes, x anything.
 */
export const wireShapes = `
AWSElasticBlockStoreVolumeSource: volumeID s!, fsType s, partition i, readOnly b
Affinity: nodeAffinity *#NodeAffinity, podAffinity *#PodAffinity, podAntiAffinity *#PodAntiAffinity
AppArmorProfile: type s!, localhostProfile *s
AttachedVolume: name s!, devicePath s!
AzureDiskVolumeSource: diskName s!, diskURI s!, cachingMode *s, fsType *s, readOnly *b, kind *s
AzureFileVolumeSource: secretName s!, shareName s!, readOnly b
CSIVolumeSource: driver s!, readOnly *b, fsType *s, volumeAttributes {s, nodePublishSecretRef *#LocalObjectReference
Capabilities: add [s, drop [s
CephFSVolumeSource: monitors [s!, path s, user s, secretFile s, secretRef *#LocalObjectReference, readOnly b
CinderVolumeSource: volumeID s!, fsType s, readOnly b, secretRef *#LocalObjectReference
ClientIPConfig: timeoutSeconds *i
ClusterTrustBundleProjection: name *s, signerName *s, labelSelector *#LabelSelector, optional *b, path s!
Condition: type s!, status s!, observedGeneration i, lastTransitionTime t!, reason s!, message s!
ConfigMap: kind s, apiVersion s, metadata #ObjectMeta, immutable *b, data {s, binaryData {y
ConfigMapEnvSource: name s, optional *b
ConfigMapKeySelector: name s, key s!, optional *b
ConfigMapNodeConfigSource: namespace s!, name s!, uid s, resourceVersion s, kubeletConfigKey s!
ConfigMapProjection: name s, items [#KeyToPath, optional *b
ConfigMapVolumeSource: name s, items [#KeyToPath, defaultMode *i, optional *b
Container: name s!, image s, command [s, args [s, workingDir s, ports [#ContainerPort, envFrom [#EnvFromSource, env [#EnvVar, resources #ResourceRequirements, resizePolicy [#ContainerResizePolicy, restartPolicy *s, restartPolicyRules [#ContainerRestartRule, volumeMounts [#VolumeMount, volumeDevices [#VolumeDevice, livenessProbe *#Probe, readinessProbe *#Probe, startupProbe *#Probe, lifecycle *#Lifecycle, terminationMessagePath s, terminationMessagePolicy s, imagePullPolicy s, securityContext *#SecurityContext, stdin b, stdinOnce b, tty b
ContainerExtendedResourceRequest: containerName s!, resourceName s!, requestName s!
ContainerImage: names [s!, sizeBytes i
ContainerPort: name s, hostPort i, containerPort i!, protocol s, hostIP s
ContainerResizePolicy: resourceName s!, restartPolicy s!
ContainerRestartRule: action s, exitCodes *#ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes: operator s, values [i
ContainerState: waiting *#ContainerStateWaiting, running *#ContainerStateRunning, terminated *#ContainerStateTerminated
ContainerStateRunning: startedAt t
ContainerStateTerminated: exitCode i!, signal i, reason s, message s, startedAt t, finishedAt t, containerID s
ContainerStateWaiting: reason s, message s
ContainerStatus: name s!, state #ContainerState, lastState #ContainerState, ready b!, restartCount i!, image s!, imageID s!, containerID s, started *b, allocatedResources {q, resources *#ResourceRequirements, volumeMounts [#VolumeMountStatus, user *#ContainerUser, allocatedResourcesStatus [#ResourceStatus, stopSignal *s
ContainerUser: linux *#LinuxContainerUser
DaemonEndpoint: Port i!
DownwardAPIProjection: items [#DownwardAPIVolumeFile
DownwardAPIVolumeFile: path s!, fieldRef *#ObjectFieldSelector, resourceFieldRef *#ResourceFieldSelector, mode *i
DownwardAPIVolumeSource: items [#DownwardAPIVolumeFile, defaultMode *i
EmptyDirVolumeSource: medium s, sizeLimit *q
EndpointAddress: ip s!, hostname s, nodeName *s, targetRef *#ObjectReference
EndpointPort: name s, port i!, protocol s, appProtocol *s
EndpointSubset: addresses [#EndpointAddress, notReadyAddresses [#EndpointAddress, ports [#EndpointPort
Endpoints: kind s, apiVersion s, metadata #ObjectMeta, subsets [#EndpointSubset
EnvFromSource: prefix s, configMapRef *#ConfigMapEnvSource, secretRef *#SecretEnvSource
EnvVar: name s!, value s, valueFrom *#EnvVarSource
EnvVarSource: fieldRef *#ObjectFieldSelector, resourceFieldRef *#ResourceFieldSelector, configMapKeyRef *#ConfigMapKeySelector, secretKeyRef *#SecretKeySelector, fileKeyRef *#FileKeySelector
EphemeralContainer: name s!, image s, command [s, args [s, workingDir s, ports [#ContainerPort, envFrom [#EnvFromSource, env [#EnvVar, resources #ResourceRequirements, resizePolicy [#ContainerResizePolicy, restartPolicy *s, restartPolicyRules [#ContainerRestartRule, volumeMounts [#VolumeMount, volumeDevices [#VolumeDevice, livenessProbe *#Probe, readinessProbe *#Probe, startupProbe *#Probe, lifecycle *#Lifecycle, terminationMessagePath s, terminationMessagePolicy s, imagePullPolicy s, securityContext *#SecurityContext, stdin b, stdinOnce b, tty b, targetContainerName s
EphemeralVolumeSource: volumeClaimTemplate *#PersistentVolumeClaimTemplate
Event: kind s, apiVersion s, metadata #ObjectMeta!, involvedObject #ObjectReference!, reason s, message s, source #EventSource, firstTimestamp t, lastTimestamp t, count i, type s, eventTime u, series *#EventSeries, action s, related *#ObjectReference, reportingComponent s!, reportingInstance s!
EventSeries: count i, lastObservedTime u
EventSource: component s, host s
ExecAction: command [s
FCVolumeSource: targetWWNs [s, lun *i, fsType s, readOnly b, wwids [s
FileKeySelector: volumeName s!, path s!, key s!, optional *b
FlexVolumeSource: driver s!, fsType s, secretRef *#LocalObjectReference, readOnly b, options {s
FlockerVolumeSource: datasetName s, datasetUUID s
GCEPersistentDiskVolumeSource: pdName s!, fsType s, partition i, readOnly b
GRPCAction: port i!, service *s!
GitRepoVolumeSource: repository s!, revision s, directory s
GlusterfsVolumeSource: endpoints s!, path s!, readOnly b
HTTPGetAction: path s, port o!, host s, scheme s, httpHeaders [#HTTPHeader
HTTPHeader: name s!, value s!
HostAlias: ip s!, hostnames [s
HostIP: ip s!
HostPathVolumeSource: path s!, type *s
ISCSIVolumeSource: targetPortal s!, iqn s!, lun i!, iscsiInterface s, fsType s, readOnly b, portals [s, chapAuthDiscovery b, chapAuthSession b, secretRef *#LocalObjectReference, initiatorName *s
ImageVolumeSource: reference s, pullPolicy s
KeyToPath: key s!, path s!, mode *i
LabelSelector: matchLabels {s, matchExpressions [#LabelSelectorRequirement
LabelSelectorRequirement: key s!, operator s!, values [s
Lifecycle: postStart *#LifecycleHandler, preStop *#LifecycleHandler, stopSignal *s
LifecycleHandler: exec *#ExecAction, httpGet *#HTTPGetAction, tcpSocket *#TCPSocketAction, sleep *#SleepAction
LimitRange: kind s, apiVersion s, metadata #ObjectMeta, spec #LimitRangeSpec
LimitRangeItem: type s!, max {q, min {q, default {q, defaultRequest {q, maxLimitRequestRatio {q
LimitRangeSpec: limits [#LimitRangeItem!
LinuxContainerUser: uid i!, gid i!, supplementalGroups [i
LoadBalancerIngress: ip s, hostname s, ipMode *s, ports [#PortStatus
LoadBalancerStatus: ingress [#LoadBalancerIngress
LocalObjectReference: name s
ManagedFieldsEntry: manager s, operation s, apiVersion s, time *t, fieldsType s, fieldsV1 *x, subresource s
ModifyVolumeStatus: targetVolumeAttributesClassName s, status s!
NFSVolumeSource: server s!, path s!, readOnly b
Namespace: kind s, apiVersion s, metadata #ObjectMeta, spec #NamespaceSpec, status #NamespaceStatus
NamespaceCondition: type s!, status s!, lastTransitionTime t, reason s, message s
NamespaceSpec: finalizers [s
NamespaceStatus: phase s, conditions [#NamespaceCondition
Node: kind s, apiVersion s, metadata #ObjectMeta, spec #NodeSpec, status #NodeStatus
NodeAddress: type s!, address s!
NodeAffinity: requiredDuringSchedulingIgnoredDuringExecution *#NodeSelector, preferredDuringSchedulingIgnoredDuringExecution [#PreferredSchedulingTerm
NodeCondition: type s!, status s!, lastHeartbeatTime t, lastTransitionTime t, reason s, message s
NodeConfigSource: configMap *#ConfigMapNodeConfigSource
NodeConfigStatus: assigned *#NodeConfigSource, active *#NodeConfigSource, lastKnownGood *#NodeConfigSource, error s
NodeDaemonEndpoints: kubeletEndpoint #DaemonEndpoint
NodeFeatures: supplementalGroupsPolicy *b
NodeRuntimeHandler: name s!, features *#NodeRuntimeHandlerFeatures
NodeRuntimeHandlerFeatures: recursiveReadOnlyMounts *b, userNamespaces *b
NodeSelector: nodeSelectorTerms [#NodeSelectorTerm!
NodeSelectorRequirement: key s!, operator s!, values [s
NodeSelectorTerm: matchExpressions [#NodeSelectorRequirement, matchFields [#NodeSelectorRequirement
NodeSpec: podCIDR s, podCIDRs [s, providerID s, unschedulable b, taints [#Taint, configSource *#NodeConfigSource, externalID s
NodeStatus: capacity {q, allocatable {q, phase s, conditions [#NodeCondition, addresses [#NodeAddress, daemonEndpoints #NodeDaemonEndpoints, nodeInfo #NodeSystemInfo, images [#ContainerImage, volumesInUse [s, volumesAttached [#AttachedVolume, config *#NodeConfigStatus, runtimeHandlers [#NodeRuntimeHandler, features *#NodeFeatures
NodeSwapStatus: capacity *i
NodeSystemInfo: machineID s!, systemUUID s!, bootID s!, kernelVersion s!, osImage s!, containerRuntimeVersion s!, kubeletVersion s!, kubeProxyVersion s!, operatingSystem s!, architecture s!, swap *#NodeSwapStatus
ObjectFieldSelector: apiVersion s, fieldPath s!
ObjectMeta: name s, generateName s, namespace s, selfLink s, uid s, resourceVersion s, generation i, creationTimestamp *t, deletionTimestamp *t, deletionGracePeriodSeconds *i, labels {s, annotations {s, ownerReferences [#OwnerReference, finalizers [s, managedFields [#ManagedFieldsEntry
ObjectReference: kind s, namespace s, name s, uid s, apiVersion s, resourceVersion s, fieldPath s
OwnerReference: apiVersion s!, kind s!, name s!, uid s!, controller *b, blockOwnerDeletion *b
PersistentVolumeClaim: kind s, apiVersion s, metadata #ObjectMeta, spec #PersistentVolumeClaimSpec, status #PersistentVolumeClaimStatus
PersistentVolumeClaimCondition: type s!, status s!, lastProbeTime t, lastTransitionTime t, reason s, message s
PersistentVolumeClaimSpec: accessModes [s, selector *#LabelSelector, resources #VolumeResourceRequirements, volumeName s, storageClassName *s, volumeMode *s, dataSource *#TypedLocalObjectReference, dataSourceRef *#TypedObjectReference, volumeAttributesClassName *s
PersistentVolumeClaimStatus: phase s, accessModes [s, capacity {q, conditions [#PersistentVolumeClaimCondition, allocatedResources {q, allocatedResourceStatuses {s, currentVolumeAttributesClassName *s, modifyVolumeStatus *#ModifyVolumeStatus
PersistentVolumeClaimTemplate: metadata #ObjectMeta, spec #PersistentVolumeClaimSpec!
PersistentVolumeClaimVolumeSource: claimName s!, readOnly b
PhotonPersistentDiskVolumeSource: pdID s!, fsType s
Pod: kind s, apiVersion s, metadata #ObjectMeta, spec #PodSpec, status #PodStatus
PodAffinity: requiredDuringSchedulingIgnoredDuringExecution [#PodAffinityTerm, preferredDuringSchedulingIgnoredDuringExecution [#WeightedPodAffinityTerm
PodAffinityTerm: labelSelector *#LabelSelector, namespaces [s, topologyKey s!, namespaceSelector *#LabelSelector, matchLabelKeys [s, mismatchLabelKeys [s
PodAntiAffinity: requiredDuringSchedulingIgnoredDuringExecution [#PodAffinityTerm, preferredDuringSchedulingIgnoredDuringExecution [#WeightedPodAffinityTerm
PodCertificateProjection: signerName s, keyType s, maxExpirationSeconds *i, credentialBundlePath s, keyPath s, certificateChainPath s
PodCondition: type s!, observedGeneration i, status s!, lastProbeTime t, lastTransitionTime t, reason s, message s
PodDNSConfig: nameservers [s, searches [s, options [#PodDNSConfigOption
PodDNSConfigOption: name s, value *s
PodExtendedResourceClaimStatus: requestMappings [#ContainerExtendedResourceRequest!, resourceClaimName s!
PodIP: ip s!
PodOS: name s!
PodReadinessGate: conditionType s!
PodResourceClaim: name s!, resourceClaimName *s, resourceClaimTemplateName *s
PodResourceClaimStatus: name s!, resourceClaimName *s
PodSchedulingGate: name s!
PodSecurityContext: seLinuxOptions *#SELinuxOptions, windowsOptions *#WindowsSecurityContextOptions, runAsUser *i, runAsGroup *i, runAsNonRoot *b, supplementalGroups [i, supplementalGroupsPolicy *s, fsGroup *i, sysctls [#Sysctl, fsGroupChangePolicy *s, seccompProfile *#SeccompProfile, appArmorProfile *#AppArmorProfile, seLinuxChangePolicy *s
PodSpec: volumes [#Volume, initContainers [#Container, containers [#Container!, ephemeralContainers [#EphemeralContainer, restartPolicy s, terminationGracePeriodSeconds *i, activeDeadlineSeconds *i, dnsPolicy s, nodeSelector {s, serviceAccountName s, serviceAccount s, automountServiceAccountToken *b, nodeName s, hostNetwork b, hostPID b, hostIPC b, shareProcessNamespace *b, securityContext *#PodSecurityContext, imagePullSecrets [#LocalObjectReference, hostname s, subdomain s, affinity *#Affinity, schedulerName s, tolerations [#Toleration, hostAliases [#HostAlias, priorityClassName s, priority *i, dnsConfig *#PodDNSConfig, readinessGates [#PodReadinessGate, runtimeClassName *s, enableServiceLinks *b, preemptionPolicy *s, overhead {q, topologySpreadConstraints [#TopologySpreadConstraint, setHostnameAsFQDN *b, os *#PodOS, hostUsers *b, schedulingGates [#PodSchedulingGate, resourceClaims [#PodResourceClaim, resources *#ResourceRequirements, hostnameOverride *s
PodStatus: observedGeneration i, phase s, conditions [#PodCondition, message s, reason s, nominatedNodeName s, hostIP s, hostIPs [#HostIP, podIP s, podIPs [#PodIP, startTime *t, initContainerStatuses [#ContainerStatus, containerStatuses [#ContainerStatus, qosClass s, ephemeralContainerStatuses [#ContainerStatus, resize s, resourceClaimStatuses [#PodResourceClaimStatus, extendedResourceClaimStatus *#PodExtendedResourceClaimStatus
PodTemplate: kind s, apiVersion s, metadata #ObjectMeta, template #PodTemplateSpec
PodTemplateSpec: metadata #ObjectMeta, spec #PodSpec
PortStatus: port i!, protocol s!, error *s
PortworxVolumeSource: volumeID s!, fsType s, readOnly b
PreferredSchedulingTerm: weight i!, preference #NodeSelectorTerm!
Probe: exec *#ExecAction, httpGet *#HTTPGetAction, tcpSocket *#TCPSocketAction, grpc *#GRPCAction, initialDelaySeconds i, timeoutSeconds i, periodSeconds i, successThreshold i, failureThreshold i, terminationGracePeriodSeconds *i
ProjectedVolumeSource: sources [#VolumeProjection!, defaultMode *i
QuobyteVolumeSource: registry s!, volume s!, readOnly b, user s, group s, tenant s
RBDVolumeSource: monitors [s!, image s!, fsType s, pool s, user s, keyring s, secretRef *#LocalObjectReference, readOnly b
ReplicationController: kind s, apiVersion s, metadata #ObjectMeta, spec #ReplicationControllerSpec, status #ReplicationControllerStatus
ReplicationControllerCondition: type s!, status s!, lastTransitionTime t, reason s, message s
ReplicationControllerSpec: replicas *i, minReadySeconds i, selector {s, template *#PodTemplateSpec
ReplicationControllerStatus: replicas i!, fullyLabeledReplicas i, readyReplicas i, availableReplicas i, observedGeneration i, conditions [#ReplicationControllerCondition
ResourceClaim: name s!, request s
ResourceFieldSelector: containerName s, resource s!, divisor q
ResourceHealth: resourceID s!, health s
ResourceQuota: kind s, apiVersion s, metadata #ObjectMeta, spec #ResourceQuotaSpec, status #ResourceQuotaStatus
ResourceQuotaSpec: hard {q, scopes [s, scopeSelector *#ScopeSelector
ResourceQuotaStatus: hard {q, used {q
ResourceRequirements: limits {q, requests {q, claims [#ResourceClaim
ResourceStatus: name s!, resources [#ResourceHealth
SELinuxOptions: user s, role s, type s, level s
ScaleIOVolumeSource: gateway s!, system s!, secretRef *#LocalObjectReference!, sslEnabled b, protectionDomain s, storagePool s, storageMode s, volumeName s, fsType s, readOnly b
ScopeSelector: matchExpressions [#ScopedResourceSelectorRequirement
ScopedResourceSelectorRequirement: scopeName s!, operator s!, values [s
SeccompProfile: type s!, localhostProfile *s
Secret: kind s, apiVersion s, metadata #ObjectMeta, immutable *b, data {y, stringData {s, type s
SecretEnvSource: name s, optional *b
SecretKeySelector: name s, key s!, optional *b
SecretProjection: name s, items [#KeyToPath, optional *b
SecretVolumeSource: secretName s, items [#KeyToPath, defaultMode *i, optional *b
SecurityContext: capabilities *#Capabilities, privileged *b, seLinuxOptions *#SELinuxOptions, windowsOptions *#WindowsSecurityContextOptions, runAsUser *i, runAsGroup *i, runAsNonRoot *b, readOnlyRootFilesystem *b, allowPrivilegeEscalation *b, procMount *s, seccompProfile *#SeccompProfile, appArmorProfile *#AppArmorProfile
Service: kind s, apiVersion s, metadata #ObjectMeta, spec #ServiceSpec, status #ServiceStatus
ServiceAccount: kind s, apiVersion s, metadata #ObjectMeta, secrets [#ObjectReference, imagePullSecrets [#LocalObjectReference, automountServiceAccountToken *b
ServiceAccountTokenProjection: audience s, expirationSeconds *i, path s!
ServicePort: name s, protocol s, appProtocol *s, port i!, targetPort o, nodePort i
ServiceSpec: ports [#ServicePort, selector {s, clusterIP s, clusterIPs [s, type s, externalIPs [s, sessionAffinity s, loadBalancerIP s, loadBalancerSourceRanges [s, externalName s, externalTrafficPolicy s, healthCheckNodePort i, publishNotReadyAddresses b, sessionAffinityConfig *#SessionAffinityConfig, ipFamilies [s, ipFamilyPolicy *s, allocateLoadBalancerNodePorts *b, loadBalancerClass *s, internalTrafficPolicy *s, trafficDistribution *s
ServiceStatus: loadBalancer #LoadBalancerStatus, conditions [#Condition
SessionAffinityConfig: clientIP *#ClientIPConfig
SleepAction: seconds i!
StorageOSVolumeSource: volumeName s, volumeNamespace s, fsType s, readOnly b, secretRef *#LocalObjectReference
Sysctl: name s!, value s!
TCPSocketAction: port o!, host s
Taint: key s!, value s, effect s!, timeAdded *t
Toleration: key s, operator s, value s, effect s, tolerationSeconds *i
TopologySpreadConstraint: maxSkew i!, topologyKey s!, whenUnsatisfiable s!, labelSelector *#LabelSelector, minDomains *i, nodeAffinityPolicy *s, nodeTaintsPolicy *s, matchLabelKeys [s
TypedLocalObjectReference: apiGroup *s!, kind s!, name s!
TypedObjectReference: apiGroup *s!, kind s!, name s!, namespace *s
Volume: name s!, hostPath *#HostPathVolumeSource, emptyDir *#EmptyDirVolumeSource, gcePersistentDisk *#GCEPersistentDiskVolumeSource, awsElasticBlockStore *#AWSElasticBlockStoreVolumeSource, gitRepo *#GitRepoVolumeSource, secret *#SecretVolumeSource, nfs *#NFSVolumeSource, iscsi *#ISCSIVolumeSource, glusterfs *#GlusterfsVolumeSource, persistentVolumeClaim *#PersistentVolumeClaimVolumeSource, rbd *#RBDVolumeSource, flexVolume *#FlexVolumeSource, cinder *#CinderVolumeSource, cephfs *#CephFSVolumeSource, flocker *#FlockerVolumeSource, downwardAPI *#DownwardAPIVolumeSource, fc *#FCVolumeSource, azureFile *#AzureFileVolumeSource, configMap *#ConfigMapVolumeSource, vsphereVolume *#VsphereVirtualDiskVolumeSource, quobyte *#QuobyteVolumeSource, azureDisk *#AzureDiskVolumeSource, photonPersistentDisk *#PhotonPersistentDiskVolumeSource, projected *#ProjectedVolumeSource, portworxVolume *#PortworxVolumeSource, scaleIO *#ScaleIOVolumeSource, storageos *#StorageOSVolumeSource, csi *#CSIVolumeSource, ephemeral *#EphemeralVolumeSource, image *#ImageVolumeSource
VolumeDevice: name s!, devicePath s!
VolumeMount: name s!, readOnly b, recursiveReadOnly *s, mountPath s!, subPath s, mountPropagation *s, subPathExpr s
VolumeMountStatus: name s!, mountPath s!, readOnly b, recursiveReadOnly *s
VolumeProjection: secret *#SecretProjection, downwardAPI *#DownwardAPIProjection, configMap *#ConfigMapProjection, serviceAccountToken *#ServiceAccountTokenProjection, clusterTrustBundle *#ClusterTrustBundleProjection, podCertificate *#PodCertificateProjection
VolumeResourceRequirements: limits {q, requests {q
VsphereVirtualDiskVolumeSource: volumePath s!, fsType s, storagePolicyName s, storagePolicyID s
WeightedPodAffinityTerm: weight i!, podAffinityTerm #PodAffinityTerm!
WindowsSecurityContextOptions: gmsaCredentialSpecName *s, gmsaCredentialSpec *s, runAsUserName *s, hostProcess *b
apps.ControllerRevision: kind s, apiVersion s, metadata #ObjectMeta, data x, revision i!
apps.DaemonSet: kind s, apiVersion s, metadata #ObjectMeta, spec #apps.DaemonSetSpec, status #apps.DaemonSetStatus
apps.DaemonSetCondition: type s!, status s!, lastTransitionTime t, reason s, message s
apps.DaemonSetSpec: selector *#LabelSelector!, template #PodTemplateSpec!, updateStrategy #apps.DaemonSetUpdateStrategy, minReadySeconds i, revisionHistoryLimit *i
apps.DaemonSetStatus: currentNumberScheduled i!, numberMisscheduled i!, desiredNumberScheduled i!, numberReady i!, observedGeneration i, updatedNumberScheduled i, numberAvailable i, numberUnavailable i, collisionCount *i, conditions [#apps.DaemonSetCondition
apps.DaemonSetUpdateStrategy: type s, rollingUpdate *#apps.RollingUpdateDaemonSet
apps.Deployment: kind s, apiVersion s, metadata #ObjectMeta, spec #apps.DeploymentSpec, status #apps.DeploymentStatus
apps.DeploymentCondition: type s!, status s!, lastUpdateTime t, lastTransitionTime t, reason s, message s
apps.DeploymentSpec: replicas *i, selector *#LabelSelector!, template #PodTemplateSpec!, strategy #apps.DeploymentStrategy, minReadySeconds i, revisionHistoryLimit *i, paused b, progressDeadlineSeconds *i
apps.DeploymentStatus: observedGeneration i, replicas i, updatedReplicas i, readyReplicas i, availableReplicas i, unavailableReplicas i, terminatingReplicas *i, conditions [#apps.DeploymentCondition, collisionCount *i
apps.DeploymentStrategy: type s, rollingUpdate *#apps.RollingUpdateDeployment
apps.ReplicaSet: kind s, apiVersion s, metadata #ObjectMeta, spec #apps.ReplicaSetSpec, status #apps.ReplicaSetStatus
apps.ReplicaSetCondition: type s!, status s!, lastTransitionTime t, reason s, message s
apps.ReplicaSetSpec: replicas *i, minReadySeconds i, selector *#LabelSelector!, template #PodTemplateSpec
apps.ReplicaSetStatus: replicas i!, fullyLabeledReplicas i, readyReplicas i, availableReplicas i, terminatingReplicas *i, observedGeneration i, conditions [#apps.ReplicaSetCondition
apps.RollingUpdateDaemonSet: maxUnavailable *o, maxSurge *o
apps.RollingUpdateDeployment: maxUnavailable *o, maxSurge *o
apps.RollingUpdateStatefulSetStrategy: partition *i, maxUnavailable *o
apps.StatefulSet: kind s, apiVersion s, metadata #ObjectMeta, spec #apps.StatefulSetSpec, status #apps.StatefulSetStatus
apps.StatefulSetCondition: type s!, status s!, lastTransitionTime t, reason s, message s
apps.StatefulSetOrdinals: start i!
apps.StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted s, whenScaled s
apps.StatefulSetSpec: replicas *i, selector *#LabelSelector!, template #PodTemplateSpec!, volumeClaimTemplates [#PersistentVolumeClaim, serviceName s!, podManagementPolicy s, updateStrategy #apps.StatefulSetUpdateStrategy, revisionHistoryLimit *i, minReadySeconds i, persistentVolumeClaimRetentionPolicy *#apps.StatefulSetPersistentVolumeClaimRetentionPolicy, ordinals *#apps.StatefulSetOrdinals
apps.StatefulSetStatus: observedGeneration i, replicas i!, readyReplicas i, currentReplicas i, updatedReplicas i, currentRevision s, updateRevision s, collisionCount *i, conditions [#apps.StatefulSetCondition, availableReplicas i!
apps.StatefulSetUpdateStrategy: type s, rollingUpdate *#apps.RollingUpdateStatefulSetStrategy
autoscalingv1.CrossVersionObjectReference: kind s!, name s!, apiVersion s
autoscalingv1.HorizontalPodAutoscaler: kind s, apiVersion s, metadata #ObjectMeta, spec #autoscalingv1.HorizontalPodAutoscalerSpec, status #autoscalingv1.HorizontalPodAutoscalerStatus
autoscalingv1.HorizontalPodAutoscalerSpec: scaleTargetRef #autoscalingv1.CrossVersionObjectReference!, minReplicas *i, maxReplicas i!, targetCPUUtilizationPercentage *i
autoscalingv1.HorizontalPodAutoscalerStatus: observedGeneration *i, lastScaleTime *t, currentReplicas i!, desiredReplicas i!, currentCPUUtilizationPercentage *i
autoscalingv1.Scale: kind s, apiVersion s, metadata #ObjectMeta, spec #autoscalingv1.ScaleSpec, status #autoscalingv1.ScaleStatus
autoscalingv1.ScaleSpec: replicas i
autoscalingv1.ScaleStatus: replicas i!, selector s
autoscalingv2.ContainerResourceMetricSource: name s!, target #autoscalingv2.MetricTarget!, container s!
autoscalingv2.ContainerResourceMetricStatus: name s!, current #autoscalingv2.MetricValueStatus!, container s!
autoscalingv2.CrossVersionObjectReference: kind s!, name s!, apiVersion s
autoscalingv2.ExternalMetricSource: metric #autoscalingv2.MetricIdentifier!, target #autoscalingv2.MetricTarget!
autoscalingv2.ExternalMetricStatus: metric #autoscalingv2.MetricIdentifier!, current #autoscalingv2.MetricValueStatus!
autoscalingv2.HPAScalingPolicy: type s!, value i!, periodSeconds i!
autoscalingv2.HPAScalingRules: stabilizationWindowSeconds *i, selectPolicy *s, policies [#autoscalingv2.HPAScalingPolicy, tolerance *q
autoscalingv2.HorizontalPodAutoscaler: kind s, apiVersion s, metadata #ObjectMeta, spec #autoscalingv2.HorizontalPodAutoscalerSpec, status #autoscalingv2.HorizontalPodAutoscalerStatus
autoscalingv2.HorizontalPodAutoscalerBehavior: scaleUp *#autoscalingv2.HPAScalingRules, scaleDown *#autoscalingv2.HPAScalingRules
autoscalingv2.HorizontalPodAutoscalerCondition: type s!, status s!, lastTransitionTime t, reason s, message s
autoscalingv2.HorizontalPodAutoscalerSpec: scaleTargetRef #autoscalingv2.CrossVersionObjectReference!, minReplicas *i, maxReplicas i!, metrics [#autoscalingv2.MetricSpec, behavior *#autoscalingv2.HorizontalPodAutoscalerBehavior
autoscalingv2.HorizontalPodAutoscalerStatus: observedGeneration *i, lastScaleTime *t, currentReplicas i, desiredReplicas i!, currentMetrics [#autoscalingv2.MetricStatus!, conditions [#autoscalingv2.HorizontalPodAutoscalerCondition
autoscalingv2.MetricIdentifier: name s!, selector *#LabelSelector
autoscalingv2.MetricSpec: type s!, object *#autoscalingv2.ObjectMetricSource, pods *#autoscalingv2.PodsMetricSource, resource *#autoscalingv2.ResourceMetricSource, containerResource *#autoscalingv2.ContainerResourceMetricSource, external *#autoscalingv2.ExternalMetricSource
autoscalingv2.MetricStatus: type s!, object *#autoscalingv2.ObjectMetricStatus, pods *#autoscalingv2.PodsMetricStatus, resource *#autoscalingv2.ResourceMetricStatus, containerResource *#autoscalingv2.ContainerResourceMetricStatus, external *#autoscalingv2.ExternalMetricStatus
autoscalingv2.MetricTarget: type s!, value *q, averageValue *q, averageUtilization *i
autoscalingv2.MetricValueStatus: value *q, averageValue *q, averageUtilization *i
autoscalingv2.ObjectMetricSource: describedObject #autoscalingv2.CrossVersionObjectReference!, target #autoscalingv2.MetricTarget!, metric #autoscalingv2.MetricIdentifier!
autoscalingv2.ObjectMetricStatus: metric #autoscalingv2.MetricIdentifier!, current #autoscalingv2.MetricValueStatus!, describedObject #autoscalingv2.CrossVersionObjectReference!
autoscalingv2.PodsMetricSource: metric #autoscalingv2.MetricIdentifier!, target #autoscalingv2.MetricTarget!
autoscalingv2.PodsMetricStatus: metric #autoscalingv2.MetricIdentifier!, current #autoscalingv2.MetricValueStatus!
autoscalingv2.ResourceMetricSource: name s!, target #autoscalingv2.MetricTarget!
autoscalingv2.ResourceMetricStatus: name s!, current #autoscalingv2.MetricValueStatus!
batch.CronJob: kind s, apiVersion s, metadata #ObjectMeta, spec #batch.CronJobSpec, status #batch.CronJobStatus
batch.CronJobSpec: schedule s!, timeZone *s, startingDeadlineSeconds *i, concurrencyPolicy s, suspend *b, jobTemplate #batch.JobTemplateSpec!, successfulJobsHistoryLimit *i, failedJobsHistoryLimit *i
batch.CronJobStatus: active [#ObjectReference, lastScheduleTime *t, lastSuccessfulTime *t
batch.Job: kind s, apiVersion s, metadata #ObjectMeta, spec #batch.JobSpec, status #batch.JobStatus
batch.JobCondition: type s!, status s!, lastProbeTime t, lastTransitionTime t, reason s, message s
batch.JobSpec: parallelism *i, completions *i, activeDeadlineSeconds *i, podFailurePolicy *#batch.PodFailurePolicy, successPolicy *#batch.SuccessPolicy, backoffLimit *i, backoffLimitPerIndex *i, maxFailedIndexes *i, selector *#LabelSelector, manualSelector *b, template #PodTemplateSpec!, ttlSecondsAfterFinished *i, completionMode *s, suspend *b, podReplacementPolicy *s, managedBy *s
batch.JobStatus: conditions [#batch.JobCondition, startTime *t, completionTime *t, active i, succeeded i, failed i, terminating *i, completedIndexes s, failedIndexes *s, uncountedTerminatedPods *#batch.UncountedTerminatedPods, ready *i
batch.JobTemplateSpec: metadata #ObjectMeta, spec #batch.JobSpec
batch.PodFailurePolicy: rules [#batch.PodFailurePolicyRule!
batch.PodFailurePolicyOnExitCodesRequirement: containerName *s, operator s!, values [i!
batch.PodFailurePolicyOnPodConditionsPattern: type s!, status s!
batch.PodFailurePolicyRule: action s!, onExitCodes *#batch.PodFailurePolicyOnExitCodesRequirement, onPodConditions [#batch.PodFailurePolicyOnPodConditionsPattern
batch.SuccessPolicy: rules [#batch.SuccessPolicyRule!
batch.SuccessPolicyRule: succeededIndexes *s, succeededCount *i
batch.UncountedTerminatedPods: succeeded [s, failed [s
coordination.Lease: kind s, apiVersion s, metadata #ObjectMeta, spec #coordination.LeaseSpec
coordination.LeaseSpec: holderIdentity *s, leaseDurationSeconds *i, acquireTime *u, renewTime *u, leaseTransitions *i, strategy *s, preferredHolder *s
discovery.Endpoint: addresses [s!, conditions #discovery.EndpointConditions, hostname *s, targetRef *#ObjectReference, deprecatedTopology {s, nodeName *s, zone *s, hints *#discovery.EndpointHints
discovery.EndpointConditions: ready *b, serving *b, terminating *b
discovery.EndpointHints: forZones [#discovery.ForZone, forNodes [#discovery.ForNode
discovery.EndpointPort: name *s, protocol *s, port *i, appProtocol *s
discovery.EndpointSlice: kind s, apiVersion s, metadata #ObjectMeta, addressType s!, endpoints [#discovery.Endpoint!, ports [#discovery.EndpointPort!
discovery.ForNode: name s!
discovery.ForZone: name s!
events.Event: kind s, apiVersion s, metadata #ObjectMeta!, eventTime u!, series *#events.EventSeries, reportingController s, reportingInstance s, action s, reason s, regarding #ObjectReference, related *#ObjectReference, note s, type s, deprecatedSource #EventSource, deprecatedFirstTimestamp t, deprecatedLastTimestamp t, deprecatedCount i
events.EventSeries: count i!, lastObservedTime u!
networking.HTTPIngressPath: path s, pathType *s!, backend #networking.IngressBackend!
networking.HTTPIngressRuleValue: paths [#networking.HTTPIngressPath!
networking.IPBlock: cidr s!, except [s
networking.Ingress: kind s, apiVersion s, metadata #ObjectMeta, spec #networking.IngressSpec, status #networking.IngressStatus
networking.IngressBackend: service *#networking.IngressServiceBackend, resource *#TypedLocalObjectReference
networking.IngressClass: kind s, apiVersion s, metadata #ObjectMeta, spec #networking.IngressClassSpec
networking.IngressClassParametersReference: apiGroup *s, kind s!, name s!, scope *s!, namespace *s
networking.IngressClassSpec: controller s, parameters *#networking.IngressClassParametersReference
networking.IngressLoadBalancerIngress: ip s, hostname s, ports [#networking.IngressPortStatus
networking.IngressLoadBalancerStatus: ingress [#networking.IngressLoadBalancerIngress
networking.IngressPortStatus: port i!, protocol s!, error *s
networking.IngressRule: host s, http *#networking.HTTPIngressRuleValue
networking.IngressServiceBackend: name s!, port #networking.ServiceBackendPort
networking.IngressSpec: ingressClassName *s, defaultBackend *#networking.IngressBackend, tls [#networking.IngressTLS, rules [#networking.IngressRule
networking.IngressStatus: loadBalancer #networking.IngressLoadBalancerStatus
networking.IngressTLS: hosts [s, secretName s
networking.NetworkPolicy: kind s, apiVersion s, metadata #ObjectMeta, spec #networking.NetworkPolicySpec
networking.NetworkPolicyEgressRule: ports [#networking.NetworkPolicyPort, to [#networking.NetworkPolicyPeer
networking.NetworkPolicyIngressRule: ports [#networking.NetworkPolicyPort, from [#networking.NetworkPolicyPeer
networking.NetworkPolicyPeer: podSelector *#LabelSelector, namespaceSelector *#LabelSelector, ipBlock *#networking.IPBlock
networking.NetworkPolicyPort: protocol *s, port *o, endPort *i
networking.NetworkPolicySpec: podSelector #LabelSelector!, ingress [#networking.NetworkPolicyIngressRule, egress [#networking.NetworkPolicyEgressRule, policyTypes [s
networking.ServiceBackendPort: name s, number i
policy.PodDisruptionBudget: kind s, apiVersion s, metadata #ObjectMeta, spec #policy.PodDisruptionBudgetSpec, status #policy.PodDisruptionBudgetStatus
policy.PodDisruptionBudgetSpec: minAvailable *o, selector *#LabelSelector, maxUnavailable *o, unhealthyPodEvictionPolicy *s
policy.PodDisruptionBudgetStatus: observedGeneration i, disruptedPods {t, disruptionsAllowed i!, currentHealthy i!, desiredHealthy i!, expectedPods i!, conditions [#Condition
rbac.AggregationRule: clusterRoleSelectors [#LabelSelector
rbac.ClusterRole: kind s, apiVersion s, metadata #ObjectMeta, rules [#rbac.PolicyRule!, aggregationRule *#rbac.AggregationRule
rbac.ClusterRoleBinding: kind s, apiVersion s, metadata #ObjectMeta, subjects [#rbac.Subject, roleRef #rbac.RoleRef!
rbac.PolicyRule: verbs [s!, apiGroups [s, resources [s, resourceNames [s, nonResourceURLs [s
rbac.Role: kind s, apiVersion s, metadata #ObjectMeta, rules [#rbac.PolicyRule!
rbac.RoleBinding: kind s, apiVersion s, metadata #ObjectMeta, subjects [#rbac.Subject, roleRef #rbac.RoleRef!
rbac.RoleRef: apiGroup s!, kind s!, name s!
rbac.Subject: kind s!, apiGroup s, name s!, namespace s
scheduling.PriorityClass: kind s, apiVersion s, metadata #ObjectMeta, value i!, globalDefault b, description s, preemptionPolicy *s
`
