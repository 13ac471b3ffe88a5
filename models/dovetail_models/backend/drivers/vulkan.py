"""Pure: what `vulkaninfo --summary` reports."""

import re

from dovetail_models.backend.drivers.machine import Gpu

VENDORS = {0x10DE: "nvidia", 0x1002: "amd", 0x1022: "amd", 0x8086: "intel", 0x106B: "apple"}
"""PCI vendor numbers (PCI-SIG)."""

_FIELD = re.compile(r"^\s*(vendorID|deviceType|deviceName)\s*=\s*(.+?)\s*$", re.MULTILINE)


def gpus_of(summary: str) -> tuple[Gpu, ...]:
    """Return the GPUs of the summary. Software renderers (llvmpipe) are none."""
    found = []
    for block in re.split(r"^GPU\d+:\s*$", summary, flags=re.MULTILINE)[1:]:
        fields = dict(_FIELD.findall(block))
        kind = fields.get("deviceType", "")
        if kind not in ("PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU", "PHYSICAL_DEVICE_TYPE_DISCRETE_GPU"):
            continue
        vendor = VENDORS.get(int(fields.get("vendorID", "0"), 16), "")
        found.append(Gpu(vendor, fields.get("deviceName", "unnamed GPU"), "INTEGRATED" in kind))
    return tuple(found)
