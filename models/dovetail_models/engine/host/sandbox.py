"""The host gives up every right that it does not need: no network, no other programs, no files but its own.

This module holds all platform-dependent code of the sandbox. It returns what a platform lacks as a line for
`dovetail doctor` and never raises: a sandbox must not break a start. A confined process cannot regain its rights. So if
loading fails for lack of a right, `process.py` notes it and the next host starts without a sandbox.

Linux: Landlock for files, TCP and signals, a seccomp filter for sockets (both through `ctypes`). macOS: `sandbox_init`,
the call behind sandbox-exec. Windows: a job object that allows no second process. Only the Linux part has been run.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

SYSTEM_FOLDERS = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/etc",
    "/opt",
    "/nix",
    "/gnu",
    "/snap",
    "/sys",
    "/run/opengl-driver",
    "/run/current-system",
)
"""Where libraries and drivers are on Linux: read only."""

DEVICE_FOLDERS = ("/dev", "/proc")
"""Devices of accelerators, and what a process writes about itself."""

HARMLESS_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
"""All devices that another program gets."""

ABOUT_ITSELF = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys")
"""What another program may read of /proc: itself and the machine, not the environment of the user's other processes."""

DRIVER_CACHES = (
    ".nv",
    ".cache/mesa_shader_cache",
    ".cache/mesa_shader_cache_db",
    ".cache/nvidia",
    ".cache/radv_builtin_shaders",
)
"""Where drivers keep compiled kernels, below the home folder; written only where they exist."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What has been given up, and what could not be: lines for the user to read."""

    held: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def confine(readable: Sequence[Path], writable: Sequence[Path], runs_programs: bool = False) -> Sandbox:
    """Give up the rights that this process does not need, for good. It keeps the named folders and files, and the
    system's.

    `runs_programs` keeps the right to become another program, which has no more rights; Windows knows no such limit.
    The process must have a single thread: other threads would keep their rights.
    """
    try:
        if sys.platform == "win32" and runs_programs:
            return Sandbox(missing=("network and files: Windows cannot take them from a program",))
        if sys.platform == "linux":
            return _confine_linux(readable, writable, runs_programs)
        if sys.platform == "darwin":
            return _confine_macos(writable, runs_programs)
        if sys.platform == "win32":
            return _confine_windows()
    except (OSError, AttributeError, ValueError, ctypes.ArgumentError) as error:
        return Sandbox(missing=(f"the sandbox could not be set up ({error}): the host runs with all of your rights",))
    return Sandbox(missing=(f"no sandbox is known for {platform.system()}: the host runs with all of your rights",))


def readable_folders() -> list[Path]:
    """Return the folders that Python itself reads: its installation, its packages, and LD_LIBRARY_PATH."""
    folders = [sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path]
    folders += os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    return [Path(folder) for folder in dict.fromkeys(folders) if folder]


# Linux: Landlock (linux/landlock.h, kernel documentation "Landlock: unprivileged access control").

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_VERSION_FLAG = 1
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REMOVE_DIR, _REMOVE_FILE = 16, 32
_IOCTL_DEV = 1 << 15
_FILE_RIGHTS_BY_ABI = ((1, (1 << 13) - 1), (2, 1 << 13), (3, 1 << 14), (5, _IOCTL_DEV))
"""The rights on files that each version of Landlock knows: 13 at first, then moving, truncating, device control."""

_NET_RIGHTS = 0b11  # bind and connect TCP, from version 4 on
_SCOPES = 0b11  # abstract sockets and signals to others, from version 6 on
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14) | _IOCTL_DEV
"""The rights that a rule on a single file may name."""


def _confine_linux(readable: Sequence[Path], writable: Sequence[Path], runs_programs: bool) -> Sandbox:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs is refused")
    held, missing = [], []
    for setup in (partial(_landlock, libc, readable, writable, runs_programs), partial(_seccomp, libc)):
        try:
            held.append(setup())
        except OSError as error:
            missing.append(str(error.strerror))
    return Sandbox(tuple(held), tuple(missing))


