from __future__ import annotations

import os
from pathlib import Path
from zipfile import ZipFile

from batuta.packaging.archive import write_zip


def filled(folder: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}")
    return folder


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    names = ("b.py", "a/x.py", "a/y.txt")
    first = filled(tmp_path / "one", names)
    second = filled(tmp_path / "two", names[::-1])
    for file in second.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    (second / "b.py").chmod(0o755)

    sums = [write_zip(folder, tmp_path / f"{folder.name}.zip") for folder in (first, second)]

    assert sums[0] == sums[1]
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_another_content_gives_another_sum(tmp_path: Path) -> None:
    folder = filled(tmp_path / "one", ("a.py",))
    before = write_zip(folder, tmp_path / "x.zip")
    (folder / "a.py").write_text("another")

    assert write_zip(folder, tmp_path / "x.zip") != before


def test_whoever_unpacks_it_can_read_every_file(tmp_path: Path) -> None:
    folder = filled(tmp_path / "one", ("a/x.py", "b.py"))
    (folder / "b.py").chmod(0o600)
    write_zip(folder, tmp_path / "x.zip")

    with ZipFile(tmp_path / "x.zip") as archive:
        assert archive.namelist() == ["a/x.py", "b.py"]
        assert {(e.external_attr >> 16) & 0o777 for e in archive.infolist()} == {0o644}
        assert archive.read("a/x.py") == b"content of a/x.py"
