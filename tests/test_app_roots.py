"""Only a file under the folder that is served can be named from outside."""

import pytest

from tpfdash.app.roots import labelled, resolve, without_folders
from tpfdash.errors import TPFError


@pytest.fixture
def root(tmp_path):
    """A folder to be served, with files, and a secret beside it."""
    root = tmp_path / "served"
    (root / "deeper").mkdir(parents=True)
    for name in ("good.fits", "deeper/good too.fits", "50%25.fits", "100% sure.fits"):
        (root / name).write_text("x")
    (tmp_path / "secret.fits").write_text("x")
    (tmp_path / "served-too").mkdir()
    (tmp_path / "served-too" / "secret.fits").write_text("x")
    (root / "link.fits").symlink_to(tmp_path / "secret.fits")
    (root / "folder").symlink_to(tmp_path)
    (root / "inner.fits").symlink_to(root / "good.fits")
    return root


@pytest.mark.parametrize(
    "name",
    [
        "good.fits",
        "./good.fits",
        "deeper/good too.fits",
        "deeper/../good.fits",
        "inner.fits",
        "50%25.fits",
        "100% sure.fits",
    ],
)
def test_a_file_of_the_folder_is_found(root, name):
    path = resolve(name, root)
    assert path.is_file() and path.is_relative_to(root)


@pytest.mark.parametrize(
    "name",
    [
        "../secret.fits",
        "deeper/../../secret.fits",
        "../served-too/secret.fits",
        "..%2fsecret.fits",
        "%2e%2e/secret.fits",
        "..%252fsecret.fits",
        "..\\secret.fits",
        "OUTSIDE/secret.fits",
        "/etc/passwd",
        "//etc/passwd",
        "~/secret.fits",
        "link.fits",
        "folder/secret.fits",
        "file:OUTSIDE/secret.fits",
        "file:///etc/passwd",
        "http://localhost/secret.fits",
        "simplecache::file:///etc/passwd",
        "zip://a.fits::/etc/passwd",
        "missing.fits",
        "deeper",
        "",
        ".",
        "a\0b.fits",
        "x" * 3000,
        "<img src=x onerror=alert(1)>",
    ],
)
def test_anything_else_is_refused(root, name):
    name = name.replace("OUTSIDE", str(root.parent))
    with pytest.raises(TPFError, match="there is no file") as told:
        resolve(name, root)
    assert str(root) not in str(told.value).replace(repr(name), "")


def test_without_a_folder_nothing_can_be_named():
    with pytest.raises(TPFError, match="--root"):
        resolve("good.fits", None)


def test_a_browser_is_not_told_of_folders(root):
    error = TPFError(f"{root}/good.fits is no target pixel file.")
    assert str(without_folders(error, root / "good.fits")) == "good.fits is no target pixel file."


@pytest.fixture
def roots(root, tmp_path):
    """Two folders that are served, both with a good.fits, of one name."""
    other = tmp_path / "elsewhere" / "served"
    other.mkdir(parents=True)
    (other / "good.fits").write_text("y")
    return [root, other]


def test_files_of_several_folders_have_the_folders_name(root, roots):
    assert resolve("served/good.fits", roots) == root / "good.fits"
    assert resolve("served (2)/good.fits", roots) == roots[1] / "good.fits"
    assert list(labelled(roots)) == ["served", "served (2)"]
    assert labelled([root, root]) == labelled(root) == {"": root}


@pytest.mark.parametrize(
    "name",
    [
        "good.fits",
        "served/../served (2)/good.fits",
        "served/../../secret.fits",
        "served//etc/passwd",
        "served/link.fits",
        "served (3)/good.fits",
        "served (2)",
    ],
)
def test_and_nothing_beside_them_can_be_named(roots, name):
    with pytest.raises(TPFError, match="there is no file"):
        resolve(name, roots)


def test_a_root_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(TPFError, match="--root is .*missing"):
        labelled([tmp_path, tmp_path / "missing"])


def test_a_message_repeats_no_more_of_a_name_than_it_has_to(root):
    with pytest.raises(TPFError) as told:
        resolve("x" * 10**6, root)
    assert len(str(told.value)) < 400