def _landlock(libc: ctypes.CDLL, readable: Iterable[Path], writable: Iterable[Path], runs_programs: bool) -> str:
    abi = libc.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    if abi < 1:
        raise OSError(0, "this kernel has no Landlock (5.13 and newer have): the host can use all of your files")
    rights = sum(bits for version, bits in _FILE_RIGHTS_BY_ABI if abi >= version)
    attributes = struct.pack("QQQ", rights, _NET_RIGHTS if abi >= 4 else 0, _SCOPES if abi >= 6 else 0)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, 24 if abi >= 6 else 16 if abi >= 4 else 8, 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "Landlock is switched off: the host can use all of your files")
    try:
        executing = _EXECUTE if runs_programs else 0
        reading = _READ_FILE | _READ_DIR | executing
        writing = rights & ~_EXECUTE | executing
        home = Path.home() if "HOME" in os.environ and not runs_programs else None
        caches = [home / cache for cache in DRIVER_CACHES] if home else []
        read_alone = (*SYSTEM_FOLDERS, *ABOUT_ITSELF) if runs_programs else SYSTEM_FOLDERS
        devices = HARMLESS_DEVICES if runs_programs else DEVICE_FOLDERS
        for path in (*map(Path, read_alone), *readable):
            _allow(libc, ruleset, path, reading & rights)
        for path in (*map(Path, devices), *writable, *caches):
            _allow(libc, ruleset, path, writing)
        if libc.syscall(_RESTRICT_SELF, ruleset, 0):
            raise OSError(ctypes.get_errno(), "Landlock refuses: the host can use all of your files")
    finally:
        os.close(ruleset)
    return f"files: only its model, its own folders and the system's are open to it (Landlock {abi})"


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    """Allow rights on a path and everything below it; a missing path needs none."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= _ON_FILES
        rule = struct.pack("=Qi", rights, descriptor)
        if libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0):
            raise OSError(ctypes.get_errno(), f"Landlock refuses a rule for {path}: the host can use all of your files")
    finally:
        os.close(descriptor)


# Linux: seccomp (linux/seccomp.h, linux/filter.h, linux/audit.h).

_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EACCES
_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _RETURN = 0x20, 0x15, 0x35, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT = 0, 4, 16
_AF_UNIX = 1
_X32 = 0x40000000

_CALLS = {
    "x86_64": (0xC000003E, 41, (101, 310, 311)),
    "aarch64": (0xC00000B7, 198, (117, 270, 271)),
}
"""Machine to its audit number, `socket`, and calls that are refused: ptrace, and reading and writing others' memory."""

_IO_URING_SETUP = 425
"""On every architecture. It could open sockets past the filter."""


class _Filter(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filters", ctypes.POINTER(_Filter)))


def _seccomp(libc: ctypes.CDLL) -> str:
    machine = platform.machine()
    if machine not in _CALLS or struct.calcsize("P") != 8:
        raise OSError(0, f"no socket filter is known for {machine}: the host can use the network")
    architecture, socket, memory_calls = _CALLS[machine]
    refused = (*memory_calls, _IO_URING_SETUP)
    # Jumps count the instructions to skip; the last two refuse and allow.
    lines = [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_JUMP_EQUAL, 0, len(refused) + 5, architecture),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_JUMP_GREATER, len(refused) + 3, 0, _X32),
    ]
    lines += [(_JUMP_EQUAL, len(refused) - i + 2, 0, call) for i, call in enumerate(refused)]
    lines += [
        (_JUMP_EQUAL, 0, 3, socket),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_JUMP_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    filters = (_Filter * len(lines))(*(_Filter(*line) for line in lines))
    program = _Program(len(lines), filters)
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "this kernel takes no seccomp filter: the host can use the network")
    return "network: only local sockets are open to it (seccomp)"


def _confine_macos(writable: Sequence[Path], runs_programs: bool) -> Sandbox:
    """Deny Internet sockets, and writing in the home folder outside the host's own folders and the system's caches.

    A process that may become another program can write in its own folders alone.
    """
    library = ctypes.CDLL("/usr/lib/libSystem.B.dylib")
    home = Path.home()
    denied = Path("/") if runs_programs else home
    allowed = (*writable, Path("/dev") if runs_programs else home / "Library" / "Caches")
    profile = "\n".join(
        (
            "(version 1)",
            "(allow default)",
            '(deny network-outbound (remote ip "*:*"))',
            '(deny network-bind (local ip "*:*"))',
            f'(deny file-write* (subpath "{_quoted(denied)}"))',
            *(f'(allow file-write* (subpath "{_quoted(path)}"))' for path in allowed),
        )
    )
    message = ctypes.c_char_p()
    library.sandbox_init.argtypes = (ctypes.c_char_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_char_p))
    if library.sandbox_init(profile.encode(), 0, ctypes.byref(message)):
        reason = (message.value or b"no reason given").decode("utf-8", "replace")
        return Sandbox(missing=(f"macOS refuses the sandbox ({reason}): the host runs with all of your rights",))
    return Sandbox(
        ("network: only local sockets are open to it", "files: it can write in its own folders alone"),
        ("files: it can read what you can read (macOS)",),
    )


def _quoted(path: Path) -> str:
    return str(path.resolve()).replace("\\", "\\\\").replace('"', '\\"')


def _confine_windows() -> Sandbox:
    """Put this process in a job that allows no second process."""
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]
    kernel.CreateJobObjectW.restype = ctypes.c_void_p
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.SetInformationJobObject.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)
    kernel.AssignProcessToJobObject.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    job = kernel.CreateJobObjectW(None, None)
    # JOBOBJECT_BASIC_LIMIT_INFORMATION: limit flag 8 with one active process.
    limits = struct.pack("qqIxxxxPPIxxxxPII", 0, 0, 8, 0, 0, 1, 0, 0, 0)
    basic_limits = 2
    if (
        not job
        or not kernel.SetInformationJobObject(job, basic_limits, limits, len(limits))
        or not kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())
    ):
        return Sandbox(missing=("Windows refuses the job object: the host runs with all of your rights",))
    return Sandbox(
        ("programs: it can start none (job object)",),
        ("network and files: a named pipe for clients leaves no lower rights on Windows",),
    )
