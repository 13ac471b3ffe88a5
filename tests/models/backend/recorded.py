"""Machines as their tools report them, in the forms that the drivers print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

HEADER = """\
Tue Mar 10 09:12:44 2026
+---------------------------------------------------------------------------------------+
| NVIDIA-SMI {driver}             Driver Version: {driver}   CUDA Version: {cuda}     |
|-----------------------------------------+----------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id        Disp.A | Volatile Uncorr. ECC |
|=========================================+======================+======================|
|   0  NVIDIA GeForce                 Off | 00000000:01:00.0  On |                  N/A |
+-----------------------------------------+----------------------+----------------------+
"""

HEADER_SINCE_610 = """\
Sun Jun  7 08:16:57 2026
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 610.43.02              KMD Version: 610.43.02     CUDA UMD Version: 13.3     |
+-----------------------------------------+------------------------+----------------------+
"""

NO_COMMUNICATION = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. "
    "Make sure that the latest NVIDIA driver is installed and running.\n"
)

MISMATCH = "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.144\n"

OLD_QUERY = 'Field "compute_cap" is not a valid field to query.\n'

KERNEL_MODULE = """\
NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024
GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)
"""

ROCMINFO = """\
ROCk module is loaded
=====================
HSA Agents
==========
*******
Agent 1
*******
  Name:                    AMD Ryzen 9 7950X 16-Core Processor
  Marketing Name:          AMD Ryzen 9 7950X 16-Core Processor
  Vendor Name:             CPU
  Device Type:             CPU
*******
Agent 2
*******
  Name:                    gfx1100
  Uuid:                    GPU-5ecee39292e80c37
  Marketing Name:          AMD Radeon RX 7900 XTX
  Vendor Name:             AMD
  Device Type:             GPU
  Memory Properties:
  ISA Info:
    ISA 1
      Name:                    amdgcn-amd-amdhsa--gfx1100
*******
Agent 3
*******
  Name:                    gfx1036
  Marketing Name:          AMD Radeon Graphics
  Device Type:             GPU
  Memory Properties:       APU
*** Done ***
"""

KFD_CPU = "cpu_cores_count 16\nsimd_count 0\ngfx_target_version 0\nvendor_id 0\n"
KFD_RX_6600 = "cpu_cores_count 0\nsimd_count 56\ngfx_target_version 100302\nvendor_id 4098\n"
KFD_APU = "cpu_cores_count 16\nsimd_count 24\ngfx_target_version 110003\nvendor_id 4098\n"

VULKAN_INTEL = """\
==========
VULKANINFO
==========

Vulkan Instance Version: 1.3.275

Devices:
========
GPU0:
	apiVersion         = 1.3.274
	driverVersion      = 24.0.5
	vendorID           = 0x8086
	deviceID           = 0x46a6
	deviceType         = PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU
	deviceName         = Intel(R) Graphics (ADL GT2)
	driverID           = DRIVER_ID_INTEL_OPEN_SOURCE_MESA
GPU1:
	apiVersion         = 1.3.274
	vendorID           = 0x10005
	deviceID           = 0x0000
	deviceType         = PHYSICAL_DEVICE_TYPE_CPU
	deviceName         = llvmpipe (LLVM 17.0.6, 256 bits)
"""

VULKAN_ARC = """\
Devices:
========
GPU0:
	vendorID           = 0x8086
	deviceType         = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU
	deviceName         = Intel(R) Arc(tm) A770 Graphics (DG2)
"""

WINDOWS_AMD = (
    '[{"Name":"AMD Radeon RX 7900 XT","PNPDeviceID":"PCI\\\\VEN_1002&DEV_744C&SUBSYS_0E3B1002&REV_CC\\\\6&1"},'
    '{"Name":"AMD Radeon(TM) Graphics","PNPDeviceID":"PCI\\\\VEN_1002&DEV_164E&SUBSYS_7D78&REV_C1\\\\4&2"}]'
)
WINDOWS_VEGA = '{"Name":"Radeon RX 580 Series","PNPDeviceID":"PCI\\\\VEN_1002&DEV_67DF&SUBSYS_E387\\\\4&1"}'
WINDOWS_INTEL = '{"Name":"Intel(R) UHD Graphics 770","PNPDeviceID":"PCI\\\\VEN_8086&DEV_4680&SUBSYS_0B16\\\\3&1"}'
WINDOWS_REMOTE = '{"Name":"Microsoft Remote Display Adapter","PNPDeviceID":"SWD\\\\REMOTEDISPLAYENUM\\\\RDPIDD"}'


@dataclass(frozen=True, slots=True)
class RecordedMachine:
    """`Probes` over recorded text: a program's output by its command line, a file's text by its path."""

    system: str
    architecture: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    libraries: frozenset[str] = frozenset()

    def run(self, command: Sequence[str]) -> str | None:
        return next((text for start, text in self.outputs.items() if " ".join(command) == start), None)

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def find(self, pattern: str) -> list[str]:
        head, tail = pattern.rsplit("/", 1)[0].split("*")[0].split("?")[0], pattern.rsplit("/", 1)[1]
        return sorted(path for path in self.files if path.startswith(head) and path.endswith(tail))

    def has_library(self, name: str) -> bool:
        return name in self.libraries


def nvidia(driver: str, cuda: str, *gpus: str) -> dict[str, str]:
    """nvidia-smi's answers; a GPU is "name, capability"."""
    listed = "".join(f"{gpu}\n" for gpu in gpus)
    return {
        "nvidia-smi": HEADER.format(driver=driver, cuda=cuda),
        "nvidia-smi --query-gpu=name,compute_cap --format=csv,noheader": listed,
    }
