"""Specs of components that a module registers, in workers that have not imported it: the spec takes the module along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.sampling import rest_slow

from .programs import run_program

if TYPE_CHECKING:
    from pathlib import Path

METHODS = ["spawn", pytest.param("forkserver", marks=pytest.mark.slow)]

SHARED = """
    from typing import Any
    from terraregistry import MultiSourceRegistry, Registry

    R = Registry[Any]()
    M = MultiSourceRegistry[Any](shared=R)


    def registered(constructor):
        '''Register as a project does that has a decorator of its own.'''
        R.register(constructor, name=constructor.__name__.lower())
        return constructor
"""

DRAWN = """
    class Drawn:
        '''Defined here, and registered elsewhere.'''

        def __init__(self, size: int = 1, inner=None) -> None:
            self.size = size
            self.inner = inner
"""

MY_NETS = """
    from shared_registry import M, R, registered
    from drawn import Drawn
    from terraregistry import BACKBONE_REGISTRY, Registry, TERRATORCH_NECK_REGISTRY


    @TERRATORCH_NECK_REGISTRY.register(aliases=["MyOldNeck"])
    class MyNeck:
        def __init__(self, channels: list[int], size: int = 1) -> None:
            self.size = size

        def process_channel_list(self, channel_list):
            return channel_list

        def forward(self, features):
            return features

        __call__ = forward


    class MyBackbone:
        out_channels = [1]

        def __init__(self, size: int = 1) -> None:
            self.size = size

        def forward(self, x):
            return [x]

        __call__ = forward


    @registered
    class Decorated(Drawn):
        pass


    R.register(Drawn, aliases=["sketched"])
    R.register_lazy("lazily", "drawn:Drawn")
    OWN = Registry(mine=MyBackbone)
    BACKBONE_REGISTRY.register_source("mine", OWN)
    M.register_source("private", Registry(mine=MyBackbone))
"""

JOBS = """
    import sys

    from terraregistry import ComponentSpec
    from terraregistry.errors import ComponentNotFoundError, RegistryError


    def loaded():
        return "my_nets" in sys.modules


    def build(spec):
        product = spec.build()
        inner = getattr(product, "inner", None)
        return [type(product).__module__, type(product).__name__, product.size, inner and build(inner)]


    def build_all(specs):
        return {name: build(spec) for name, spec in specs.items()}


    def passed_on(spec):
        '''Unpickled here, and pickled again, without being built.'''
        return repr(spec), spec


    def failing(build):
        '''What an error says, its facts included; a build that works fails.'''
        try:
            build()
        except ComponentNotFoundError as error:
            by, at, _ = error.registration or (None, None, None)
            return [isinstance(error, KeyError), error.name, by, at, str(error)]
        raise AssertionError("it was built")


    def from_dict(data):
        import shared_registry  # whose registries the data names

        try:
            ComponentSpec.from_dict(data)
        except RegistryError as error:
            return [type(error).__name__, getattr(error, "name", None), loaded(), "drawn" in sys.modules]
        raise AssertionError("it was found")
"""

MODULES = {"shared_registry.py": SHARED, "drawn.py": DRAWN, "my_nets.py": MY_NETS, "jobs.py": JOBS}

SPECS = """
    def specs():
        import my_nets
        from shared_registry import M, R
        from terraregistry import BACKBONE_REGISTRY, NECK_REGISTRY, TERRATORCH_NECK_REGISTRY

        neck = TERRATORCH_NECK_REGISTRY.validate("MyNeck", [1], size=2)
        return {
            "neck": neck,
            "in a source": NECK_REGISTRY.validate("MyNeck", [1], size=3),
            "qualified": NECK_REGISTRY.validate("terratorch_MyNeck", [1], size=4),
            "alias": NECK_REGISTRY.validate("MyOldNeck", [1], size=5),
            "mounted": BACKBONE_REGISTRY.validate("mine_mine", size=6),
            "mounted, bare": M.validate("mine", size=7),
            "its own": my_nets.OWN.validate("mine", size=8),
            "of another module": R.validate("Drawn", size=9),
            "alias of another module": M.validate("sketched", size=10),
            "lazy": R.validate("lazily", size=11),
            "decorated": M.validate("decorated", size=12),
            "inside": R.validate("Drawn", size=13, inner=neck),
        }
