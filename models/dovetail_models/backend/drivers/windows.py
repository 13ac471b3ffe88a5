"""Pure: what Windows reports of its display adapters."""

import json
import re

from dovetail_models.backend.drivers.amd import gpu_of_windows_name
from dovetail_models.backend.drivers.machine import Gpu
from dovetail_models.backend.drivers.vulkan import VENDORS

QUERY = "Get-CimInstance Win32_VideoController | Select-Object Name, PNPDeviceID | ConvertTo-Json -Compress"
"""The PowerShell command whose output `gpus_of` reads."""

_VENDOR = re.compile(r"VEN_([0-9A-F]{4})", re.IGNORECASE)
_DISCRETE_INTEL = re.compile(r"\bArc\b.*\b[AB]\d{3}|\bArc\b.*\bPro\b", re.IGNORECASE)


def gpus_of(text: str) -> tuple[Gpu, ...]:
    """Return the adapters in the output of QUERY; remote and basic display adapters are none. Raises ValueError where
    the text is not JSON."""
    value = json.loads(text) if text.strip() else []
    found = []
    for adapter in value if isinstance(value, list) else [value]:
        name = str(adapter.get("Name") or "")
        number = _VENDOR.search(str(adapter.get("PNPDeviceID") or ""))
        vendor = VENDORS.get(int(number[1], 16), "") if number else ""
        if vendor == "amd":
            found.append(gpu_of_windows_name(name))
        elif vendor == "intel":
            found.append(Gpu(vendor, name, integrated=not _DISCRETE_INTEL.search(name)))
        elif vendor:
            found.append(Gpu(vendor, name))
    return tuple(found)
