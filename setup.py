"""What a wheel carries: the core and, inside it as _app, the app that lies at the top of this tree."""

from setuptools import find_packages, setup

APP = "autoencode_core._app"  # found again by autoencode_core/home.py

setup(
    script_name="setup.py",  # so that it is not taken for a module beside app.py
    packages=[
        *find_packages(include=["autoencode_core*"]),
        APP,
        *(f"{APP}.{name}" for name in find_packages(include=["pages*"])),
    ],
    package_dir={APP: "."},
    package_data={APP: [".streamlit/config.toml", "assets/**", "docs/**"]},
)