"""

BUILT = {
    "neck": ["my_nets", "MyNeck", 2, None],
    "in a source": ["my_nets", "MyNeck", 3, None],
    "qualified": ["my_nets", "MyNeck", 4, None],
    "alias": ["my_nets", "MyNeck", 5, None],
    "mounted": ["my_nets", "MyBackbone", 6, None],
    "mounted, bare": ["my_nets", "MyBackbone", 7, None],
    "its own": ["my_nets", "MyBackbone", 8, None],
    "of another module": ["drawn", "Drawn", 9, None],
    "alias of another module": ["drawn", "Drawn", 10, None],
    "lazy": ["drawn", "Drawn", 11, None],
    "decorated": ["my_nets", "Decorated", 12, None],
    "inside": ["drawn", "Drawn", 13, ["my_nets", "MyNeck", 2, None]],
}


@pytest.mark.parametrize("name", rest_slow(BUILT, "mounted", "alias of another module", "lazy", "inside"))
def test_a_pickled_spec_is_built_in_a_fresh_process(tmp_path: Path, pickled: Path, name: str) -> None:
    program = """
        import json, pickle, sys
        import jobs

        before = jobs.loaded()
        with open(sys.argv[1], "rb") as file:
            spec = pickle.load(file)
        print(json.dumps([before, jobs.build(spec)]))
    """
    assert run_program(tmp_path, {**MODULES, "main.py": program}, str(pickled / f"{name}.pickle")) == [
        False,
        BUILT[name],
    ]


@pytest.fixture(scope="module")
def pickled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write each spec into a file; every second is a copy, or has been on a journey already."""
    folder = tmp_path_factory.mktemp("pickled")
    program = (
        SPECS
        + """
    import copy, json, pickle

    for index, (name, spec) in enumerate(specs().items()):
        spec = [lambda: spec, lambda: copy.deepcopy(spec), lambda: pickle.loads(pickle.dumps(spec))][index % 3]()
        with open(name + ".pickle", "wb") as file:
            pickle.dump(spec, file, protocol=2 + index % 4)
    print(json.dumps(None))
    """
    )
    import os

    program = f"    import os; os.chdir({os.fspath(folder)!r})\n" + program
    run_program(folder, {**MODULES, "main.py": program})
    return folder


CHILDREN = (
    SPECS
    + """
    import json, multiprocessing, sys
    from concurrent.futures import ProcessPoolExecutor
    import jobs

    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        all_of_them = specs()
        with context.Pool(1) as pool:
            found = [pool.apply(jobs.loaded), pool.apply(jobs.build_all, (all_of_them,))]
        with ProcessPoolExecutor(1, mp_context=context) as executor:
            found += [executor.submit(jobs.loaded).result(), [*executor.map(jobs.build, all_of_them.values())]]
        print(json.dumps(found))
"""
)


@pytest.mark.parametrize("method", METHODS)
def test_specs_are_built_in_children_that_have_not_imported_the_module(tmp_path: Path, method: str) -> None:
    found = run_program(tmp_path, {**MODULES, "main.py": CHILDREN}, method)
    assert found == [False, BUILT, False, [*BUILT.values()]]


def test_from_dict_imports_nothing(tmp_path: Path) -> None:
    program = (
        SPECS
        + """
    import json, multiprocessing
    import jobs

    if __name__ == "__main__":
        everything = {name: spec.to_dict() for name, spec in specs().items() if name != "inside"}
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = [pool.apply(jobs.from_dict, (data,)) for data in everything.values()]
            keys = sorted({key for data in everything.values() for key in data})
        print(json.dumps([keys, [data["name"] for data in everything.values()], found]))
    """
    )
    keys, names, found = run_program(tmp_path, {**MODULES, "main.py": program})
    assert keys == ["args", "kwargs", "name", "registry"]
    not_loaded = names.index("mine")  # neither is the registry
    assert found.pop(not_loaded) == ["RegistryError", None, False, False]
    del names[not_loaded]
    assert found == [["ComponentNotFoundError", name, False, False] for name in names]


