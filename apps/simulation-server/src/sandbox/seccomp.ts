/**
 * A seccomp filter as the kernel takes it: an array of 8-byte classic BPF instructions, written without libseccomp.
 * Denied calls answer EPERM (the program goes on and learns it may not), `clone3` ENOSYS (libc then uses `clone`, whose
 * flags a filter can read). Numbers: linux/arch/x86/entry/syscalls/syscall_64.tbl and asm-generic/unistd.h.
 */
const EPERM = 1
const ENOSYS = 38
const EACCES = 13

const RET_KILL_PROCESS = 0x80000000
const RET_ERRNO = 0x00050000
const RET_ALLOW = 0x7fff0000

/** Offsets in struct seccomp_data; arguments are 64 bit, their low half comes first on little-endian machines. */
const OFFSET_NUMBER = 0
const OFFSET_ARCH = 4
const OFFSET_ARG0 = 16

const LOAD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_GREATER_EQUAL = 0x35
const JUMP_SET = 0x45
const RETURN = 0x06

/** CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME(0x80) */
const CLONE_NEW_ANY = 0x7e020080
const AF_UNIX = 1

interface Architecture {
  readonly audit: number
  /** x86-64 accepts x32 call numbers too; they bypass a list of plain numbers, so they are refused as a whole. */
  readonly x32Bit?: number
  readonly clone: number
  readonly clone3: number
  readonly socket: number
  /** Its name in a seccomp profile of Docker. */
  readonly docker: string
  readonly denied: Readonly<Record<string, number>>
}

const architectures: Readonly<Record<string, Architecture>> = {
  x64: {
    docker: 'SCMP_ARCH_X86_64',
    audit: 0xc000003e,
    x32Bit: 0x40000000,
    clone: 56,
    clone3: 435,
    socket: 41,
    denied: {
      ptrace: 101,
      personality: 135,
      ustat: 136,
      vhangup: 153,
      modify_ldt: 154,
      pivot_root: 155,
      _sysctl: 156,
      adjtimex: 159,
      chroot: 161,
      acct: 163,
      settimeofday: 164,
      mount: 165,
      umount2: 166,
      swapon: 167,
      swapoff: 168,
      reboot: 169,
      sethostname: 170,
      setdomainname: 171,
      iopl: 172,
      ioperm: 173,
      init_module: 175,
      delete_module: 176,
      quotactl: 179,
      lookup_dcookie: 212,
      clock_settime: 227,
      kexec_load: 246,
      add_key: 248,
      request_key: 249,
      keyctl: 250,
      unshare: 272,
      perf_event_open: 298,
      name_to_handle_at: 303,
      open_by_handle_at: 304,
      clock_adjtime: 305,
      setns: 308,
      process_vm_readv: 310,
      process_vm_writev: 311,
      kcmp: 312,
      finit_module: 313,
      kexec_file_load: 320,
      bpf: 321,
      userfaultfd: 323,
      io_uring_setup: 425,
      io_uring_enter: 426,
      io_uring_register: 427,
      open_tree: 428,
      move_mount: 429,
      fsopen: 430,
      fsconfig: 431,
      fsmount: 432,
      fspick: 433,
      mount_setattr: 442,
    },
  },
  arm64: {
    docker: 'SCMP_ARCH_AARCH64',
    audit: 0xc00000b7,
    clone: 220,
    clone3: 435,
    socket: 198,
    denied: {
      ptrace: 117,
      personality: 92,
      vhangup: 58,
      pivot_root: 41,
      adjtimex: 171,
      chroot: 51,
      acct: 89,
      settimeofday: 170,
      mount: 40,
      umount2: 39,
      swapon: 224,
      swapoff: 225,
      reboot: 142,
      sethostname: 161,
      setdomainname: 162,
      init_module: 105,
      delete_module: 106,
      quotactl: 60,
      lookup_dcookie: 18,
      clock_settime: 112,
      kexec_load: 104,
      add_key: 217,
      request_key: 218,
      keyctl: 219,
      unshare: 97,
      perf_event_open: 241,
      name_to_handle_at: 264,
      open_by_handle_at: 265,
      clock_adjtime: 266,
      setns: 268,
      process_vm_readv: 270,
      process_vm_writev: 271,
      kcmp: 272,
      finit_module: 273,
      kexec_file_load: 294,
      bpf: 280,
      userfaultfd: 282,
      mount_setattr: 442,
      io_uring_setup: 425,
      io_uring_enter: 426,
      io_uring_register: 427,
      open_tree: 428,
      move_mount: 429,
      fsopen: 430,
      fsconfig: 431,
      fsmount: 432,
      fspick: 433,
    },
  },
}

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, k: number]

