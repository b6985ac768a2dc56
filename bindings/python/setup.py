"""Puts the built library into the wheel.

The library is taken from $SKUA_INSTALLED (a prefix that `make install PREFIX=...` filled), or built and
installed into build/python of the source tree that this folder stands in.
"""

import os
import pathlib
import re
import shutil
import subprocess

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # setuptools before 70.1
    from wheel.bdist_wheel import bdist_wheel

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent.parent


def version() -> str:
    header = TREE / "include" / "skua.h"
    found = re.search(r'SKUA_VERSION_TEXT\s+"([^"]+)"', header.read_text(encoding="utf-8"))
    if not found:
        raise SystemExit(f"{header}: no SKUA_VERSION_TEXT")
    return found.group(1)


def installed() -> pathlib.Path:
    given = os.environ.get("SKUA_INSTALLED")
    if given:
        return pathlib.Path(given)
    prefix = TREE / "build" / "python"
    subprocess.run(["make", "-C", str(TREE), "install", f"PREFIX={prefix}"], check=True)
    return prefix


class BuildWithLibrary(build_py):
    def run(self) -> None:
        super().run()
        prefix = installed()
        target = pathlib.Path(self.build_lib) / "skua" / "lib"
        shutil.rmtree(target, ignore_errors=True)
        (target / "skua").mkdir(parents=True)
        libraries = sorted(p for p in prefix.glob("lib*/**/libskua.so") if p.is_file())
        if not libraries:
            raise SystemExit(f"no libskua.so under {prefix}: run `make install PREFIX={prefix}` first")
        shutil.copy(libraries[0], target / "libskua.so")  # the file itself, not the link
        for other in (libraries[0].parent / "skua").glob("*.so*"):
            if other.name != "skua-mpi.so":  # mpirun starts the program, not an interpreter
                shutil.copy(other, target / "skua" / other.name)
        model = prefix / "share" / "skua" / "models" / "base.safetensors"
        if not model.is_file():
            raise SystemExit(f"no base model under {prefix}: run `make install PREFIX={prefix}` first")
        (target / "skua" / "models").mkdir()
        shutil.copy(model, target / "skua" / "models" / model.name)


class PlatformDistribution(Distribution):
    def has_ext_modules(self) -> bool:  # a wheel of this platform: it carries a library
        return True


class AnyPython(bdist_wheel):
    def get_tag(self) -> "tuple[str, str, str]":  # ctypes: any Python 3 of this platform
        return "py3", "none", super().get_tag()[2]


setup(version=version(), cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": AnyPython}, distclass=PlatformDistribution)
