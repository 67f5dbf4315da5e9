/** What a pod says of its containers and volumes. */

export type Container = {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly ports?: readonly ContainerPort[]
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly EnvFromSource[]
  readonly resources?: ResourceRequirements
  readonly volumeMounts?: readonly VolumeMount[]
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly startupProbe?: Probe
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler; readonly stopSignal?: string }
  readonly terminationMessagePath?: string
  readonly terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError'
  readonly imagePullPolicy?: 'Always' | 'Never' | 'IfNotPresent'
  /** Of init containers only: `Always` is a sidecar. */
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  readonly securityContext?: {
    readonly runAsUser?: number
    readonly runAsGroup?: number
    readonly runAsNonRoot?: boolean
    readonly privileged?: boolean
  }
  readonly stdin?: boolean
  readonly tty?: boolean
}

export type ContainerPort = {
  readonly name?: string
  readonly containerPort: number
  readonly hostPort?: number
  readonly hostIP?: string
  readonly protocol?: Protocol
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP'

export type EnvVar = { readonly name: string; readonly value?: string; readonly valueFrom?: EnvVarSource }

/** One of them. */
export type EnvVarSource = {
  readonly fieldRef?: { readonly apiVersion?: string; readonly fieldPath: string }
  readonly resourceFieldRef?: { readonly containerName?: string; readonly resource: string; readonly divisor?: string }
  readonly configMapKeyRef?: KeySelector
  readonly secretKeyRef?: KeySelector
}

export type KeySelector = { readonly name?: string; readonly key: string; readonly optional?: boolean }

export type EnvFromSource = {
  readonly prefix?: string
  readonly configMapRef?: { readonly name?: string; readonly optional?: boolean }
  readonly secretRef?: { readonly name?: string; readonly optional?: boolean }
}

export type ResourceRequirements = {
  readonly requests?: ResourceList
  readonly limits?: ResourceList
}

/** Quantities by resource: `cpu`, `memory` … */
export type ResourceList = Readonly<Record<string, string>>

export type VolumeMount = {
  readonly name: string
  readonly mountPath: string
  readonly subPath?: string
  readonly subPathExpr?: string
  readonly readOnly?: boolean
}

/** A name and one source; sources that are not listed here exist. */
export type Volume = {
  readonly name: string
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string }
  readonly hostPath?: { readonly path: string; readonly type?: string }
  readonly configMap?: { readonly name?: string; readonly items?: readonly KeyToPath[]; readonly defaultMode?: number; readonly optional?: boolean }
  readonly secret?: {
    readonly secretName?: string
    readonly items?: readonly KeyToPath[]
    readonly defaultMode?: number
    readonly optional?: boolean
  }
  readonly downwardAPI?: { readonly items?: readonly DownwardFile[]; readonly defaultMode?: number }
  readonly projected?: { readonly sources?: readonly ProjectedSource[]; readonly defaultMode?: number }
}

export type KeyToPath = { readonly key: string; readonly path: string; readonly mode?: number }

export type DownwardFile = {
  readonly path: string
  readonly mode?: number
  readonly fieldRef?: NonNullable<EnvVarSource['fieldRef']>
  readonly resourceFieldRef?: NonNullable<EnvVarSource['resourceFieldRef']>
}

export type ProjectedSource = {
  readonly configMap?: { readonly name?: string; readonly items?: readonly KeyToPath[]; readonly optional?: boolean }
  readonly secret?: { readonly name?: string; readonly items?: readonly KeyToPath[]; readonly optional?: boolean }
  readonly downwardAPI?: { readonly items?: readonly DownwardFile[] }
  readonly serviceAccountToken?: { readonly audience?: string; readonly expirationSeconds?: number; readonly path: string }
}

/** One of them. */
export type Handler = {
  readonly exec?: { readonly command?: readonly string[] }
  readonly httpGet?: HttpGetAction
  readonly tcpSocket?: { readonly host?: string; readonly port: number | string }
  readonly sleep?: { readonly seconds: number }
}

export type HttpGetAction = {
  readonly path?: string
  /** A number, or the name of one of the container's ports. */
  readonly port: number | string
  readonly host?: string
  readonly scheme?: 'HTTP' | 'HTTPS'
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[]
}

/** The server fills in all numbers but the grace period. */
export type Probe = Omit<Handler, 'sleep'> & {
  readonly grpc?: { readonly port: number; readonly service?: string }
  readonly initialDelaySeconds?: number
  readonly timeoutSeconds?: number
  readonly periodSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
  readonly terminationGracePeriodSeconds?: number
}
