#!/bin/sh
# install.sh VENV REQUIREMENTS: makes the folder VENV a sound virtual environment that holds REQUIREMENTS.
# Python is the one that $PYTHON names, else the first suitable one on the PATH.
set -eu
venv=$1 requirements=$2
oldest=11 newest=14 # 3.x: what the pinned torch has builds for

give_up() {
    printf '\n' >&2
    printf '%s\n' "$@" >&2
    exit 1
}

suitable() { # a pyenv shim can be on the PATH and yet not run, so the interpreter itself is asked
    "$1" -c "import sys; sys.exit(not (3, $oldest) <= sys.version_info[:2] <= (3, $newest))" >/dev/null 2>&1
}

find_python() {
    bare='' found=''
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.14 python3.13 python3.12 python3.11 python
    fi
    for name; do
        if ! suitable "$name"; then
            found="$found$("$name" --version 2>/dev/null | sed "s|^|$name is |;s|\$|. |" || true)"
        elif "$name" -c 'import venv, ensurepip' 2>/dev/null; then
            python=$name
            return
        else
            bare=$name
        fi
    done
    [ -z "$bare" ] || give_up "$bare cannot make virtual environments: it lacks the modules venv and ensurepip." \
        "On Debian and Ubuntu, as root: apt-get install python3-venv" \
        "Or name another Python: make setup PYTHON=/path/to/python"
    give_up "Python 3.$oldest to 3.$newest is needed. ${found:-None was found ($*).}" \
        "Name one: make setup PYTHON=/path/to/python"
}

sound() { "$venv/bin/python" -c 'import sys, pip; sys.exit(sys.prefix == sys.base_prefix)' >/dev/null 2>&1; }

if ! sound; then # absent, or left half built
    find_python
    echo "Making $venv with $("$python" --version) …"
    "$python" -m venv --clear "$venv" || {
        rm -rf "$venv"
        give_up "$python could not make $venv; its words are above."
    }
fi
echo "Installing $requirements (a few minutes the first time) …"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r "$requirements" ||
    give_up "pip could not install $requirements; its words are above. Mend that and call make again."
"$venv/bin/python" -m pip --quiet check ||
    give_up "The packages in $venv do not fit together: make clean, then call make again."
