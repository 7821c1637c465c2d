"""Folders and archives of real picture files: what is loaded, cached, refused."""

import contextlib
import io
import multiprocessing
import os
import re
import shutil
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vaelib import load_images
from vaelib.data import folders, picture_cache, picture_sets, pictures
from vaelib.data.images import load_pool


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache; files are old enough for their times to be trusted."""
    monkeypatch.setenv("VAELIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(folders, "UNSETTLED", 0)
    return tmp_path / "cache"


@pytest.fixture
def folder(draw, tmp_path):
    """Twenty pictures of two classes."""
    for i in range(20):
        draw(f"animals/{'cat' if i % 2 else 'dog'}/{i:02}.png", seed=i)
    return tmp_path / "animals"


@pytest.fixture
def decoded(monkeypatch):
    """Return a list to which every decoded picture is added."""
    calls, decode = [], pictures.decode

    def counted(content, size):
        calls.append(size)
        return decode(content, size)

    monkeypatch.setattr(pictures, "decode", counted)
    return calls


def pack(folder, path, prefix=""):
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in files:
                archive.write(file, f"{prefix}{file.relative_to(folder)}")
    else:
        with tarfile.open(path, f"w:{'' if path.suffix == '.tar' else 'gz'}") as archive:
            for file in reversed(files):  # not in the order of names
                archive.add(file, f"{prefix}{file.relative_to(folder)}")
    return path


def refused(source, line, **options):
    with pytest.raises(ValueError, match=f"^dataset: .*{line}") as error:
        load_images(source, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_folder_has_its_pictures_to_the_bit_and_its_labels(folder, capfd):
    pool = load_pool(folder)
    files = sorted(folder.rglob("*.png"))
    expected = np.stack([np.asarray(Image.open(file)) for file in files])
    np.testing.assert_array_equal(pool.images, expected.astype("float32") / np.float32(255))
    np.testing.assert_array_equal(pool.labels, [file.parent.name for file in files])
    assert (pool.name, pool.test, pool.skipped) == ("animals", None, ())
    assert pool.scale == "uint8, divided by 255, from pictures of 12 x 10 pixels"
    assert capfd.readouterr() == ("", "animals: 20 images from pictures of 12 x 10 pixels\n")


@pytest.mark.parametrize("name", ["own.zip", "own.tar", "own.tar.gz", "own.tgz"])
@pytest.mark.parametrize("prefix", ["", "animals/", "./a/b/"])
def test_an_archive_has_what_the_folder_has(folder, tmp_path, name, prefix):
    archive = pack(folder, tmp_path / name, prefix)
    pool = load_pool(archive)
    assert pool.name == "own"
    assert pool.fingerprint == load_pool(folder).fingerprint


def test_sets_of_the_source_are_kept(draw, tmp_path):
    for i in range(12):
        draw(f"own/{'test' if i > 8 else 'train'}/{i}.png", seed=i, mode="L")
    images = load_images(tmp_path / "own")
    assert [len(part) for part in (images.train, images.validation, images.test)] == [8, 1, 3]
    assert images.shape == (12, 10, 1)
    expected = [np.asarray(Image.open(tmp_path / f"own/test/{i}.png")) for i in (10, 11, 9)]
    np.testing.assert_allclose(images.test[..., 0], np.array(expected) / 255, rtol=1e-6)


@pytest.mark.parametrize(
    ("image_size", "shape"), [(None, (17, 17, 3)), (8, (8, 8, 3)), ([9, 20], (9, 20, 3))]
)
def test_mixed_sizes_and_kinds_become_one(draw, tmp_path, image_size, shape, capfd):
    for i in range(5):
        draw(f"own/{i}.png", size=(12 + 5 * i, 30), seed=i)
    draw("own/5.png", size=(17, 20), mode="L")
    draw("own/6.png", size=(17, 20), mode="RGBA")
    draw("own/7.tif", size=(17, 20), mode="CMYK")
    draw("own/8.png", size=(17, 20), mode="LA")
    draw("own/9.jpg", size=(17, 20))
    pool = load_pool(tmp_path / "own", image_size=image_size)
    assert (len(pool.images), pool.shape) == (10, shape)
    height, width, _ = shape
    chosen = "" if image_size else ", chosen from their sizes"
    line = (
        f"from pictures of 17 x 20 to 32 x 30 pixels, resized and centre-cropped to {height} x "
        f"{width}{chosen} (image_size, 8 to 128); transparency of 2 composited over white"
    )
    assert pool.scale.endswith(line)
    assert capfd.readouterr().err == f"own: 10 images {line}\n"


def test_hidden_files_and_other_kinds_are_left_out(draw, folder, tmp_path):
    before = load_pool(folder).fingerprint
    for name in (".hidden.png", "cat/._0.png", "__MACOSX/1.png", ".git/2.png"):
        draw(f"animals/{name}", seed=99)
    (folder / "Thumbs.db").write_text("")
    (folder / "cat" / "notes.txt").write_text("cats")
    assert load_pool(folder).fingerprint == before
    packed = pack(folder, tmp_path / "own.zip")
    assert load_pool(packed).fingerprint == before


def test_links_that_loop_end_and_links_to_pictures_count(draw, folder, tmp_path):
    before = load_pool(folder).fingerprint
    (folder / "cat" / "loop").symlink_to(folder)
    (folder / "cat" / "self").symlink_to("self")
    assert load_pool(folder).fingerprint == before
    (folder / "cat" / "linked.png").symlink_to(draw("elsewhere/1.png", seed=77))
    assert len(load_pool(folder).images) == 21


# What cannot be read, beside twenty good pictures, and why it is skipped.
def _text(path):
    path.write_text("no picture")


def _truncated(path):
    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), "uint8")
    Image.fromarray(noise).save(file, "JPEG")
    path.write_bytes(file.getvalue()[:-3000])


def _bomb(path):
    Image.new("1", (10_000, 10_000)).save(path, "PNG")


BROKEN = {
    "text": (_text, "no PNG, JPEG, TIFF, BMP, GIF, WEBP picture"),
    "empty": (lambda path: path.touch(), "no PNG"),
    "truncated": (_truncated, "truncated"),
    "bomb": (_bomb, "over 89,478,485 pixels"),
    "pipe": (os.mkfifo, "no regular file"),
    "loop": (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    "broken link": (lambda path: path.symlink_to("nowhere"), "No such file"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_picture_is_skipped_counted_and_listed(folder, kind, capfd):
    damage, reason = BROKEN[kind]
    before = load_pool(folder).fingerprint
    damage(folder / "cat" / "broken.png")
    pool = load_pool(folder)
    assert pool.fingerprint == before
    assert len(pool.skipped) == 1
    assert re.match(f"cat/broken.png: .*{reason}", pool.skipped[0])
    assert pool.scale.endswith("; 1 skipped, as they cannot be read")
    assert pool.split(0).skipped == pool.skipped
    assert capfd.readouterr().err.endswith("; 1 skipped, as they cannot be read\n")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("broken", "allowed"), [(2, True), (3, False)])
def test_more_than_a_tenth_unreadable_is_refused(folder, tmp_path, broken, allowed, packed):
    for i in range(broken):
        _text(folder / "cat" / f"a{i}.png")
    source = pack(folder, tmp_path / "own.zip") if packed else folder
    if allowed:
        assert len(load_pool(source).skipped) == 2
    else:
        refused(source, "3 of 23 pictures cannot be read .'cat/a0.png': no PNG.*at most a tenth")


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ([], "'own' has no pictures, it is empty; allowed: files of .bmp, "),
        (["a.heic", "b.heic", "c"], "no pictures; it has 1 without suffix, 2 .heic; allowed"),
        (["a.png"], "'own': 1 of 1 pictures cannot be read .'a.png': no PNG"),
    ],
)
def test_a_folder_without_pictures_says_what_it_has(tmp_path, files, line):
    (tmp_path / "own").mkdir()
    for name in files:
        (tmp_path / "own" / name).touch()
    refused(tmp_path / "own", line)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_too_few_pictures_are_refused(draw, tmp_path, count):
    for i in range(count):
        draw(f"own/{i}.png", seed=i)
    refused(tmp_path / "own", f"'own' has too few pictures: {count}; allowed: at least 6")


def test_equal_images_are_refused(draw, tmp_path):
    for i in range(9):
        draw(f"own/{i}.png")
    refused(tmp_path / "own", "'own' has 9 equal images; allowed: images that differ")


def test_a_20000_pixel_wide_picture_is_one_of_many(folder):
    Image.new("RGB", (20_000, 100), (9, 9, 9)).save(folder / "cat" / "wide.png")
    assert len(load_pool(folder).images) == 21


@pytest.mark.parametrize("name", ["../evil.png", "/evil.png", "a/../../evil.png", "C:\\evil.png"])
@pytest.mark.parametrize("suffix", ["zip", "tar"])
def test_paths_that_leave_an_archive_are_refused(folder, tmp_path, name, suffix):
    path = pack(folder, tmp_path / f"own.{suffix}")
    if suffix == "zip":
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, b"")
    else:
        with tarfile.open(path, "a") as archive:
            archive.addfile(tarfile.TarInfo(name))
    refused(path, "has a member '.*evil.png'; allowed: members inside")
    assert not (tmp_path / "evil.png").exists()


def test_links_in_an_archive_are_skipped(folder, tmp_path):
    path = pack(folder, tmp_path / "own.tar")
    with tarfile.open(path, "a") as archive:
        link = tarfile.TarInfo("cat/linked.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert load_pool(path).skipped == ("cat/linked.png: a link or folder",)


@pytest.mark.parametrize("content", ["text", "nothing", "half"])
@pytest.mark.parametrize("name", ["own.zip", "own.tar", "own.tar.gz"])
def test_what_is_no_archive_is_refused_in_one_line(folder, tmp_path, name, content):
    path = pack(folder, tmp_path / name)
    whole = path.read_bytes()
    path.write_bytes(
        {"text": b"hello" * 200, "nothing": b""}.get(content, whole[: len(whole) // 2])
    )
    refused(path, "is no zip or tar archive|pictures cannot be read")


def test_a_member_that_would_fill_the_memory_is_skipped(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("vaelib.data.archives._LARGEST", 10_000)
    (folder / "cat" / "huge.png").write_bytes(b"\0" * 10_001)
    path = pack(folder, tmp_path / "own.zip")
    assert load_pool(path).skipped == ("cat/huge.png: 10,001 bytes, more than 10,000",)


@pytest.mark.parametrize(
    "name", ["two words", 'it\'s "q"', "字母 Ä", "-dash", "b\udce4d", "two\nlines", "<script>"]
)
def test_a_folder_and_its_pictures_may_have_any_name(draw, tmp_path, name, capfd):
    for i in range(9):
        draw(f"own/{name}/{name}/{i} {name}.png", seed=i)
    _text(tmp_path / "own" / name / name / f"10 {name}.png")
    pool = load_pool(tmp_path / "own" / name)
    assert len(pool.images) == 9
    (line,) = pool.skipped
    assert line.isprintable()
    assert line.endswith("WEBP picture")
    assert capfd.readouterr().err.count("\n") == 1


def test_the_second_load_decodes_nothing(folder, decoded):
    first = load_pool(folder)
    assert len(decoded) == 20
    second = load_pool(folder)
    assert len(decoded) == 20
    assert (first.fingerprint, first.scale) == (second.fingerprint, second.scale)
    np.testing.assert_array_equal(first.labels, second.labels)
    load_pool(folder, image_size=9)
    assert len(decoded) == 40


def test_a_copy_of_a_folder_is_known_by_its_content(folder, tmp_path, decoded):
    load_pool(folder)
    shutil.copytree(folder, tmp_path / "copy")
    load_pool(tmp_path / "copy")
    assert len(decoded) == 20


@pytest.mark.parametrize("change", ["pixels", "new", "deleted", "renamed", "replaced"])
@pytest.mark.parametrize("settled", [True, False])
def test_a_changed_folder_is_never_served(draw, folder, monkeypatch, change, settled):
    """Not even with the size and the time of the file that it replaces."""
    if not settled:
        monkeypatch.setattr(folders, "UNSETTLED", 3600 * 10**9)
    before = load_pool(folder).fingerprint
    file = folder / "cat" / "01.png"
    if change in ("pixels", "replaced"):
        stamp = file.stat()
        content = bytearray(Image.open(file).tobytes())
        content[0] ^= 1
        changed = Image.frombytes("RGB", (10, 12), bytes(content))
        target = file if change == "pixels" else folder.parent / "new.png"
        changed.save(target, "PNG")
        os.utime(target, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        target.replace(file)
    elif change == "new":
        draw("animals/cat/99.png", seed=99)
    elif change == "deleted":
        file.unlink()
    else:
        file.rename(folder / "dog" / "01.png")
    after = load_pool(folder)
    assert after.fingerprint != before


@pytest.mark.parametrize(("times", "walks"), [(1, 2), (2, 3)])
def test_a_new_folder_is_walked_twice_and_a_known_one_once(folder, monkeypatch, times, walks):
    """The second time tells whether the folder changed while it was read."""
    walked, walk = [], os.walk
    monkeypatch.setattr(folders.os, "walk", lambda *a, **b: walked.append(1) or walk(*a, **b))
    for _ in range(times):
        load_pool(folder)
    assert len(walked) == walks


@contextlib.contextmanager
def without_privileges():
    """Be a user who may not read everything, as root may."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def public(folder):
    """The folder of pictures where every user may enter."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        yield shutil.copytree(folder, Path(place) / "animals")


@pytest.mark.parametrize(
    ("forbidden", "line"),
    [
        ("cat/01.png", "cat/01.png: Permission denied"),
        ("cat", "cat: Permission denied"),
    ],
)
def test_what_may_not_be_read_is_skipped(public, forbidden, line):
    before = load_pool(public)
    (public / forbidden).chmod(0)
    with without_privileges():
        pool = load_pool(public)
    (public / forbidden).chmod(0o755)
    assert pool.skipped == (line,)
    assert len(pool.images) == len(before.images) - (1 if "/" in forbidden else 10)


@pytest.mark.parametrize("packed", [False, True])
def test_a_source_that_may_not_be_read_is_refused(public, packed):
    load_pool(public)  # modules are imported by root
    source = pack(public, public.parent / "own.zip") if packed else public
    source.chmod(0)
    with without_privileges():
        refused(source, "Permission denied")
    source.chmod(0o755)


def test_a_folder_that_changes_while_it_is_read_is_refused(draw, folder, monkeypatch):
    decode = picture_sets._decode

    def changed_meanwhile(*args):
        found = decode(*args)
        draw("animals/cat/99.png", seed=99)
        return found

    monkeypatch.setattr(picture_sets, "_decode", changed_meanwhile)
    refused(folder, "'animals' changed while it was read; allowed: pictures at rest")


@pytest.mark.parametrize("damage", ["facts.json", "pixels.npy", "half", "all"])
def test_a_damaged_entry_is_made_anew(folder, cache, decoded, damage):
    before = load_pool(folder).fingerprint
    (entry,) = (cache / "pictures").iterdir()
    if damage == "all":
        shutil.rmtree(cache)
    elif damage == "half":
        os.truncate(entry / "pixels.npy", 200)
    else:
        (entry / damage).unlink()
    assert load_pool(folder).fingerprint == before
    assert len(decoded) == 40
    load_pool(folder)
    assert len(decoded) == 40


def test_without_a_place_for_the_cache_pictures_are_loaded(folder, cache, monkeypatch):
    cache.write_text("no folder")
    assert len(load_pool(folder).images) == 20


def test_entries_are_limited_to_those_last_used(folder, cache, monkeypatch):
    monkeypatch.setattr(picture_cache, "ENTRIES", 2)
    for size in (8, 9, 8, 10):
        load_pool(folder, image_size=size)
        time.sleep(0.02)
    kept = {np.load(entry / "pixels.npy").shape[1] for entry in (cache / "pictures").iterdir()}
    assert kept == {8, 10}


def _load(folder, barrier, results):
    barrier.wait()
    results.put(load_pool(folder).fingerprint)


def test_processes_at_the_same_time_agree(folder, cache):
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(3), context.Queue()
    processes = [context.Process(target=_load, args=(folder, barrier, results)) for _ in range(3)]
    for process in processes:
        process.start()
    prints = {results.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
    assert prints == {load_pool(folder).fingerprint}
    assert len(list((cache / "pictures").iterdir())) == 1


@pytest.mark.parametrize("size", [7, 129, 8.5, [8], [8, 8, 3], [8, 200], "8", True, 0])
def test_a_size_that_is_not_allowed_is_refused(folder, size):
    with pytest.raises(ValueError, match="^image_size: .* is not allowed; allowed: a whole number"):
        load_images(folder, image_size=size)
