"""Makes the certificate and the key of a cluster, for the dashboard, its scheduler and its workers alike.

    python tools/cluster_certificates.py FOLDER

Writes FOLDER/cert.pem and FOLDER/key.pem, which nobody else may read, valid for a year; what is there stays.
Whoever has the key may run code on the cluster.
"""

import os
import sys
from pathlib import Path

from distributed.security import Security


def write_certificates(folder: Path) -> bool:
    """Write both files where there are none yet; whether they were written."""
    if (folder / "cert.pem").exists():
        return False
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = Security.temporary().get_tls_config_for_role("client")
    for name, text in (("key.pem", own["key"]), ("cert.pem", own["cert"])):
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
    return True


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    written = write_certificates(Path(sys.argv[1]))
    print(f"{sys.argv[1]}: {'cert.pem and key.pem written' if written else 'cert.pem is there already'}")
