"""Work shared out among threads comes back whole and in order, and answers do not depend on how many there are."""

import os
import threading
import time

import pytest
from engine_in_words import Asked
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import campuses, meshes, plants, questions, rings

from twin.impact import _crew
from twin.impact._crew import crew, share_out
from twin.impact._jit import making
from twin.impact.pairs import pairs
from twin.impact.sweep import sweep
from twin.impact.trip_scans import trip_pairs, trip_sweep


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 64, 1000])
def test_every_part_is_done_once_and_parts_come_back_in_order(count, threads):
    done = share_out(count, threads, lambda _, first, end: (first, end), shares=7)
    assert [first for first, _ in done] == [0, *(end for _, end in done[:-1])]
    assert done[-1][1] == count


def test_no_two_parts_of_one_thread_run_at_once_and_all_threads_have_some():
    busy, seen = [False] * 3, set()

    def part(thread, _first, _end):
        assert not busy[thread]
        busy[thread] = True
        seen.add(threading.get_ident())
        time.sleep(0.002)
        busy[thread] = False
        return thread

    assert set(share_out(96, 3, part)) == {0, 1, 2}
    assert len(seen) == 3


@pytest.mark.parametrize("wrong", [0, 40, 95])
def test_an_error_in_any_thread_reaches_the_caller_and_stops_the_others(wrong):
    started = []

    def part(_thread, first, end):
        started.append(first)
        time.sleep(0.001)
        if first <= wrong < end:
            raise ZeroDivisionError
        return first

    with pytest.raises(ZeroDivisionError):
        share_out(10_000, 3, part)
    assert len(started) < 90


@pytest.mark.parametrize("threads", [1, 3])
def test_progress_is_told_in_the_thread_of_the_caller_and_never_goes_back(threads):
    told, caller = [], threading.get_ident()

    def tell(done, count):
        assert threading.get_ident() == caller
        told.append((done, count))

    share_out(1000, threads, lambda *_: time.sleep(0.0005), progress=tell)
    assert told == sorted(told)
    assert told[0][0] < 1000 == told[-1][1]


def test_kernels_that_are_not_compiled_get_one_thread(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert crew(compiled=False) == 1
    assert crew(compiled=True) == _crew.MOST
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    assert crew(compiled=True) == 1


@pytest.mark.slow
@settings(max_examples=25)
@given(data=st.data())
def test_answers_do_not_depend_on_how_many_threads_there_are(data):
    shapes = (campuses(most=8, load=True, standby=True, space=True), meshes(), plants(), rings())
    asked = Asked(data.draw(st.one_of(*shapes)))
    out = data.draw(questions(asked.records)).out
    limit = data.draw(st.sampled_from((1.0, 0.8)))
    answers = []
    for processors in (1, 3):
        with pytest.MonkeyPatch.context() as patch, making():
            patch.setattr(os, "sched_getaffinity", lambda _, processors=processors: set(range(processors)))
            base = asked.base(out)
            answers.append(
                [
                    sweep(base, compile_kernels=True).to_dict(),
                    pairs(base, compile_kernels=True).to_dict(),
                    trip_sweep(base, limit=limit).to_dict(),
                    trip_pairs(base, limit=limit).to_dict(),
                ]
            )
    assert answers[0] == answers[1]