export function seccompSupported(arch: string = process.arch): boolean {
  return arch in architectures
}

/**
 * The compiled filter for this machine's architecture.
 * @param options.sockets 'unix' allows AF_UNIX only, 'none' no socket at all. An inherited socket always works.
 */
export function compileSeccompFilter(options: { sockets: 'unix' | 'none' }, arch: string = process.arch): Buffer {
  const target = architectures[arch]
  if (!target) throw new RangeError(`no system call numbers for architecture ${arch}`)
  const program: Instruction[] = [
    [LOAD, 0, 0, OFFSET_ARCH],
    [JUMP_EQUAL, 1, 0, target.audit],
    [RETURN, 0, 0, RET_KILL_PROCESS],
    [LOAD, 0, 0, OFFSET_NUMBER],
  ]
  if (target.x32Bit !== undefined) {
    program.push([JUMP_GREATER_EQUAL, 0, 1, target.x32Bit], [RETURN, 0, 0, RET_KILL_PROCESS])
  }
  for (const number of Object.values(target.denied)) {
    program.push([JUMP_EQUAL, 0, 1, number], [RETURN, 0, 0, RET_ERRNO | EPERM])
  }
  program.push([JUMP_EQUAL, 0, 1, target.clone3], [RETURN, 0, 0, RET_ERRNO | ENOSYS])
  program.push(
    [JUMP_EQUAL, 0, 4, target.clone],
    [LOAD, 0, 0, OFFSET_ARG0],
    [JUMP_SET, 0, 1, CLONE_NEW_ANY],
    [RETURN, 0, 0, RET_ERRNO | EPERM],
    [RETURN, 0, 0, RET_ALLOW],
  )
  if (options.sockets === 'none') {
    program.push([JUMP_EQUAL, 0, 1, target.socket], [RETURN, 0, 0, RET_ERRNO | EACCES])
  } else {
    program.push(
      [JUMP_EQUAL, 0, 4, target.socket],
      [LOAD, 0, 0, OFFSET_ARG0],
      [JUMP_EQUAL, 1, 0, AF_UNIX],
      [RETURN, 0, 0, RET_ERRNO | EACCES],
      [RETURN, 0, 0, RET_ALLOW],
    )
  }
  program.push([RETURN, 0, 0, RET_ALLOW])

  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, [code, jumpTrue, jumpFalse, k]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(jumpTrue, index * 8 + 2)
    bytes.writeUInt8(jumpFalse, index * 8 + 3)
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4)
  }
  return bytes
}

/** The same rules as a profile that Docker takes, with AF_UNIX sockets allowed: the channel is one. */
export function dockerSeccompProfile(arch: string = process.arch): unknown {
  const target = architectures[arch]
  if (!target) throw new RangeError(`no system call numbers for architecture ${arch}`)
  const refuse = (names: readonly string[], errnoRet: number, args: readonly unknown[] = []) => ({
    names,
    action: 'SCMP_ACT_ERRNO',
    errnoRet,
    args,
  })
  const namespaceFlags = Array.from({ length: 32 }, (_, bit) => 2 ** bit).filter((flag) => (CLONE_NEW_ANY & flag) !== 0)
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    // Calls in the form of another architecture are answered by the end of the process.
    architectures: [target.docker],
    syscalls: [
      refuse(Object.keys(target.denied), EPERM),
      refuse(['clone3'], ENOSYS),
      ...namespaceFlags.map((flag) =>
        refuse(['clone'], EPERM, [{ index: 0, value: flag, valueTwo: flag, op: 'SCMP_CMP_MASKED_EQ' }]),
      ),
      refuse(['socket'], EACCES, [{ index: 0, value: AF_UNIX, op: 'SCMP_CMP_NE' }]),
    ],
  }
}

/** System calls that a sandbox refuses whatever their arguments, by name. */
export function deniedSystemCalls(arch: string = process.arch): Readonly<Record<string, number>> {
  return architectures[arch]?.denied ?? {}
}
