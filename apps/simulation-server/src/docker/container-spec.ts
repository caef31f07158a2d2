/** What a container may be and do, in the words of Simyard; `toCreateBody` writes it in those of the Engine API. */
export interface ContainerSpec {
  readonly image: string
  /** Program and arguments, as they are: no shell reads them. */
  readonly command: readonly string[]
  /** Replaces the image's own; `[]` removes it. */
  readonly entrypoint?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly workingDir?: string
  /** `uid:gid`. */
  readonly user?: string
  readonly hostname?: string
  /** 'none', 'host', 'bridge', or the name of a network. */
  readonly network?: string
  readonly ports?: readonly PublishedPort[]
  readonly mounts?: readonly BindMount[]
  /** Path inside → options of the mount, `size=16777216,mode=1777`. */
  readonly tmpfs?: Readonly<Record<string, string>>
  readonly readOnlyRoot?: boolean
  /** Bytes of all processes together; swap is not added to it. */
  readonly memoryBytes?: number
  /** Processes and threads together. */
  readonly pids?: number
  /** Processors, 0.5 is half of one. */
  readonly cpus?: number
  readonly sharedMemoryBytes?: number
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[]
  readonly dropCapabilities?: boolean
  readonly noNewPrivileges?: boolean
  /** A seccomp profile in Docker's form; Docker's own when absent. */
  readonly seccompProfile?: unknown
  readonly openStdin?: boolean
  /** A small process 1 that passes signals on and reaps. */
  readonly init?: boolean
}

export interface PublishedPort {
  readonly containerPort: number
  /** 0 lets the Engine choose; `inspect` then tells which. */
  readonly hostPort: number
  readonly hostAddress: string
}

export interface BindMount {
  /** On the Engine's machine. */
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
}

export function toCreateBody(spec: ContainerSpec): Record<string, unknown> {
  const ports = spec.ports ?? []
  const security = [
    ...(spec.noNewPrivileges ? ['no-new-privileges'] : []),
    ...(spec.seccompProfile === undefined ? [] : [`seccomp=${JSON.stringify(spec.seccompProfile)}`]),
  ]
  return {
    Image: spec.image,
    Cmd: spec.command,
    Entrypoint: spec.entrypoint,
    Env: Object.entries(spec.env ?? {}).map(([key, value]) => `${key}=${value}`),
    Labels: spec.labels,
    WorkingDir: spec.workingDir,
    User: spec.user,
    Hostname: spec.hostname,
    AttachStdin: spec.openStdin === true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: spec.openStdin === true,
    StdinOnce: spec.openStdin === true,
    Tty: false,
    ExposedPorts: Object.fromEntries(ports.map(({ containerPort }) => [`${containerPort}/tcp`, {}])),
    HostConfig: {
      NetworkMode: spec.network,
      PortBindings: Object.fromEntries(
        ports.map(({ containerPort, hostPort, hostAddress }) => [
          `${containerPort}/tcp`,
          [{ HostIp: hostAddress, HostPort: hostPort === 0 ? '' : String(hostPort) }],
        ]),
      ),
      // Mounts, not Binds: a Bind with a missing source would make a folder there, as root.
      Mounts: (spec.mounts ?? []).map(({ source, target, readOnly }) => ({
        Type: 'bind',
        Source: source,
        Target: target,
        ReadOnly: readOnly,
      })),
      Tmpfs: spec.tmpfs,
      ReadonlyRootfs: spec.readOnlyRoot,
      Memory: spec.memoryBytes,
      MemorySwap: spec.memoryBytes,
      PidsLimit: spec.pids,
      NanoCpus: spec.cpus === undefined ? undefined : Math.round(spec.cpus * 1e9),
      ShmSize: spec.sharedMemoryBytes,
      Ulimits: spec.ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
      CapDrop: spec.dropCapabilities ? ['ALL'] : undefined,
      SecurityOpt: security,
      Init: spec.init,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
    },
  }
}
