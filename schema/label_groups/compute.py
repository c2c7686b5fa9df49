"""Servers, the network, services and those who use them; meters, sensors and controllers."""

from __future__ import annotations

from typing import Final

from schema.model import Label
from schema.properties import number, text, whole

COMPUTE_LABELS: Final = (
    Label(
        name="Server",
        domain="compute",
        description="A server.",
        load=True,
        expects=("FEEDS", "COOLS", "CONNECTS"),
        ifc=("IfcCommunicationsAppliance.COMPUTER",),
        brick="Server",
        properties=(
            text("role", "What it is used for: AI, cloud, storage …", indexed=True),
            whole("cpu_count", "Processors."),
            whole("accelerator_count", "Accelerators (GPU, NPU)."),
            number("memory_gib", "GiB", "Memory."),
        ),
    ),
    Label(
        name="NetworkDevice",
        domain="network",
        description="A switch or another network device inside the campus.",
        expects=("FEEDS",),
        ifc=("IfcCommunicationsAppliance.NETWORKAPPLIANCE",),
        properties=(text("role", "top of rack, spine, core …"), whole("ports", "Network ports.")),
    ),
    Label(
        name="Router",
        domain="network",
        description="A border or core router of the campus.",
        expects=("FEEDS",),
        ifc=("IfcCommunicationsAppliance.ROUTER",),
        properties=(text("role", "border, core …"),),
    ),
    Label(
        name="CoreNode",
        domain="network",
        description="A core node of the cloud's network outside the campus (Guangzhou, Shenzhen …).",
        properties=(
            text("city", "Where it is."),
            number("round_trip_ms", "ms", "Round trip from the campus."),
        ),
    ),
    Label(
        name="EdgeNode",
        domain="network",
        description="An edge node of the bay area, or a gateway to the rest of the country or to south-east Asia.",
        expects=("CONNECTS",),
        properties=(
            text("city", "Where it is."),
            text("region", "Guangdong, Hong Kong, Macao, national, south-east Asia …"),
            number("round_trip_ms", "ms", "Round trip from the campus."),
        ),
    ),
    Label(
        name="FibreRoute",
        domain="network",
        description="One physically separate fibre route.",
        properties=(
            number("route_km", "km", "Length of the route."),
            number("capacity_gbit_per_s", "Gbit/s", "Capacity of its links together."),
        ),
    ),
    Label(
        name="Service",
        domain="organisation",
        description="A service; each group of HOSTS needs so many of its replicas.",
        load=True,
        expects=("HOSTS",),
        properties=(
            text("workload", "AI, cloud, IoT, video, messaging …", indexed=True),
            whole("replicas", "How many servers host it."),
        ),
    ),
    Label(
        name="Tenant",
        domain="organisation",
        description="Who uses services or cabinets.",
        properties=(text("contract", "Reference of the agreement."),),
    ),
    Label(
        name="Controller",
        domain="control",
        description="A controller (PLC, DDC, breaker logic) that equipment needs in order to run.",
        expects=("FEEDS",),
        ifc=("IfcController.PROGRAMMABLE", "IfcUnitaryControlElement.CONTROLPANEL"),
        brick="Controller",
    ),
    Label(
        name="Meter",
        domain="control",
        description="A meter (energy, water, flow).",
        ifc=("IfcFlowMeter",),
        brick="Meter",
        properties=(text("quantity", "What it measures."), text("role", "IT, facility total, cooling …")),
    ),
    Label(
        name="Sensor",
        domain="control",
        description="A sensor (temperature, pressure, leak …).",
        ifc=("IfcSensor",),
        brick="Sensor",
        properties=(text("quantity", "What it measures."),),
    ),
)
