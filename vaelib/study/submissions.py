"""Blocks that were given to an executor, until each of them has ended."""

import concurrent.futures
from collections.abc import Mapping, Sequence
from pathlib import Path

from vaelib.study import time_limit, worker
from vaelib.study.blocks import Block, Queue
from vaelib.study.progress import Progress, headline
from vaelib.study.tasks import Plan
from vaelib.study.workspace import Workspace

_TICK = 1  # seconds between two looks at what is trained
_OTHER_MODELS = "trained other models: code, libraries or images changed while the study ran"


class Submissions:
    """Blocks of a study on an executor.

    Parameters
    ----------
    workspace : Workspace
    executor : concurrent.futures.Executor
    progress : Progress

    Attributes
    ----------
    failures : dict of Block to str
        Why blocks failed, in a line each.
    """

    def __init__(
        self, workspace: Workspace, executor: concurrent.futures.Executor, progress: Progress
    ):
        self._workspace, self._executor, self._progress = workspace, executor, progress
        self._queues: dict[Block, Queue] = {}  # of the blocks that have not ended
        self._futures: dict[concurrent.futures.Future, Block] = {}
        self._ended: list[Block] = []  # well, and not looked for yet
        self._found: dict[str, Path] = {}
        self._plan: Plan | None = None
        self.failures: dict[Block, str] = {}

    @property
    def failed_models(self) -> set[str]:
        """Identities of the models of blocks that failed."""
        return {model.identity for block in self.failures for model in block.models}

    @property
    def models(self) -> set[str]:
        """Identities of the models of blocks that have not ended."""
        return {model.identity for block in self._queues for model in block.models}

    def check(self, found: Mapping[str, Path]) -> bool:
        """Count blocks that ended as failed where their models are not there; return if any are.

        Parameters
        ----------
        found : mapping of str to path
            The runs of all models that are needed and there.
        """
        failed = [
            block
            for block in self._ended
            if any(model.identity not in found for model in block.models)
        ]
        self._ended.clear()
        self.failures |= dict.fromkeys(failed, _OTHER_MODELS)
        return bool(failed)

    def start(self, blocks: Sequence[Block], plan: Plan, found: Mapping[str, Path]) -> None:
        """Give blocks to the executor.

        Parameters
        ----------
        blocks : sequence of Block
        plan : Plan
            Of the study, whose other models notebooks show.
        found : mapping of str to path
            The runs of its models that are there.
        """
        self._plan, self._found = plan, dict(found)
        queue = Queue(blocks)
        self._queues |= dict.fromkeys(blocks, queue)
        self._submit(queue.first)

    def wait(self, most: int) -> None:
        """Wait until a block has ended, and at most so many have not."""
        before = len(self._queues)
        while self._queues and len(self._queues) > min(most, before - 1):
            done, _ = concurrent.futures.wait(
                self._futures, timeout=_TICK, return_when=concurrent.futures.FIRST_COMPLETED
            )
            self._progress.tick(self._workspace.trained_now())
            for future in done:
                self._end(future)

    def cancel(self) -> None:
        """Let no block start any more, as where nobody waits for them."""
        for future in self._futures:
            future.cancel()

    def _submit(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            given = {
                **block.parameters,
                "earlier": self._earlier(block),
                "own_activations": block.own_activations,
                "time_limit": time_limit.seconds(block.work),
            }
            run = self._workspace.run_folder(block.run_name)
            arguments = str(run), str(self._workspace.folder), given
            self._futures[self._executor.submit(worker.train_block, *arguments)] = block

    def _end(self, future: concurrent.futures.Future) -> None:
        block = self._futures.pop(future)
        run = self._workspace.run_folder(block.run_name)
        self._workspace.forget(run)
        try:
            future.result()
            line = headline(run)
            self._found |= {model.identity: run for model in block.models}
            self._ended.append(block)
        except concurrent.futures.BrokenExecutor:
            raise
        except Exception as error:  # the other blocks go on
            self.failures[block] = " ".join(str(error).split()) or type(error).__name__
            line = f"FAILED: {self.failures[block]}"
        self._progress.advance(block, line, block in self.failures)
        self._submit(self._queues.pop(block).after(block))

    def _earlier(self, block: Block) -> list[str]:
        """Return the runs with other models of a block's activation, for its notebook to show."""
        first, found = block.models[0], self._found
        others = [
            found[model.identity]
            for model in self._plan.models
            if model.identity in found
            and (model.source, model.activation) == (first.source, first.activation)
            and model.configuration.scored == first.configuration.scored
        ]
        return [str(run) for run in dict.fromkeys(others)]
