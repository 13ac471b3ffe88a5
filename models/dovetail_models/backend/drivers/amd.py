"""Pure: what ROCm, the Linux kernel and Windows report of AMD GPUs."""

import re

from dovetail_models.backend.drivers.machine import Gpu, Version

_AGENT = re.compile(r"^\*+\s*$\s*^Agent \d+\s*$", re.MULTILINE)
_RELEASE = re.compile(r"(\d+)\.(\d+)")

_TARGETS_BY_NAME = (
    (r"RX 9070", "gfx1201"),
    (r"RX 9060", "gfx1200"),
    (r"RX 7900|PRO W7900|PRO W7800", "gfx1100"),
    (r"RX 7[78]00|PRO W7700", "gfx1101"),
    (r"RX 7600|PRO W7[56]00", "gfx1102"),
    (r"RX 6[89]\d0|PRO W6800", "gfx1030"),
    (r"RX 67\d0", "gfx1031"),
    (r"RX 66\d0|PRO W6600", "gfx1032"),
    (r"80[456]0S", "gfx1151"),
    (r"8[89]0M", "gfx1150"),
)
"""Windows has no tool that names the instruction set; AMD's ROCm compatibility table gives it by product name."""

_INTEGRATED = re.compile(r"Radeon(\(TM\))?\s+(Vega \d+ )?Graphics|(?<!\d)\d{3}M\b|80[456]0S", re.IGNORECASE)


def gpus_of_rocminfo(text: str) -> tuple[Gpu, ...]:
    """Return the GPUs in the output of rocminfo."""
    found = []
    for agent in _AGENT.split(text)[1:]:
        fields = dict(re.findall(r"^  (\S[^:\n]*\S)\s*:\s+(\S.*?)\s*$", agent, re.MULTILINE))
        if fields.get("Device Type") == "GPU" and fields.get("Name", "").startswith("gfx"):
            name = fields.get("Marketing Name") or fields["Name"]
            integrated = fields.get("Memory Properties") == "APU" or _looks_integrated(name)
            found.append(Gpu("amd", name, integrated, target=fields["Name"]))
    return tuple(found)


def gpu_of_kfd_node(properties: str) -> Gpu | None:
    """Return the GPU of a node's `properties` in /sys/class/kfd/kfd/topology/nodes; None for processors.

    The version is written as major * 10000 + minor * 100 + stepping, and the name has the last two as hex digits.
    """
    fields = dict(re.findall(r"^(\w+) (\d+)$", properties, re.MULTILINE))
    version = int(fields.get("gfx_target_version", 0))
    if not version:
        return None
    target = f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"
    return Gpu("amd", f"AMD GPU {target}", int(fields.get("cpu_cores_count", 0)) > 0, target=target)


def gpu_of_windows_name(name: str) -> Gpu:
    """Return the GPU that Windows calls `name`."""
    target = next((target for pattern, target in _TARGETS_BY_NAME if re.search(pattern, name)), "")
    return Gpu("amd", name, _looks_integrated(name), target=target)


def rocm_release(text: str) -> Version | None:
    """Return the release in ROCm's `.info/version`, such as "7.2.0-43"; None where the text has none."""
    found = _RELEASE.match(text.strip())
    return (int(found[1]), int(found[2])) if found else None


def _looks_integrated(name: str) -> bool:
    return bool(_INTEGRATED.search(name))