# -- what no import can help --

IN_MAIN = """
    import json, multiprocessing, sys
    from concurrent.futures import ProcessPoolExecutor
    from jobs import build, failing, passed_on
    from shared_registry import M, R
    from terraregistry import Registry

    class Net:
        size = 1

    def register():
        R.register(Net, aliases=["network"])

    def ask(spec):
        '''Let workers of each sort build a spec; what the error says to them, and what comes back.'''
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as pool:
            found = [pool.apply(failing, (spec.build,)), failing(lambda: pool.apply(build, (spec,)))]
            text, back = pool.apply(passed_on, (spec,))
        with ProcessPoolExecutor(1, mp_context=context) as executor:
            found.append(failing(executor.submit(build, spec).result))
            found.append(failing(executor.submit(build, back).result))
        return [found, text == repr(spec), back == spec and build(back)[1:3]]

    if __name__ == "__main__":
        if sys.argv[1] == "guarded":
            R.register(Net)
            spec = R.validate("Net")
        elif sys.argv[1] == "function":
            register()
            spec = M.validate("network")
        else:
            M.register_source("mounted", Registry(Net=Net))
            spec = M.validate("Net")
        print(json.dumps(ask(spec)))
"""


@pytest.mark.parametrize(
    ("where", "line", "name"),
    [
        ("guarded", "        R.register(Net)", "Net"),
        pytest.param("function", '    R.register(Net, aliases=["network"])', "shared_network", marks=pytest.mark.slow),
        pytest.param(
            "mounted", '        M.register_source("mounted", Registry(Net=Net))', "mounted_Net", marks=pytest.mark.slow
        ),
    ],
)
def test_what_only_the_main_program_registers_is_said_to_be(tmp_path: Path, where: str, line: str, name: str) -> None:
    found, same_text, back = run_program(tmp_path, {**MODULES, "main.py": IN_MAIN}, where)
    assert same_text
    assert back == ["Net", 1]
    main = tmp_path / "main.py"
    at = f"{main}:{main.read_text().splitlines().index(line) + 1}"
    assert len(found) == 4
    for is_key_error, missing, by, where_registered, text in found:
        assert is_key_error
        assert missing in {name, name.partition("_")[2]}
        assert (by, where_registered) == ("__main__", at)
        assert "__main__" in text
        assert at in text
        assert "importable module" in text


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("form", rest_slow(["file", "-m"], "file"))
def test_what_the_main_program_registers_as_it_runs_is_found(tmp_path: Path, form: str, method: str) -> None:
    program = """
        import json, multiprocessing, sys
        from concurrent.futures import ProcessPoolExecutor
        from jobs import build
        from shared_registry import M, R
        from terraregistry import NECK_REGISTRY, Registry, TERRATORCH_NECK_REGISTRY

        @R.register(aliases=["network"])
        class Net:
            def __init__(self, size: int = 1) -> None:
                self.size = size

            def process_channel_list(self, channel_list):
                return channel_list

            def forward(self, features):
                return features

            __call__ = forward

        TERRATORCH_NECK_REGISTRY.register(Net)
        M.register_source("of_main", Registry(net=Net))

        if __name__ == "__main__":
            specs = [
                R.validate("Net", size=2),
                M.validate("network", size=3),
                NECK_REGISTRY.validate("Net", size=4),
                M.validate("of_main_net", size=5),
            ]
            context = multiprocessing.get_context(sys.argv[1])
            with context.Pool(1) as pool:
                found = [pool.map(build, specs)]
            with ProcessPoolExecutor(1, mp_context=context) as executor:
                found.append([*executor.map(build, specs)])
            print(json.dumps(found))
    """
    if form == "-m":
        modules, arguments = {"app/__init__.py": "", "app/train.py": program}, ["-", "-m", "app.train", method]
    else:
        modules, arguments = {"main.py": program}, [method]
    found = run_program(tmp_path, {**MODULES, **modules}, *arguments)
    assert found == [[["__mp_main__", "Net", size, None] for size in (2, 3, 4, 5)]] * 2


