"""Makes Gymnasium know ``particle_pilot/CartPole-v1``, once there is a Gymnasium; importing it is left to others."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

ENV_ID = "particle_pilot/CartPole-v1"


def register() -> None:
    """Registers the environment, unless it is."""
    import gymnasium

    if ENV_ID in gymnasium.registry:
        return
    gymnasium.register(
        ENV_ID,
        # One alone is Gymnasium's own, for `make`, for other ways to make many, and for libraries that begin with one.
        entry_point="gymnasium.envs.classic_control.cartpole:CartPoleEnv",
        vector_entry_point="particle_pilot.vector:CartPoleVectorEnv",
        max_episode_steps=500,
        reward_threshold=475.0,
    )


def register_when_imported() -> None:
    """Registers the environment now if Gymnasium has been imported, and else as soon as it is."""
    if getattr(sys.modules.get("gymnasium"), "register", None) is not None:
        register()
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    """Looks on while Gymnasium is imported, and is gone afterwards; not before, since some only ask whether there is one."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "gymnasium":
            return None
        for finder in sys.meta_path:
            find = None if isinstance(finder, _Finder) else getattr(finder, "find_spec", None)
            spec = find(fullname, path, target) if find is not None else None
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


class _Loader(importlib.abc.Loader):
    """Loads as another one does, and then registers the environment."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        if name == "_loader":  # which a copy has not yet
            raise AttributeError(name)
        return getattr(self._loader, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            # To all who ask later it was loaded as ever.
            module.__spec__.loader = self._loader
            module.__loader__ = self._loader
        self._loader.exec_module(module)
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
        register()
