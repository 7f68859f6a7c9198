"""Where on this machine data sets may lie already, and where packs are kept; nothing is opened here."""

import os
import sys
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the folder for what can be made again: LINNET_CACHE, or the system's place for caches."""
    chosen = os.environ.get("LINNET_CACHE", "").strip()
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("linnet"))


def places() -> tuple[Path, ...]:
    """List the folders in which named sets are looked for, in order; they need not exist.

    LINNET_DATA (several folders are separated as in PATH), where the operating system's packages put data sets,
    torchvision's cache, and last the folder into which Linnet downloads.
    """
    chosen = [Path(text).expanduser() for text in os.environ.get("LINNET_DATA", "").split(os.pathsep) if text.strip()]
    torch_home = Path(os.environ.get("TORCH_HOME") or _cache_home() / "torch").expanduser()
    return (*chosen, *_system_places(), torch_home / "datasets" / "vision", cache_folder() / "datasets")


def _cache_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _system_places() -> list[Path]:
    """Debian's packages put their sets under /usr/share/datasets, one of the folders of XDG_DATA_DIRS."""
    if sys.platform == "win32":
        return [Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "datasets"]
    folders = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [Path(folder) / "datasets" for folder in folders.split(":") if folder]