def test_what_a_function_of_a_module_registers_is_said_to_be(tmp_path: Path) -> None:
    program = """
        import json, multiprocessing
        from jobs import failing

        if __name__ == "__main__":
            import set_up
            from shared_registry import R

            set_up.register()
            spec = R.validate("Drawn")
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(json.dumps(pool.apply(failing, (spec.build,))))
    """
    set_up = """
        from drawn import Drawn
        from shared_registry import R

        def register():
            R.register(Drawn)
    """
    is_key_error, name, by, at, text = run_program(tmp_path, {**MODULES, "set_up.py": set_up, "main.py": program})
    assert (is_key_error, name, by) == (True, "Drawn", "__main__")  # which has to run it again
    assert at == f"{tmp_path / 'set_up.py'}:5"
    assert at in text


@pytest.mark.parametrize("fault", rest_slow(["hidden", "broken"], "broken"))
def test_a_module_that_the_worker_cannot_import_is_named_with_the_reason(tmp_path: Path, fault: str) -> None:
    program = """
        import json, multiprocessing, sys
        from pathlib import Path
        from jobs import build, failing, passed_on

        if __name__ == "__main__":
            folder = str(Path(__file__).parent / "elsewhere")
            sys.path.insert(0, folder)
            import far_nets
            from shared_registry import M

            if sys.argv[1] == "hidden":
                sys.path.remove(folder)
            specs = [M.validate("Far"), M.validate("far_net")]
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                found = [pool.apply(failing, (spec.build,)) for spec in specs]
                back = [pool.apply(passed_on, (spec,))[1] for spec in specs]
            print(json.dumps([found, [build(spec)[1] for spec in back]]))
    """
    far = """
        import multiprocessing
        from shared_registry import M, R
        from terraregistry import Registry

        if multiprocessing.parent_process() is not None:
            raise RuntimeError("this needs a licence")

        @R.register
        class Far:
            size = 1

        M.register_source("far", Registry(net=Far))
    """
    modules = {**MODULES, "elsewhere/far_nets.py": far, "main.py": program}
    found, built = run_program(tmp_path, modules, fault)
    assert built == ["Far", "Far"]
    for is_key_error, _, by, at, text in found:
        assert is_key_error
        assert by == "far_nets"
        assert at.startswith(f"{tmp_path / 'elsewhere' / 'far_nets.py'}:")
        assert "far_nets" in text
        assert ("No module named 'far_nets'" if fault == "hidden" else "this needs a licence") in text


def test_what_a_cell_of_a_notebook_registers_is_said_to_be(tmp_path: Path) -> None:
    pytest.importorskip("IPython")
    program = """
        import json
        from IPython.core.interactiveshell import InteractiveShell

        if __name__ == "__main__":
            shell = InteractiveShell.instance()
            shell.run_line_magic("config", "HistoryManager.enabled = False")
            for source in (
                "import multiprocessing\\nfrom jobs import failing, passed_on\\nfrom shared_registry import R",
                "class Net:\\n    size = 1\\n\\nR.register(Net);",
                "pool = multiprocessing.get_context('spawn').Pool(1)",
                "found = pool.apply(failing, (R.validate('Net').build,))",
                "back = pool.apply(passed_on, (R.validate('Net'),))[1].build()",
                "pool.terminate(); pool.join()",
            ):
                shell.run_cell(source, store_history=True).raise_error()
            print(json.dumps([shell.ev("found"), shell.ev("type(back) is Net")]))
    """
    [is_key_error, name, by, at, text], back = run_program(tmp_path, {**MODULES, "main.py": program})
    assert back
    assert (is_key_error, name, by) == (True, "Net", "__main__")
    assert at.endswith(":4")
    assert at in text
    assert "__main__" in text
    assert "importable module" in text


def test_what_a_component_that_was_never_there_says_is_as_before(tmp_path: Path) -> None:
    """Nobody registered it, so that nothing is said of where it was."""
    program = """
        import json
        from jobs import failing
        from shared_registry import R

        print(json.dumps(failing(lambda: R.build("Net"))))
    """
    [_, _, by, at, text] = run_program(tmp_path, {**MODULES, "main.py": program})
    assert not by
    assert not at
    assert text == "R has no component 'Net'; search('*') lists those that there are"


