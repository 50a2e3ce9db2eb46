"""Build what is released: the wheel, the sdist and the bill of materials, the same bytes each time.

``python -m tools.release [dist]``; with ``--sbom`` the bill alone. It builds from a copy
of what git tracks, with the time of the last commit (or ``SOURCE_DATE_EPOCH``) and the same
permissions for all files, so that neither a machine nor a checkout is seen in the outcome.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIBRARIES = ROOT / "tools" / "page_libraries"  # which fetches what the inspector's page ships
BUILDER = "setuptools==80.9.0"  # what it is built with is seen in the outcome


def main(arguments: list[str]) -> None:
    """Build into a folder, which is made where there is none."""
    wanted = [each for each in arguments if not each.startswith("--")]
    target = Path(wanted[0] if wanted else "dist")
    target.mkdir(parents=True, exist_ok=True)
    os.umask(0o022)  # it is in the permissions of what is unpacked and packed again
    epoch = (
        os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct").decode().strip()
    )
    environ = {**os.environ, "SOURCE_DATE_EPOCH": epoch}  # which build and cyclonedx go by
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        copy_tracked(source, int(epoch))
        built = Path(folder) / "built"
        constraint = Path(folder) / "constraint.txt"
        constraint.write_text(BUILDER + "\n")
        environ["PIP_CONSTRAINT"] = str(constraint)
        command = [sys.executable, "-m", "build", "--outdir", str(built)]
        subprocess.run([*command, str(source)], env=environ, stdout=subprocess.DEVNULL, check=True)
        (sdist,) = built.glob("*.tar.gz")
        sdist.write_bytes(repacked(sdist, int(epoch)))
        (wheel,) = built.glob("*.whl")
        if "--sbom" not in arguments:
            for file in (wheel, sdist):
                print(shutil.copy(file, target))
        if "--no-sbom" not in arguments:
            bill = bill_of_materials(wheel, Path(folder), environ)
            file = target / f"{wheel.name.split('-py3')[0]}.cdx.json"
            file.write_text(json.dumps(bill, indent=2) + "\n")
            print(file)


def copy_tracked(target: Path, epoch: int) -> None:
    """Copy the files that git tracks, as they are now."""
    for name in _git("ls-files", "-z").decode().split("\0"):
        file = ROOT / name
        if not name or not file.is_file():
            continue
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        copy.chmod(0o755 if os.access(file, os.X_OK) else 0o644)
        os.utime(copy, (epoch, epoch))


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout


def repacked(sdist: Path, epoch: int) -> bytes:
    """The bytes of an archive whose members are in order and say nothing of who packed them."""
    unpacked = io.BytesIO()
    with (
        tarfile.open(sdist) as before,
        tarfile.open(fileobj=unpacked, mode="w", format=tarfile.PAX_FORMAT) as after,
    ):
        for member in sorted(before.getmembers(), key=lambda each: each.name):
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime, member.pax_headers = epoch, {}
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            after.addfile(member, before.extractfile(member) if member.isfile() else None)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=epoch) as stream:
        stream.write(unpacked.getvalue())
    return packed.getvalue()


def bill_of_materials(wheel: Path, folder: Path, environ: Mapping[str, str]) -> dict[str, object]:
    """What an installed wheel is made of, as CycloneDX: its dependencies, and what it ships."""
    where = folder / "environment"
    venv.create(where, with_pip=False)
    python = where / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*pip, str(wheel)], check=True)
    listed = subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", str(python)],
        env=environ,
        stdout=subprocess.PIPE,
        check=True,
    )
    bill: dict[str, object] = json.loads(listed.stdout)
    components = bill["components"]
    assert isinstance(components, list)
    (ours,) = (each for each in components if each["name"] == "fakegraph")
    components.remove(ours)
    ours.pop("externalReferences", None)  # where it was installed from is this folder
    metadata = bill["metadata"]
    assert isinstance(metadata, dict)
    metadata["component"] = {**ours, "type": "application"}
    shipped = re.findall(r"^fetch (\S+) (\S+)$", LIBRARIES.read_text(), re.MULTILINE)
    components += [
        {
            "type": "library",
            "bom-ref": f"{name}=={version}",
            "name": name,
            "version": version,
            "purl": f"pkg:npm/{name}@{version}",
            "description": "shipped inside the wheel, for the inspector's page",
        }
        for name, version in sorted(shipped)
    ]
    return bill


if __name__ == "__main__":
    main(sys.argv[1:])
