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
  readonly denied: readonly number[]
}

const architectures: Readonly<Record<string, Architecture>> = {
  x64: {
    audit: 0xc000003e,
    x32Bit: 0x40000000,
    clone: 56,
    clone3: 435,
    socket: 41,
    denied: [
      101, // ptrace
      135, // personality
      136, // ustat
      153, // vhangup
      154, // modify_ldt
      155, // pivot_root
      156, // _sysctl
      159, // adjtimex
      161, // chroot
      163, // acct
      164, // settimeofday
      165, // mount
      166, // umount2
      167, // swapon
      168, // swapoff
      169, // reboot
      170, // sethostname
      171, // setdomainname
      172, // iopl
      173, // ioperm
      175, // init_module
      176, // delete_module
      179, // quotactl
      212, // lookup_dcookie
      227, // clock_settime
      246, // kexec_load
      248, // add_key
      249, // request_key
      250, // keyctl
      272, // unshare
      298, // perf_event_open
      303, // name_to_handle_at
      304, // open_by_handle_at
      305, // clock_adjtime
      308, // setns
      310, // process_vm_readv
      311, // process_vm_writev
      312, // kcmp
      313, // finit_module
      320, // kexec_file_load
      321, // bpf
      323, // userfaultfd
      425, // io_uring_setup
      426, // io_uring_enter
      427, // io_uring_register
      428, // open_tree
      429, // move_mount
      430, // fsopen
      431, // fsconfig
      432, // fsmount
      433, // fspick
      442, // mount_setattr
    ],
  },
  arm64: {
    audit: 0xc00000b7,
    clone: 220,
    clone3: 435,
    socket: 198,
    denied: [
      117, // ptrace
      92, // personality
      58, // vhangup
      41, // pivot_root
      171, // adjtimex
      51, // chroot
      89, // acct
      170, // settimeofday
      40, // mount
      39, // umount2
      224, // swapon
      225, // swapoff
      142, // reboot
      161, // sethostname
      162, // setdomainname
      105, // init_module
      106, // delete_module
      60, // quotactl
      18, // lookup_dcookie
      112, // clock_settime
      104, // kexec_load
      217, // add_key
      218, // request_key
      219, // keyctl
      97, // unshare
      241, // perf_event_open
      264, // name_to_handle_at
      265, // open_by_handle_at
      266, // clock_adjtime
      268, // setns
      270, // process_vm_readv
      271, // process_vm_writev
      272, // kcmp
      273, // finit_module
      294, // kexec_file_load
      280, // bpf
      282, // userfaultfd
      425,
      426,
      427, // io_uring_*
      428,
      429,
      430,
      431,
      432,
      433, // the new mount API
      442, // mount_setattr
    ],
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
  for (const number of target.denied) {
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
