import stat
import struct
import zipfile
from zipfile import ZipFile, ZipInfo

import pytest

from ganlib.data.archive import LIMIT, Archive, open_archive
from ganlib.support.errors import UserError
from tests.data import archive


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_entry_reads_as_zipfile_reads_it(tmp_path, compression):
    path = archive.pack(tmp_path / "a.zip", {f"deep/{i}.jpg": bytes([i]) * 1000 * i for i in range(5)}, compression)
    with open_archive(path) as ours, ZipFile(path) as theirs:
        assert list(ours.entries) == theirs.namelist()
        assert [ours.read(name) for name in ours.entries] == [theirs.read(name) for name in theirs.namelist()]


def test_zip_of_more_than_65535_entries_is_read(tmp_path):
    path = archive.pack(tmp_path / "many.zip", {f"{i}": b"%d" % i for i in range(65_600)})
    with open_archive(path) as whole:
        assert (len(whole.entries), whole.read("65599")) == (65_600, b"65599")


def refused(path, entry):
    with pytest.raises(UserError, match="refused") as error:
        Archive(path)
    assert str(error.value).startswith(f"{path}: refused: the entry {entry!r} ")
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", ["../out.jpg", "/etc/out.jpg", "a/../../out.jpg", "..\\out.jpg", "C:\\out.jpg"])
def test_entry_that_points_outside_is_refused_by_name(tmp_path, name):
    assert "outside" in refused(archive.pack(tmp_path / "a.zip", {"fine.jpg": b"1", name: b"2"}), name)


def test_symbolic_link_is_refused_by_name(tmp_path):
    link = ZipInfo("link.jpg")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with ZipFile(tmp_path / "a.zip", "w") as whole:
        whole.writestr(link, "/etc/passwd")
    assert "symbolic link" in refused(tmp_path / "a.zip", "link.jpg")


def test_encrypted_entry_is_refused_by_name(tmp_path):
    path = archive.pack(tmp_path / "a.zip", {"secret.jpg": b"1"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1  # bit 0 of the general purpose flags: .ZIP APPNOTE 4.4.4
    path.write_bytes(data)
    assert "encrypted" in refused(path, "secret.jpg")


def test_bomb_is_refused_by_name_before_a_byte_of_it_is_unpacked(tmp_path):
    path = archive.pack(tmp_path / "a.zip", {"bomb.jpg": b"\0" * (LIMIT + 1)}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10**6
    assert f"claims {LIMIT + 1:,} bytes" in refused(path, "bomb.jpg")


def test_bomb_that_lies_about_its_size_is_cut_short(tmp_path):
    path = archive.pack(tmp_path / "a.zip", {"bomb.jpg": b"\0" * 10**7}, zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    struct.pack_into("<L", data, data.index(b"PK\1\2") + 24, 5000)  # the uncompressed size
    path.write_bytes(data)
    with open_archive(path) as whole, pytest.raises(ValueError, match="unpacks to more than the 5000 bytes"):
        whole.read("bomb.jpg")


def test_flipped_bit_is_found_by_the_checksum(tmp_path):
    path = archive.pack(tmp_path / "a.zip", {"a.jpg": b"picture" * 100})
    data = bytearray(path.read_bytes())
    data[300] ^= 4
    path.write_bytes(data)
    with open_archive(path) as whole, pytest.raises(ValueError, match="wrong checksum"):
        whole.read("a.jpg")


@pytest.mark.parametrize("keep", [0, 10, 500, -30])
def test_zip_cut_short_is_one_line(tmp_path, keep):
    path = archive.pack(tmp_path / "a.zip", {"a.jpg": b"picture" * 100})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match="is no whole zip"):
        Archive(path)


def test_unusual_compression_is_refused_by_name(tmp_path):
    assert "compressed by method 14" in refused(archive.pack(tmp_path / "a.zip", {"a.jpg": b"1"}, zipfile.ZIP_LZMA), "a.jpg")