# -- workers of others --

LOADER = (
    SPECS
    + """
    import json
    import torch
    from torch.utils.data import DataLoader, Dataset
    import jobs

    class Images(Dataset):
        def __init__(self, specs):
            self.specs = specs

        def __len__(self):
            return len(self.specs)

        def __getitem__(self, index):
            return index, jobs.build(self.specs[index])

    if __name__ == "__main__":
        torch.set_num_threads(1)
        given = [*specs().values()]
        loader = DataLoader(Images(given), num_workers=2, multiprocessing_context="spawn", batch_size=None)
        print(json.dumps([built for _, built in sorted(loader, key=lambda each: each[0])]))
"""
)


@pytest.mark.slow
def test_the_spawned_workers_of_a_data_loader_build_what_a_module_registers(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    found = run_program(tmp_path, {**MODULES, "main.py": LOADER}, timeout=300)
    assert found == [*BUILT.values()]


CLUSTER = (
    SPECS
    + """
    import json
    import dask
    from distributed import Client, LocalCluster
    import jobs
    from shared_registry import R

    class Net:
        size = 1

    if __name__ == "__main__":
        dask.config.set({"distributed.scheduler.allowed-failures": 0})
        given = specs()
        cluster = LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None, memory_limit=None
        )
        with cluster, Client(cluster) as client:
            workers = [*client.scheduler_info()["workers"]]
            loaded = client.run(jobs.loaded)
            built = [
                {name: client.submit(jobs.build, spec, workers=[worker], pure=False) for name, spec in given.items()}
                for worker in workers
            ]
            built = client.gather(built)
            mapped = client.gather(client.map(jobs.build, [*given.values()]))
            R.register(Net)
            missing = client.submit(jobs.failing, R.validate("Net").build).result()
            raised = jobs.failing(client.submit(jobs.build, R.validate("Net")).result)
        print(json.dumps([len(workers), [*loaded.values()], built, mapped, [missing, raised]]))
"""
)


@pytest.mark.slow
def test_the_workers_of_a_dask_cluster_build_what_a_module_registers(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    workers, loaded, built, mapped, missing = run_program(tmp_path, {**MODULES, "main.py": CLUSTER}, timeout=300)
    assert workers == 2
    assert loaded == [False, False]
    assert built == [BUILT, BUILT]
    assert mapped == [*BUILT.values()]
    for is_key_error, name, by, at, text in missing:
        assert (is_key_error, name, by) == (True, "Net", "__main__")
        assert at.rpartition(":")[0] == str(tmp_path / "main.py")
        assert at in text
        assert "importable module" in text


TIMM_NETS = """
    from timm.models import register_model

    @register_model
    def my_timm_resnet(pretrained: bool = False, **kwargs):
        '''A small ResNet of timm's own parts.'''
        from timm.models.resnet import BasicBlock, _create_resnet

        return _create_resnet("my_timm_resnet", pretrained, block=BasicBlock, layers=(1, 1, 1, 1), **kwargs)
"""


@pytest.mark.slow
@pytest.mark.parametrize("registry", ["BACKBONE_REGISTRY", "TIMM_BACKBONE_REGISTRY"])
def test_a_model_that_a_module_registers_in_timm_is_built_in_a_spawned_child(tmp_path: Path, registry: str) -> None:
    pytest.importorskip("timm")
    program = """
        import json, multiprocessing, sys

        def build(spec):
            product = spec.build()
            return [product.out_channels, "my_timm_nets" in sys.modules]

        def loaded():
            return "my_timm_nets" in sys.modules

        if __name__ == "__main__":
            import my_timm_nets
            import terraregistry

            spec = getattr(terraregistry, sys.argv[1]).validate("my_timm_resnet", in_chans=4)
            here = build(spec)
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(json.dumps([here, pool.apply(loaded), pool.apply(build, (spec,))]))
    """
    here, loaded, there = run_program(
        tmp_path, {"my_timm_nets.py": TIMM_NETS, "main.py": program}, registry, timeout=300
    )
    assert not loaded
    assert there == here == [[64, 64, 128, 256, 512], True]
