#!/bin/sh
# Starts a command in a container: start_in_container.sh FOLDER COMMAND ...
# FOLDER holds the loops that were compiled with the image; they are copied to where numba may write.
set -eu
compiled=$1
shift
[ -d "$NUMBA_CACHE_DIR" ] || cp -R "$compiled" "$NUMBA_CACHE_DIR" || echo "loops are compiled anew" >&2
exec "$@"
