"""Checkpoints of others: nothing in a pickle is imported or executed."""

import copyreg
import os
import pathlib
import pickle
import subprocess
import zipfile

import pytest
import torch

from c2ser.checkpoints.pickles import StandIn, load_checkpoint
from c2ser.emotion2vec import Emotion2Vec
from c2ser.errors import InputError


def save_pickle(pickled: bytes, path: pathlib.Path, zipped: bool) -> None:
    """Writes a file as torch.save does, around a pickle of one's own."""
    if zipped:
        torch.save({}, path)
        with zipfile.ZipFile(path) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in entries.items():
                archive.writestr(name, pickled if name.endswith("/data.pkl") else content)
    else:
        torch.save({}, path, _use_new_zipfile_serialization=False)
        empty, legacy = pickle.dumps({}, 2), path.read_bytes()
        assert legacy.count(empty) == 1
        path.write_bytes(legacy.replace(empty, pickled))


class Reduced:
    """An object whose pickle calls a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def write_marker(path: str) -> None:
    pathlib.Path(path).write_text("run")


def gadgets(marker: pathlib.Path) -> dict[str, tuple[object, str]]:
    """Objects whose pickle writes ``marker`` when it is run, and what a refusal of them names."""
    code = f"open({str(marker)!r}, 'w').close()"
    return {
        "os.system": (Reduced(os.system, f"touch '{marker}'"), "posix.system"),
        "eval": (Reduced(eval, code), "builtins.eval"),
        "exec": (Reduced(exec, code), "builtins.exec"),
        "open": (Reduced(open, str(marker), "w"), "io.open"),
        "Popen": (Reduced(subprocess.Popen, ["touch", str(marker)]), "subprocess.Popen"),
        "torch.load": (Reduced(torch.hub.load, str(marker.parent), "hub", "", "local"), "torch.hub.load"),
        "nested": ({"a": [(1, {"b": Reduced(os.system, f"touch '{marker}'")})]}, "posix.system"),
        "getattr": (Reduced(getattr, Reduced(__import__, "os"), "system"), "builtins.__import__"),
    }


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("place", ["whole", "model", "weight", "cfg", "key"])
@pytest.mark.parametrize("name", list(gadgets(pathlib.Path("x"))))
def test_nothing_in_a_pickle_is_run(tmp_path, name, place, zipped):
    (tmp_path / "hubconf.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'w').close()")
    gadget, refused = gadgets(tmp_path / "marker")[name]
    weight = {"modality_encoders.AUDIO.alibi_scale": torch.ones(1)}
    checkpoint = {
        "whole": gadget,
        "model": {"model": gadget},
        "weight": {"model": {**weight, "a": gadget}},
        "cfg": {"cfg": gadget, "model": weight},
        "key": {"model": weight, ("a", Reduced(tuple, [gadget])): 1},
    }
    path = tmp_path / "a.pt"
    torch.save(checkpoint[place], path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(InputError) as error:
        Emotion2Vec.from_pretrained(path)
    assert str(path) in str(error.value) and refused in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "marker").exists()


def crafted(marker: str) -> dict[str, tuple[bytes, str | None]]:
    """Pickles by hand, and what a refusal of them names; None where nothing is refused and nothing is run."""
    command = f"touch '{marker}'".encode()
    text = b"X" + len(command).to_bytes(4, "little") + command
    path = b"X" + len(marker.encode()).to_bytes(4, "little") + marker.encode()
    writer = __name__.encode()
    return {
        "INST": (b"(S'" + command.replace(b"'", b"\\'") + b"'\nios\nsystem\n.", "os.system"),
        "OBJ": (b"(cos\nsystem\n" + text + b"o.", "OBJ"),
        "STACK_GLOBAL": (b"\x80\x04\x8c\x02os\x8c\x06system\x93" + text + b"\x85R.", "STACK_GLOBAL"),
        "EXT1": (b"\x80\x02\x82\xf0" + text + b"\x85R.", "EXT1"),
        "EXT4": (b"\x80\x02\x84\xf0\x00\x00\x00" + text + b"\x85R.", "EXT4"),
        "dotted, in Python 3.13": (b"\x80\x02cpathlib._local\nos.system\n" + text + b"\x85R.", "_local.os.system"),
        "dotted": (b"\x80\x02cpathlib\nos.system\n" + text + b"\x85R.", "pathlib.os.system"),
        "of a module in use": (b"\x80\x02c" + writer + b"\nwrite_marker\n" + path + b"\x85R.", None),
        "path of Python 3.13": (b"\x80\x02cpathlib._local\nPosixPath\n" + text + b"\x85R.", None),
        "method of a stand-in": (b"\x80\x02cabsent\nConfig.run\n" + text + b"\x85R.", None),
        "result called": (b"\x80\x02cabsent\nConfig\n" + text + b"\x85R" + text + b"\x85R.", "unrecognized function"),
        "item of a stand-in": (b"\x80\x02cabsent\nConfig\n)\x81" + text + text + b"s.", "Can only SETITEM"),
        "state of a class": (b"\x80\x02cabsent\nConfig\nN}X\x01\x00\x00\x00aK\x01s\x86b.", "Can only build"),
        "state of a function": (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}\x86b.", "Can only build"),
        "persistent module": (
            b"\x80\x02(X\x06\x00\x00\x00modulecabsent\nConfig\nX\x01\x00\x00\x00aX\x01\x00\x00\x00btQ.",
            "Only persistent_load of storage",
        ),
    }


def test_states_of_an_optimizer_and_a_scheduler_are_read(tmp_path):
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[3, 5])
    states = {"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}
    torch.save(states, tmp_path / "a.pt")
    assert load_checkpoint(tmp_path / "a.pt") == states


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", list(crafted("x")))
def test_no_operation_of_a_pickle_runs_anything(tmp_path, name, zipped):
    copyreg.add_extension("os", "system", 0xF0)
    try:
        pickled, refused = crafted(str(tmp_path / "marker"))[name]
        save_pickle(pickled, tmp_path / "a.pt", zipped)
        if refused is None:
            assert isinstance(load_checkpoint(tmp_path / "a.pt"), StandIn)
        else:
            with pytest.raises(InputError, match=refused) as error:
                load_checkpoint(tmp_path / "a.pt")
            assert "\n" not in str(error.value)
    finally:
        copyreg.remove_extension("os", "system", 0xF0)
    assert not (tmp_path / "marker").exists()
    assert not hasattr(StandIn, "a")


def test_the_gadgets_would_write_their_marker(tmp_path):
    """Else that no marker is there would prove nothing."""
    marker = tmp_path / "marker"
    for gadget in ("os.system", "eval", "exec", "open", "nested"):
        pickle.loads(pickle.dumps(gadgets(marker)[gadget][0], 2))
        marker.unlink()
    process = pickle.loads(pickle.dumps(gadgets(marker)["Popen"][0], 2))
    process.wait()
    marker.unlink()
    copyreg.add_extension("os", "system", 0xF0)
    for name in ("INST", "STACK_GLOBAL", "EXT1", "EXT4", "of a module in use"):
        pickle.loads(crafted(str(marker))[name][0])
        marker.unlink()
    copyreg.remove_extension("os", "system", 0xF0)
