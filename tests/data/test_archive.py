import random
import stat
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from zipfile import ZipFile, ZipInfo

import pytest

from ganlib.data.archive import LIMIT, Archive
from ganlib.support.errors import UserError
from tests.data import archive


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_entry_reads_as_zipfile_reads_it(tmp_path, compression):
    path = archive.pack(tmp_path / "a.zip", {f"deep/{i}.jpg": bytes([i]) * 1000 * i for i in range(5)}, compression)
    with Archive(path) as ours, ZipFile(path) as theirs:
        assert list(ours.entries) == theirs.namelist()
        assert [ours.read(name) for name in ours.entries] == [theirs.read(name) for name in theirs.namelist()]


def test_zip_of_more_than_65535_entries_is_read(tmp_path):
    path = archive.pack(tmp_path / "many.zip", {f"{i}": b"%d" % i for i in range(65_600)})
    with Archive(path) as whole:
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


def test_name_with_a_colon_is_no_path_outside(tmp_path):
    name = "2020-01-01 12:30:00.jpg"
    with Archive(archive.pack(tmp_path / "a.zip", {name: b"1"})) as found:
        assert found.read(name) == b"1"


def test_symbolic_link_is_refused_by_name(tmp_path):
    link = ZipInfo("link.jpg")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with ZipFile(tmp_path / "a.zip", "w") as whole:
        whole.writestr(link, "/etc/passwd")
    assert "symbolic link" in refused(tmp_path / "a.zip", "link.jpg")


def test_encrypted_entry_is_refused_by_name(tmp_path):
    path = archive.pack(tmp_path / "a.zip", {"secret.jpg": b"1"})
    archive.flip(path, b"PK\1\2", 8)  # bit 0 of the general purpose flags: .ZIP APPNOTE 4.4.4
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
    with Archive(path) as whole, pytest.raises(ValueError, match="the zip is damaged: Bad CRC-32"):
        whole.read("bomb.jpg")


def test_flipped_bit_is_found_by_the_checksum(tmp_path):
    path = archive.flip(archive.pack(tmp_path / "a.zip", {"a.jpg": b"picture" * 100}), b"picture", 300, 4)
    with Archive(path) as whole, pytest.raises(ValueError, match="the zip is damaged: Bad CRC-32"):
        whole.read("a.jpg")


@pytest.mark.parametrize("keep", [0, 10, 500, -30])
def test_zip_cut_short_is_one_line(tmp_path, keep):
    path = archive.pack(tmp_path / "a.zip", {"a.jpg": b"picture" * 100})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match="not a complete zip"):
        Archive(path)


def test_unusual_compression_is_refused_by_name(tmp_path):
    assert "compression method 14" in refused(archive.pack(tmp_path / "a.zip", {"a.jpg": b"1"}, zipfile.ZIP_LZMA), "a.jpg")


def test_threads_read_one_archive_at_once(tmp_path):
    files = {f"{i}": bytes([i]) * 5000 for i in range(200)}
    path = archive.pack(tmp_path / "a.zip", files, zipfile.ZIP_DEFLATED)
    with Archive(path) as whole, ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert list(pool.map(whole.read, files)) == list(files.values())


def test_file_that_cannot_be_opened_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r": Is a directory$"):
        Archive(tmp_path)


@pytest.mark.parametrize("offset", [2**31, 2**63 - 1, 2**64 - 1])
def test_entry_beyond_the_end_of_the_zip_is_damage(tmp_path, offset):
    """Its directory has the offset in a ZIP64 field: .ZIP APPNOTE 4.5.3."""
    path = archive.pack(tmp_path / "a.zip", {"a.jpg": b"picture"})
    data = path.read_bytes()
    start = data.index(b"PK\1\2")
    entry = bytearray(data[start : data.index(b"PK\5\6")])
    struct.pack_into("<H", entry, 30, 12)  # length of the extra field
    struct.pack_into("<L", entry, 42, 2**32 - 1)
    entry += struct.pack("<HHQ", 1, 8, offset)
    path.write_bytes(data[:start] + entry + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entry), start, 0))
    with Archive(path) as whole, pytest.raises(ValueError, match="the zip is damaged"):
        whole.read("a.jpg")


def test_no_damage_ends_in_another_error(tmp_path):
    """3,000 zips with up to four random bytes changed: refused, or read as they are or as damaged."""
    path = archive.pack(tmp_path / "a.zip", {"a.jpg": b"picture" * 9, "deep/b.txt": b"table" * 9}, zipfile.ZIP_DEFLATED)
    data, rng, ends = path.read_bytes(), random.Random(0), set()
    for _ in range(3000):
        changed = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            changed[rng.randrange(len(data))] = rng.choice([0, 1, 255, rng.randrange(256)])
        path.write_bytes(changed)
        try:
            with Archive(path) as whole:
                for name in whole.entries:
                    whole.read(name)
            ends.add("read")
        except (UserError, ValueError) as error:
            ends.add(type(error).__name__)
    assert ends == {"read", "UserError", "ValueError"}
