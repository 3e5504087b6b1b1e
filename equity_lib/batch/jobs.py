"""The jobs of a run: which can start, what their end means, what is published."""

import shutil
import time
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from equity_lib.batch import publishing
from equity_lib.batch.executors import execute
from equity_lib.batch.failures import Failed, Failure, worst
from equity_lib.batch.fingerprints import Inputs, fingerprint_of
from equity_lib.batch.interruption import heed
from equity_lib.batch.log import log
from equity_lib.batch.options import Options
from equity_lib.batch.outputs import Outputs
from equity_lib.batch.plan import Plan
from equity_lib.batch.progress import Progress, YearDone
from equity_lib.batch.room import jobs_at_once
from equity_lib.batch.status import RunState, Survey, YearState
from equity_lib.batch.turns import Turns
from equity_lib.batch.workers import Workers
from equity_lib.errors import EnvironmentProblem, EquityError

#: Failures of the machine, which every other job would meet as well.
_FATAL = ("no_kernel", "refused")
_UNTOUCHED = " Earlier pages are untouched."


@dataclass(eq=False)
class _Job:
    """A run, or the pages of a year (`run` is None); it starts when all of `after` have ended."""

    key: str
    year: YearState
    run: RunState | None
    after: frozenset[str]


class Batch:
    """Brings a survey's stale parts up to date.

    Its state changes in the main thread only, but for when a job began.
    """

    def __init__(
        self,
        plan: Plan,
        survey: Survey,
        outputs: Outputs,
        inputs: Inputs,
        options: Options,
        progress: Progress,
        scratch: Path,
        executor: Executor | None = None,
    ) -> None:
        self.plan = plan
        self.survey = survey
        self.outputs = outputs
        self.inputs = inputs
        self.options = options
        self.progress = progress
        ours = any(b"equity_lib" in each.path.read_bytes() for each in plan.notebooks)
        count = options.jobs or jobs_at_once()
        self.workers = Workers(plan.root, scratch, options, ours)
        self.turns = Turns(count)
        #: Jobs in hand: as many again wait for their turn, their kernels started meanwhile.
        self.at_once = 2 * count
        if executor is not None:
            from equity_lib.batch.remote import RemoteWorkers

            self.workers = RemoteWorkers(plan.root, scratch, options, executor)
            self.at_once = count
        self.failures: dict[str, Failure] = {}
        self.published: list[str] = []
        self.done: dict[str, str] = {}
        self.stock_said = False
        self.began: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

    def work(self) -> int:
        """Do all jobs; the exit code of the worst failure, or 0."""
        jobs = self._jobs()
        self.progress.begin(len(jobs))
        staging = self.outputs.staging()
        pool = ThreadPoolExecutor(self.at_once)
        try:
            self._drain(jobs, pool, staging)
            self._site(staging)
        finally:
            self.workers.close()
            self.turns.close()
            pool.shutdown(cancel_futures=True)
            shutil.rmtree(staging, ignore_errors=True)
            self.progress.end()
        return self._close()

    def _jobs(self) -> list[_Job]:
        """What is to do, in the plan's order."""
        jobs = []
        for year in self.survey.years:
            stale = [state for state in year.stale if state.wanted]
            if stale and not self._parameters_hold(year):
                continue
            for state in stale:
                cited = self.plan.cited(state.run)
                after = frozenset(each.run.key for each in stale if each.run.notebook.stem in cited)
                jobs.append(_Job(state.run.key, year, state, after))
            if year.stale or year.reasons:
                after = frozenset(state.run.key for state in stale)
                jobs.append(_Job(f"{year.name} pages", year, None, after))
        return jobs

    def _parameters_hold(self, year: YearState) -> bool:
        """Ask before a kernel starts: faulty parameters are told once, all at once, not by each notebook."""
        try:
            if self.options.parameters:
                import_module(self.options.parameters).load_year(self.plan.root, year.area, year.program_year)
        except EquityError as error:
            self._fail(year.name, Failure("refused", exception=str(error), exit_code=error.exit_code))
            return False
        return True

    def _drain(self, jobs: list[_Job], pool: ThreadPoolExecutor, staging: Path) -> None:
        ended: set[str] = set()
        running: dict[Future[Path], _Job] = {}
        while jobs or running:
            heed()
            for job in [job for job in jobs if job.after <= ended][: self.at_once - len(running)]:
                jobs.remove(job)
                call = self._page_call(job, staging) if job.run is None else self._run_call(job, job.run)
                if call is None:
                    ended.add(job.key)
                    continue
                self.progress.started(job.key)
                self.began[job.key] = time.monotonic()
                turn = self.turns.next(partial(self._begin, job.key))
                future = pool.submit(call, turn=turn)
                future.add_done_callback(lambda _, turn=turn: turn.give())  # type: ignore[misc]
                running[future] = job
            for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                job = running.pop(future)
                self._settle(job, future)
                ended.add(job.key)

    def _run_call(self, job: _Job, state: RunState) -> "partial[Path] | None":
        failed = [each.run.name for each in self._cited(job.year, state) if each.run.key in self.failures]
        if failed:
            self._fail(job.key, Failure("withheld", exception=", ".join(failed)))
            return None
        tell = partial(self.progress.at_cell, job.key)
        return partial(execute, state.run, self.workers, self.outputs, self.inputs, on_cell=tell)

    def _begin(self, key: str) -> None:
        """Its turn has come; until then it waited for others."""
        self.began[key] = time.monotonic()

    def _page_call(self, job: _Job, staging: Path) -> "partial[Path] | None":
        """Pages of a year if all of it is up to date; with --keep-going, of what passed."""
        year = job.year
        failed = self._withheld(year)
        missing = [state for state in year.stale if not state.wanted]
        if missing:
            said = ", ".join(f"{state.run.name} ({'; '.join(state.reasons)})" for state in missing)
            self.progress.say(f"{year.name}: no pages made, for want of {said}")
        elif failed and not (self.options.keep_going and len(failed) < len(year.runs)):
            self.progress.say(f"{year.name}: earlier pages, if any, stay as they are")
        else:
            if failed:
                self.progress.say(f"{year.name}: withheld {', '.join(failed)}")
            made_from = self._page_inputs(year)
            return partial(publishing.stage_year, self.workers, self.outputs, year.pair, made_from, staging)
        return None

    def _withheld(self, year: YearState) -> list[str]:
        """What failed of a year, and the fund report if it cites some of that, run or not."""
        failed = {state.run.name for state in year.runs if state.run.key in self.failures}
        failed |= {
            state.run.name
            for state in year.runs
            if self.plan.is_fund_report(state.run)
            and failed & {each.run.name for each in self._cited(year, state)}
        }
        return sorted(failed)

    def _cited(self, year: YearState, state: RunState) -> list[RunState]:
        """The runs of a year that one of them cites: several, if the cited notebook runs once a design."""
        stems = self.plan.cited(state.run)
        return [each for each in year.runs if each.run.notebook.stem in stems]

    def _page_inputs(self, year: YearState) -> dict[str, Any]:
        failed = self._withheld(year)
        runs = {
            state.run.name: self.done.get(state.run.key, state.fingerprint)
            for state in year.runs
            if state.run.name not in failed
        }
        return {**year.page_inputs, "runs": runs, "failed": failed}

    def _settle(self, job: _Job, future: "Future[Path]") -> None:
        """Take in the end of a job: pages are swapped in here, in the main thread, one year at a time."""
        self.seconds[job.key] = round(time.monotonic() - self.began[job.key], 3)
        self._say_stock()
        try:
            made = future.result()
        except Failed as error:
            self._fail(job.key, error.failure)
            return
        if job.run is None:
            year = job.year
            publishing.publish_year(self.outputs, year.pair, self._page_inputs(year), made)
            self.published.append(year.name)
        else:  # what it asked of the register is known only now
            record = self.outputs.read(job.year.area, str(job.year.program_year), f"{job.run.run.name}.json")
            self.done[job.key] = fingerprint_of(record["components"])
        log(self.outputs.private, job=job.key, seconds=self.seconds[job.key])
        self.progress.finished(job.key)

    def _say_stock(self) -> None:
        """Say once why kernels are slow to start."""
        if self.workers.stock and not self.stock_said:
            self.stock_said = True
            text = f"Kernels are started one by one, not forked from a warm one: {self.workers.stock}."
            self.progress.say(text)
            log(self.outputs.private, job="kernels", stock=self.workers.stock)

    def _site(self, staging: Path) -> None:
        heed()
        languages, library = self.options.languages, self.inputs.library
        if not publishing.altered_site(self.plan, self.outputs, languages, library):
            return
        try:
            publishing.publish_site(self.workers, self.outputs, self.plan, languages, library, staging)
        except Failed as error:
            self._fail("index pages", error.failure)

    def _fail(self, key: str, failure: Failure) -> None:
        self.failures[key] = failure
        self.progress.failed(key, str(failure))
        log(self.outputs.private, job=key, **{k: v for k, v in failure.as_json().items() if k != "message"})
        if failure.kind in _FATAL and failure.exit_code == EnvironmentProblem.exit_code:
            said = str(failure).removesuffix(_UNTOUCHED).rstrip(".")
            raise EnvironmentProblem(f"{said}. Stopped.{_UNTOUCHED}")

    def _close(self) -> int:
        self.progress.table(
            [self._year_done(year) for year in self.survey.years if year.stale or year.reasons]
        )
        if self.published:
            self.progress.say(f"Published {', '.join(self.published)}: {self.outputs.folder / 'index.html'}")
        if self.failures:
            self.progress.say(f"Failed: {len(self.failures)}. Log: {self.outputs.private / 'log.jsonl'}")
        return worst(self.failures.values())

    def _year_done(self, year: YearState) -> YearDone:
        keys = {state.run.key for state in year.runs}
        failed = len(keys & set(self.failures))
        done = len(keys & set(self.done))
        seconds = sum(self.seconds.get(key, 0.0) for key in (*keys, f"{year.name} pages"))
        published = year.name in self.published
        return YearDone(year.name, done, failed, len(keys) - done - failed, seconds, published)
