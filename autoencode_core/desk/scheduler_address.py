"""The address of a Dask scheduler elsewhere: whether it answers, and by which certificates.

Imports distributed (0.3 s), so it is imported when the first job starts.
"""

import asyncio
from typing import Any

from distributed.core import rpc
from distributed.security import Security

from autoencode_core.desk.connection import ADDRESS
from autoencode_core.errors import InputError

_WANTED = (
    "distributed.comm.tls.ca-file, .client.cert and .client.key of Dask's configuration (docs/cluster.md)"
)


def certificates(address: str) -> Security:
    """The certificates of Dask's own configuration, which a tls:// address needs.

    Raises:
        InputError: there are none, or they cannot be read.
    """
    security = Security()
    roles = security.get_tls_config_for_role("client")
    files = [roles[part] for part in ("ca_file", "cert", "key")]
    if address.startswith("tls:") and not all(files[:2]):
        raise InputError(ADDRESS, address, f"a tls:// address with certificates in {_WANTED}")
    try:
        security.get_connection_args("client")
    except OSError as error:  # missing, or no certificates
        raise InputError(
            "certificates",
            ", ".join(filter(None, files)),
            f"PEM files that fit, in {_WANTED} ({type(error).__name__})",
        ) from None
    return security


async def identity(address: str, security: Security, seconds: float) -> dict[str, Any]:
    """What a scheduler says of itself and its workers.

    Args:
        address: of the scheduler.
        security: certificates for it.
        seconds: longest time to wait, in all.

    Raises:
        Exception: whatever came instead of an answer; TimeoutError for nothing.
    """
    arguments = security.get_connection_args("client")

    async def asked() -> dict[str, Any]:
        async with rpc(address, timeout=seconds, connection_args=arguments) as scheduler:
            answer: dict[str, Any] = await scheduler.identity(n_workers=-1)
            return answer

    return await asyncio.wait_for(asked(), seconds)
